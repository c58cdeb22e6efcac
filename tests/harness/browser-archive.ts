/// <reference types="node" />
/**
 * Unpacks the npm package `@sparticuz/chromium` (Linux x64): a headless Chromium, SwiftShader's Vulkan driver,
 * the NSS libraries that the browser needs, and a font. The package ships them as brotli archives; its own
 * loader unpacks into the system's temporary folder under fixed names, which two checkouts would share and
 * two test processes would race for, so this does it into a cache folder of this checkout, once, atomically.
 */
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createBrotliDecompress } from 'node:zlib';
import { extract } from 'tar-fs';

/** Where the unpacked files lie. */
export interface BrowserArchive {
  /** The headless Chromium; SwiftShader lies beside it, where Chromium looks for it. */
  readonly executable: string;
  /** Folder with `libvulkan.so.1`, the Vulkan loader that Dawn opens. */
  readonly vulkanLibraries: string;
  /** SwiftShader's driver manifest; it names the driver relative to itself. */
  readonly swiftshaderManifest: string;
  /** Folder with the NSS libraries that Chromium is linked to. */
  readonly browserLibraries: string;
  /** A fontconfig file that finds the packaged font and those of the system. */
  readonly fontConfig: string;
  /** For XDG_CACHE_HOME: what Chromium and fontconfig cache stays out of the user's own folder. */
  readonly userCache: string;
}

/** Whether this machine can run what the package ships. */
export const archiveRunsHere: boolean = process.platform === 'linux' && process.arch === 'x64';

const cacheFolder = fileURLToPath(new URL('../../node_modules/.cache/inkstone/', import.meta.url));

/** Raised when what is unpacked changes, so that an older cache is not taken for this one. */
const LAYOUT = 2;

/** A half-made folder of a process that was killed is removed when it is older than this. */
const STALE_MS = 15 * 60_000;

/** Unpacks the archives unless that was done before (3 s and 230 MB the first time), and says where they lie. */
export async function unpackBrowserArchive(): Promise<BrowserArchive> {
  const packageRoot = join(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')), '..');
  const { version } = JSON.parse(await readFile(join(packageRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  const folder = join(cacheFolder, `chromium-${version}-${LAYOUT}`);
  if (!existsSync(folder)) await unpackInto(folder, join(packageRoot, 'bin'));
  return {
    executable: join(folder, 'chromium'),
    vulkanLibraries: folder,
    swiftshaderManifest: join(folder, 'vk_swiftshader_icd.json'),
    browserLibraries: join(folder, 'lib'),
    fontConfig: join(folder, 'fonts.conf'),
    userCache: join(folder, 'cache'),
  };
}

/** Fills a folder of this process's own and renames it into place: whoever comes second keeps the first's. */
async function unpackInto(folder: string, archives: string): Promise<void> {
  const partial = `${folder}.partial-${process.pid}-${Date.now()}`;
  await mkdir(partial, { recursive: true });
  try {
    await Promise.all([
      pipeline(
        createReadStream(join(archives, 'chromium.br')),
        createBrotliDecompress(),
        createWriteStream(join(partial, 'chromium')),
      ),
      ...['swiftshader.tar.br', 'al2023.tar.br', 'fonts.tar.br'].map((name) =>
        pipeline(createReadStream(join(archives, name)), createBrotliDecompress(), extract(partial)),
      ),
    ]);
    await chmod(join(partial, 'chromium'), 0o755);
    // The packaged fonts.conf names folders of the cloud service that the package is made for.
    await writeFile(
      join(partial, 'fonts.conf'),
      `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`,
    );
    await rename(partial, folder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  await removeStale();
}

async function removeStale(): Promise<void> {
  for (const name of await readdir(cacheFolder)) {
    if (!name.includes('.partial-')) continue;
    const path = join(cacheFolder, name);
    const made = await stat(path).catch(() => undefined);
    if (made && Date.now() - made.mtimeMs > STALE_MS) await rm(path, { recursive: true, force: true });
  }
}
