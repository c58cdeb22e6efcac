/** Runs what makes up an op of other ops; an error that one of them throws gets the op's own name in front. */
export function named<T>(name: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof Error && !error.message.startsWith(`${name}:`))
      error.message = `${name}: ${error.message}`;
    throw error;
  }
}
