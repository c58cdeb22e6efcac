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
