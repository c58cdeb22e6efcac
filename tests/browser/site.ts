/// <reference types="node" />
/** The site as it is shipped, built from the sources as they are and served with its own headers. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@inkstone/harness/server';
import { repositoryRoot, sourceAliases } from '@inkstone/harness/source-aliases';
import { build, type Plugin, preview } from 'vite';

const root = join(repositoryRoot, 'apps', 'demo');

export interface Site {
  /** Its address with the headers of `vite preview`, which let the CPU use threads. */
  readonly url: string;
  /** The same files from a server that sends no such headers. */
  readonly plainUrl: string;
  close(): Promise<void>;
}

/** Builds the site into a folder of its own and serves it on 127.0.0.1. */
export async function openSite(): Promise<Site> {
  const outDir = mkdtempSync(join(tmpdir(), 'inkstone-site-'));
  const kernels = kernelSources();
  await build({
    root,
    logLevel: 'warn',
    resolve: { alias: exactAliases() },
    plugins: [kernels],
    worker: { plugins: () => [kernels] },
    build: { outDir, emptyOutDir: true },
  });
  const server = await preview({
    root,
    logLevel: 'warn',
    build: { outDir },
    preview: { host: '127.0.0.1', port: 0, open: false },
  });
  const plain = await serve({ folder: outDir });
  return {
    url: server.resolvedUrls!.local[0]!,
    plainUrl: `${plain.origin}/`,
    async close() {
      await server.close();
      await plain.close();
      rmSync(outDir, { recursive: true, force: true });
    },
  };
}

/** The workspace's packages by their sources, so that no other build is needed. */
function exactAliases() {
  return Object.entries(sourceAliases()).map(([path, replacement]) => ({
    find: new RegExp(`^${path}$`),
    replacement,
  }));
}

/** WGSL as text, as the packages' own build has it. */
function kernelSources(): Plugin {
  return {
    name: 'kernel-sources',
    enforce: 'pre',
    load: (id) =>
      id.endsWith('.wgsl') ? `export default ${JSON.stringify(readFileSync(id, 'utf8'))};` : null,
  };
}
