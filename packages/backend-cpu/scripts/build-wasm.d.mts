/** Compiles what is out of date. Rejects with the compiler's messages. */
export function buildWasm(options?: { log?: (line: string) => void }): Promise<void>;
