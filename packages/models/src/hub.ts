/**
 * Where pretrained models come from: a folder, an address, or a model's id on Hugging Face. Files are downloaded when they
 * are asked for, with progress, and kept for the next time.
 */
import { type Folder, MissingFile } from './folder.js';
import { folderAt } from './folder-at.js';

/** A folder, its path (in Node), its address, or a model's id on Hugging Face such as 'openai-community/gpt2'. */
export type PretrainedSource = string | URL | Folder;

export interface DownloadProgress {
  /** The file's address. */
  readonly url: string;
  /** Bytes that have arrived. */
  readonly loaded: number;
  /** Bytes in all, if the server says so. */
  readonly total: number | null;
}

export interface DownloadOptions {
  /** A branch, tag or commit of a model on Hugging Face (default 'main'). */
  revision?: string;
  /** Sent as a bearer token: for models that are not public. */
  token?: string;
  /** Where ids are looked up (default https://huggingface.co). */
  endpoint?: string;
  /**
   * What has been downloaded is kept here and used without asking again: in Node a folder (default: `models` in the
   * folder that INKSTONE_CACHE names, else in the operating system's place for caches), in a page the browser's cache of
   * this name (default 'inkstone-models'); null keeps nothing.
   */
  cache?: string | null;
  /** Download again what the cache has (default false). */
  forceDownload?: boolean;
  /** Use the cache only (default false). */
  localFilesOnly?: boolean;
  /** Told as bytes arrive, and once at the end of each file. */
  onProgress?: (progress: DownloadProgress) => void;
  signal?: AbortSignal;
}

/** Files by address. What is put in appears whole or not at all. */
export interface DownloadCache {
  get(url: string): Promise<Uint8Array | null>;
  has(url: string): Promise<boolean>;
  put(url: string, bytes: Uint8Array): Promise<void>;
}

const HUB = 'https://huggingface.co';
const hubId = /^[\w][\w.-]*\/[\w][\w.-]*$/;

/** The folder that a source names. Nothing is downloaded yet. */
export async function sourceFolder(source: PretrainedSource, options: DownloadOptions = {}): Promise<Folder> {
  if (typeof source !== 'string' && !(source instanceof URL)) return source;
  const text = String(source);
  if (/^https?:/.test(text)) return remoteFolder(text, text.replace(/\/+$/, ''), options);
  const inNode = typeof process === 'object' && process.versions?.node !== undefined;
  if (inNode && (!hubId.test(text) || (await (await folderAt(text)).exists('')))) return folderAt(text);
  if (!hubId.test(text))
    throw new Error(
      `${JSON.stringify(text)} is no address, and no id of a model on Hugging Face (owner/name)`,
    );
  const { endpoint = HUB, revision = 'main' } = options;
  return remoteFolder(
    text,
    `${endpoint.replace(/\/+$/, '')}/${text}/resolve/${encodeURIComponent(revision)}`,
    options,
    inNode ? '; there is no folder of this name here either' : '',
  );
}

async function remoteFolder(
  name: string,
  base: string,
  options: DownloadOptions,
  elsewhere = '',
): Promise<Folder> {
  return new RemoteFolder(name, base, options, await downloadCache(options), elsewhere);
}

class RemoteFolder implements Folder {
  /** Files that the server does not have, so that it is asked once. */
  readonly #missing = new Set<string>();

  constructor(
    readonly name: string,
    private readonly base: string,
    private readonly options: DownloadOptions,
    private readonly cache: DownloadCache | null,
    /** Where else the name was looked for in vain: who mistypes a path gets an id's errors. */
    private readonly elsewhere: string,
  ) {}

  async read(path: string): Promise<Uint8Array> {
    const url = this.#url(path);
    const { forceDownload = false } = this.options;
    const known = forceDownload ? null : await this.cache?.get(url);
    if (known) return known;
    const response = await this.#fetch(path, 'GET');
    if (!response) throw new MissingFile(this.name, path);
    const bytes = await this.#body(response, url);
    await this.cache?.put(url, bytes);
    return bytes;
  }

