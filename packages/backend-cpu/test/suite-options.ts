/** What the kernel suite is told about this backend. */
export const dtypes = ['float32', 'float16', 'int32', 'uint8', 'bool'] as const;

/** Scores of up to 1600, which one case has, are off by 1e-4 in float32 and so are their probabilities. */
export const tolerances = { attention: { scaled: 2e-5 } };
