/** Changes a long text part by part: what changes character by character needs memory for every one of them. */
export function inParts(change: (text: string) => string): (text: string) => string {
  const size = 0x10000;
  return (text) => {
    if (text.length <= size) return change(text);
    let changed = '';
    for (let from = 0; from < text.length; ) {
      const to = from + size;
      const cutsPair = (text.charCodeAt(to - 1) & 0xfc00) === 0xd800;
      const end = cutsPair ? to + 1 : to;
      changed += change(text.slice(from, end));
      from = end;
    }
    return changed;
  };
}

/**
 * Replaces every occurrence of a text that is not empty. (`replaceAll` takes over thirty bytes for each, outside of
 * the heap.)
 */
export function replacer(literal: string, content: string): (text: string) => string {
  const replace = (text: string) => text.split(literal).join(content);
  const all = literal.length === 1 ? inParts(replace) : replace;
  return (text) => (text.includes(literal) ? all(text) : text);
}
