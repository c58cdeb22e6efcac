/**
 * The fields of the modules that a compiled function calls. Anyone may assign to them (`training`, a parameter, a number),
 * and nothing tells when, so they are compared before each replay: the one check that costs something for each of its
 * objects. `for`-`in` is how an engine reads the fields of an object fastest: in the order in which they lie there.
 */

/**
 * Whether an object is a list, with numbered fields. These have a way of their own: a loop that meets one no longer reads the
 * fields of any object where they lie, which would make all comparisons twice as long.
 */
export const isList = (module: object): boolean => /^\d/.test(Object.keys(module)[0]);

/** Names and values, in turn. */
export function fieldsOf(module: object): readonly unknown[] {
  if (isList(module)) return Object.entries(module).flat();
  const fields: unknown[] = [];
  for (const key in module) fields.push(key, (module as Record<string, unknown>)[key]);
  return fields;
}

/** The name of a field that is not what it was; null if there is none. @param module no list. */
export function changedField(module: object, fields: readonly unknown[]): string | null {
  let at = 0;
  for (const key in module) {
    if (fields[at] !== key || !Object.is((module as Record<string, unknown>)[key], fields[at + 1]))
      return key;
    at += 2;
  }
  return at < fields.length ? String(fields[at]) : null;
}

/** The same for a list. */
export function changedItem(list: object, fields: readonly unknown[]): string | null {
  const keys = Object.keys(list);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (fields[2 * i] !== key || !Object.is((list as Record<string, unknown>)[key], fields[2 * i + 1]))
      return key;
  }
  return 2 * keys.length < fields.length ? String(fields[2 * keys.length]) : null;
}
