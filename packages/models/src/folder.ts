/**
 * A folder of files, wherever it lies: on a disk (Node), in a browser's private storage, in memory. Models and
 * checkpoints are read and written through these few operations only.
 */
export interface Folder {
  /** What messages call it: a path or an address. */
  readonly name: string;
  /**
   * The bytes of a file.
   * @throws MissingFile if it is not there.
   */
  read(path: string): Promise<Uint8Array>;
  exists(path: string): Promise<boolean>;
  /** Names of files and folders in a folder, in no order; none if the folder is not there. */
  list(path: string): Promise<string[]>;
  /** Writes a file, and the folders above it, so that the bytes lie on the disk when the promise resolves. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Writes a file in one step: whoever reads it, and whenever the machine stops, it is the old one or the new one. */
  replace(path: string, bytes: Uint8Array): Promise<void>;
  /** Removes a file, or a folder with all that is in it; what is not there is no error. */
  remove(path: string): Promise<void>;
  /** The part of this folder that begins at `path`. */
  folder(path: string): Folder;
}

/** A file that should be there and is not. */
export class MissingFile extends Error {
  override readonly name = 'MissingFile';

  constructor(
    readonly folder: string,
    readonly path: string,
    options?: ErrorOptions,
  ) {
    super(`${folder}: there is no ${path}`, options);
  }
}

/** A folder in memory. */
export class MemoryFolder implements Folder {
  constructor(
    readonly name = 'memory',
    private readonly files: Map<string, Uint8Array> = new Map(),
    private readonly prefix = '',
  ) {}

  async read(path: string): Promise<Uint8Array> {
    const bytes = this.files.get(this.prefix + path);
    if (!bytes) throw new MissingFile(this.name, path);
    return bytes.slice();
  }

  async exists(path: string): Promise<boolean> {
    const full = this.prefix + path;
    return this.files.has(full) || Array.from(this.files.keys()).some((file) => file.startsWith(`${full}/`));
  }

  async list(path: string): Promise<string[]> {
    const start = path === '' ? this.prefix : `${this.prefix}${path}/`;
    const names = Array.from(this.files.keys(), (file) =>
      file.startsWith(start) ? file.slice(start.length).split('/')[0] : '',
    );
    return [...new Set(names.filter((name) => name !== ''))];
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    this.files.set(this.prefix + path, bytes.slice());
  }

  replace(path: string, bytes: Uint8Array): Promise<void> {
    return this.write(path, bytes);
  }

  async remove(path: string): Promise<void> {
    const full = this.prefix + path;
    for (const file of [...this.files.keys()])
      if (file === full || file.startsWith(`${full}/`)) this.files.delete(file);
  }

  folder(path: string): MemoryFolder {
    return new MemoryFolder(`${this.name}/${path}`, this.files, `${this.prefix}${path}/`);
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A JSON file's content. @throws Error that names the file if it is not JSON. */
export async function readJSON(folder: Folder, path: string): Promise<unknown> {
  const bytes = await folder.read(path);
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch (error) {
    throw new Error(`${folder.name}/${path}: not JSON (${(error as Error).message})`, { cause: error });
  }
}

export function jsonBytes(content: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(content, null, 2)}\n`);
}
