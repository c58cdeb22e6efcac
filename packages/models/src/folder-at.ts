/** Folders by their path, apart from `folder.ts` because a path needs Node. */
import type { Folder } from './folder.js';

/** A folder from a path, which needs Node, or the folder itself. */
export async function folderAt(folder: string | Folder): Promise<Folder> {
  if (typeof folder !== 'string') return folder;
  const { nodeFolder } = await import('./node/folder.js');
  return nodeFolder(folder);
}