  async exists(path: string): Promise<boolean> {
    // What a server calls a folder does not show; a model is one if it has a config.json.
    const file = path === '' ? 'config.json' : path;
    if (!this.options.forceDownload && (await this.cache?.has(this.#url(file)))) return true;
    return (await this.#fetch(file, 'HEAD')) !== null;
  }

  async list(): Promise<string[]> {
    return [];
  }

  folder(path: string): Folder {
    return new RemoteFolder(
      `${this.name}/${path}`,
      `${this.base}/${path}`,
      this.options,
      this.cache,
      this.elsewhere,
    );
  }

  write(): Promise<void> {
    return this.#readOnly();
  }
  replace(): Promise<void> {
    return this.#readOnly();
  }
  remove(): Promise<void> {
    return this.#readOnly();
  }

  async #readOnly(): Promise<never> {
    throw new Error(`${this.name}: nothing can be written to an address`);
  }

  #url(path: string): string {
    return `${this.base}/${path.split('/').map(encodeURIComponent).join('/')}`;
  }

  /** The server's answer, or null if it has no such file. */
  async #fetch(path: string, method: 'GET' | 'HEAD'): Promise<Response | null> {
    const { token, signal, localFilesOnly = false } = this.options;
    if (localFilesOnly || this.#missing.has(path)) return null;
    const url = this.#url(path);
    let response: Response;
    try {
      response = await fetch(url, {
        method,
        ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
        ...(signal ? { signal } : {}),
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      const cause = (error as Error).cause as Error | undefined;
      const why = cause?.message || (error as Error).message;
      throw new Error(`${this.name}: ${url} cannot be reached (${why})${this.elsewhere}`, { cause: error });
    }
    if (response.ok) return response;
    await response.body?.cancel();
    if (response.status === 404) {
      this.#missing.add(path);
      return null;
    }
    const hint =
      response.status === 401 || response.status === 403 ? '; it may need a token, or may not exist' : '';
    throw new Error(
      `${this.name}: ${url} answers ${response.status} ${response.statusText}${hint}${this.elsewhere}`,
    );
  }

  async #body(response: Response, url: string): Promise<Uint8Array> {
    const { onProgress } = this.options;
    // With an encoding such as gzip the length is that of what travels.
    const length =
      response.headers.get('content-encoding') === null ? response.headers.get('content-length') : null;
    const total = length === null ? null : Number(length);
    const parts: Uint8Array[] = [];
    let loaded = 0;
    if (response.body) {
      const reader = response.body.getReader();
      for (;;) {
        const { done, value } = await reader.read().catch((error: Error) => {
          throw new Error(
            `${this.name}: the download of ${url} broke off after ${loaded} bytes (${error.message})`,
            { cause: error },
          );
        });
        if (done) break;
        parts.push(value);
        loaded += value.length;
        onProgress?.({ url, loaded, total });
      }
    }
    if (total !== null && loaded !== total)
      throw new Error(`${this.name}: ${url} gave ${loaded} bytes and had announced ${total}`);
    onProgress?.({ url, loaded, total: loaded });
    const bytes = new Uint8Array(loaded);
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }
}

async function downloadCache({ cache }: DownloadOptions): Promise<DownloadCache | null> {
  if (cache === null) return null;
  if (typeof process === 'object' && process.versions?.node !== undefined) {
    const { diskCache } = await import('./node/download-cache.js');
    return diskCache(cache);
  }
  if (typeof caches === 'undefined') return null;
  const store = await caches.open(cache ?? 'inkstone-models');
  return {
    get: async (url) => {
      const found = await store.match(url);
      return found ? new Uint8Array(await found.arrayBuffer()) : null;
    },
    has: async (url) => (await store.match(url)) !== undefined,
    put: (url, bytes) => store.put(url, new Response(bytes as Uint8Array<ArrayBuffer>)),
  };
}
