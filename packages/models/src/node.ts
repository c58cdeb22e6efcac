/** What needs Node: folders on a disk, datasets fetched through npm, text files. */
export * from './datasets/index.js';
export { type TinyShakespeareOptions, tinyShakespeare } from './lessons/tiny-shakespeare.js';
export { nodeFolder } from './node/folder.js';
