/** How an architecture lies in Hugging Face's files: its config.json, and its names and layouts of tensors. */

/** The content of config.json. */
export type ConfigJSON = Record<string, unknown>;

export interface ModelFiles<C = unknown> {
  /** `model_type` in config.json. */
  readonly modelType: string;
  /** What the model is built from. @throws Error that names the field that is wrong or not supported. */
  configFromJSON(json: ConfigJSON): C;
  configToJSON(config: C): ConfigJSON;
  /** The model's key for a tensor of a file, or null for one that the model does not need. */
  keyFromFile(key: string, config: C): string | null;
  /** The file's key for a tensor of the model, or null for one that is not written (a tied one). */
  keyToFile(key: string, config: C): string | null;
  /** The model's keys that a file must have, with their shapes in the model, layer by layer. */
  shapes(config: C): Iterable<[key: string, shape: readonly number[]]>;
  /** Whether the file holds the transpose of the model's matrix. */
  transposed(key: string): boolean;
}

/** A field of config.json that cannot be used. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(
    readonly field: string,
    why: string,
  ) {
    super(`${field} ${why}`);
  }
}

/** Reads the fields of a config.json, each with its check; the message of a failure names the field. */
export class ConfigReader {
  /** @param prefix what messages put before the name of a field (for fields inside another) */
  constructor(
    private readonly json: ConfigJSON,
    private readonly prefix = '',
  ) {}

  /** A whole number from `least` on. */
  count(field: string, fallback?: number, least = 1): number {
    const value = this.json[field] ?? fallback;
    if (!Number.isSafeInteger(value) || (value as number) < least) {
      throw this.wrong(field, value, `a whole number from ${least} on`);
    }
    return value as number;
  }

  number(field: string, fallback: number): number {
    const value = this.json[field] ?? fallback;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.wrong(field, value, 'a number');
    return value;
  }

  flag(field: string, fallback: boolean): boolean {
    const value = this.json[field] ?? fallback;
    if (typeof value !== 'boolean') throw this.wrong(field, value, 'true or false');
    return value;
  }

  oneOf<T extends string>(field: string, allowed: readonly T[], fallback: T): T {
    const value = this.json[field] ?? fallback;
    if (!allowed.includes(value as T)) throw this.wrong(field, value, `one of ${allowed.join(', ')}`);
    return value as T;
  }

  /** A token's id, or null. */
  token(field: string): number | null {
    return this.json[field] == null ? null : this.count(field, undefined, 0);
  }

  /** The ids of a field that holds one, a list of them, or null. */
  tokens(field: string): number[] {
    const value = this.json[field] ?? [];
    const list = Array.isArray(value) ? value : [value];
    for (const token of list)
      if (!Number.isSafeInteger(token) || token < 0)
        throw this.wrong(field, value, 'a token, a list of tokens or null');
    return list;
  }

  /** A field that must have one of these values, because nothing else is supported. */
  only(field: string, ...allowed: readonly unknown[]): void {
    const value = this.json[field];
    if (value !== undefined && !allowed.includes(value)) {
      throw this.wrong(
        field,
        value,
        `${allowed.map((v) => JSON.stringify(v)).join(' or ')}: no other is supported`,
      );
    }
  }

  private wrong(field: string, value: unknown, allowed: string): ConfigError {
    return new ConfigError(
      this.prefix + field,
      `is ${JSON.stringify(value) ?? 'missing'}, must be ${allowed}`,
    );
  }
}
