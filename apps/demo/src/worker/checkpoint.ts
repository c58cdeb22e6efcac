/** A model as one file to download: a zip of what `fromPretrained` reads, here, in Inkstone's command and in Python. */
import { type CausalLM, MemoryFolder } from '@inkstone/models';
import type { CharTokenizer } from '@inkstone/tokenizer';
import { zipSync } from 'fflate';

/** Weights are noise to a compressor: stored as they are, the archive is made at once. */
const level = 0;

export async function packCheckpoint(
  model: CausalLM,
  tokenizer: CharTokenizer,
): Promise<Uint8Array<ArrayBuffer>> {
  const folder = new MemoryFolder('checkpoint');
  await model.savePretrained(folder, { tokenizer });
  const names = await folder.list('');
  const files = await Promise.all(names.map(async (name) => [name, await folder.read(name)] as const));
  return zipSync(Object.fromEntries(files), { level }) as Uint8Array<ArrayBuffer>;
}
