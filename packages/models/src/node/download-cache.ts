/// <reference types="node" />
/** Downloaded files on a disk: `models/<host>/<path of the address>`. */
import { join } from 'node:path';
import { cacheFolder } from '../datasets/cache.js';
import { MissingFile } from '../folder.js';
import type { DownloadCache } from '../hub.js';
import { nodeFolder } from './folder.js';

export function diskCache(chosen: string | undefined): DownloadCache {
  const folder = nodeFolder(chosen ?? join(cacheFolder(), 'models'));
  return {
    get: async (url) => {
      try {
        return await folder.read(pathOf(url));
      } catch (error) {
        if (error instanceof MissingFile) return null;
        throw error;
      }
    },
    has: (url) => folder.exists(pathOf(url)),
    put: (url, bytes) => folder.replace(pathOf(url), bytes),
  };
}

/** A path of harmless names that tells addresses apart. */
function pathOf(url: string): string {
  const { host, pathname, search } = new URL(url);
  const parts = [host, ...pathname.split('/').filter((part) => part !== ''), ...(search ? [search] : [])];
  // Percent signs stay, so that no part is '..' or holds a separator of any system.
  return parts
    .map((part) =>
      encodeURIComponent(part)
        .replace(/\*/g, '%2A')
        .replace(/^\.+$/, (dots) => '%2E'.repeat(dots.length)),
    )
    .join('/');
}
