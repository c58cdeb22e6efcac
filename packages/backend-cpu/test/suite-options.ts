/** What the kernel suite is told about this backend. */
export const dtypes = ['float32', 'float16', 'int32', 'uint8', 'bool'] as const;
