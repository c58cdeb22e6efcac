import type { Spans } from './model.js';

/**
 * Places of tokens whose lengths are known in UTF-8 bytes, as UTF-16 indices: from the start of the
 * character of the first byte to the end of the character of the last.
 */
export function spansOf(
  text: string,
  start: number,
  end: number,
  lengths: ArrayLike<number>,
  n: number,
  spans: Spans,
): void {
  // The character that holds byte number `byte` is text[from, to), and its bytes end at `byteEnd`.
  let from = start;
  let to = start;
  let byteEnd = 0;
  const advance = () => {
    from = to;
    const code = text.codePointAt(from) as number;
    to += code > 0xffff && from + 1 < end ? 2 : 1;
    byteEnd += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  };
  let byte = 0;
  for (let i = 0; i < n; i++) {
    while (byteEnd <= byte && to < end) advance();
    const first = from;
    byte += lengths[i] as number;
    while (byteEnd < byte && to < end) advance();
    spans.push(first, to);
  }
}
