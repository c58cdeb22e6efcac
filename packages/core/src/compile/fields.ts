/**
 * The fields of the modules that a compiled function calls. Anyone may assign to them (`training`, a parameter, a number),
 * and nothing tells when, so they are compared before each replay: the one check that costs something for each of its
 * objects. `for`-`in` is how an engine reads the fields of an object fastest: in the order in which they lie there.
 */

/** Names and values, in turn. */
export function fieldsOf(module: object): readonly unknown[] {
  const fields: unknown[] = [];
  for (const key in module) fields.push(key, (module as Record<string, unknown>)[key]);
  return fields;
}

/** The name of a field that is not what it was; null if there is none. */
export function changedField(module: object, fields: readonly unknown[]): string | null {
  let at = 0;
  for (const key in module) {
    const value = (module as Record<string, unknown>)[key];
    const before = fields[at + 1];
    if (fields[at] !== key || (value !== before && !Object.is(value, before))) return key;
    at += 2;
  }
  return at < fields.length ? String(fields[at]) : null;
}
