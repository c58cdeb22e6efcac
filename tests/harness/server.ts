/// <reference types="node" />
/**
 * A static server on 127.0.0.1 for tests in a page. It serves one folder as it is; a `.ts` file is bundled on
 * the fly, workspace packages from their sources, so a page imports what a test is about without a build.
 */
import { readFile, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { repositoryRoot, sourceAliases } from './source-aliases.js';

/** What to serve, and how. */
export interface ServeOptions {
  /** The folder that `/` stands for; the root of the checkout by default. */
  readonly folder?: string;
  /** Send the COOP and COEP headers that give a page SharedArrayBuffer; default false. */
  readonly isolated?: boolean;
  /** Answers that are no files, by path ('/data.json'). A string is sent as HTML unless the path says otherwise. */
  readonly routes?: Readonly<Record<string, string | Uint8Array>>;
}

/** A running server. */
export interface StaticServer {
  /** Its origin, 'http://127.0.0.1:PORT'. */
  readonly origin: string;
  /** The URL of a file (absolute, or relative to the served folder). */
  urlOf(file: string): string;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ts': 'text/javascript; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
};

/**
 * An empty page to import modules into: `/blank.html` on every server. The dynamic import is written here
 * because vitest rewrites an `import()` in a test, which then cannot be sent to a page.
 */
const BLANK = `<!doctype html><html lang="en"><meta charset="utf-8"><title>blank</title><body><script type="module">
globalThis.callExport = async (url, name, values) => (await import(url))[name](...values);
</script></body></html>`;

/** Starts a server on a free port of 127.0.0.1. */
export async function serve(options: ServeOptions = {}): Promise<StaticServer> {
  const folder = resolve(options.folder ?? repositoryRoot);
  const routes: Record<string, string | Uint8Array> = { '/blank.html': BLANK, ...options.routes };
  const bundles = new Map<string, Promise<string>>();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (options.isolated) {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
      response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
    }
    response.setHeader('Cache-Control', 'no-store');
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    const type = TYPES[extname(path)];
    if (Object.hasOwn(routes, path)) {
      response.writeHead(200, { 'Content-Type': type ?? 'text/html; charset=utf-8' }).end(routes[path]);
      return;
    }
    const file = await existingFile(resolve(folder, `.${path}`), folder);
    if (file === undefined) {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end(`no such file: ${path}`);
      return;
    }
    let body: string | Uint8Array;
    if (file.endsWith('.ts')) {
      const bundle = bundles.get(file) ?? bundleForPage(file, folder);
      bundles.set(file, bundle);
      body = await bundle;
    } else {
      body = await readFile(file);
    }
    response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream' }).end(body);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { 'Content-Type': 'text/plain' });
      response.end(String(error));
    });
  });
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(0, '127.0.0.1', done);
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    urlOf: (file) =>
      `${origin}/${relative(folder, resolve(folder, file)).split(sep).map(encodeURIComponent).join('/')}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/**
 * The file that a path stands for: itself, its index.html, or the source of a built name (sources say
 * `new URL('./worker.js', import.meta.url)`, as their build will lie). Undefined outside of the folder.
 */
async function existingFile(path: string, folder: string): Promise<string | undefined> {
  if (path !== folder && !path.startsWith(folder + sep)) return undefined;
  const isFile = (name: string) =>
    stat(name).then(
      (found) => found.isFile(),
      () => false,
    );
  for (const candidate of [path, resolve(path, 'index.html'), path.replace(/\.js$/, '.ts')]) {
    if (await isFile(candidate)) return candidate;
  }
  return undefined;
}

/** Bundles a TypeScript file into one ES module for a page. */
async function bundleForPage(file: string, folder: string): Promise<string> {
  const result = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    sourcemap: 'inline',
    loader: { '.wgsl': 'text', '.wasm': 'binary' },
    // Dawn is for Node: backend-webgpu imports it only where there is no navigator.gpu.
    external: ['webgpu'],
    plugins: [workspaceSources(), nodeModules(), sourceUrls(folder)],
    logLevel: 'silent',
  });
  return result.outputFiles[0]!.text;
}

/**
 * Node's own modules are empty in a page. What needs them is imported only in Node, but in one file its imports would stand
 * at the top, where a page fails on them; a bundler that splits leaves them apart.
 */
function nodeModules(): Plugin {
  return {
    name: 'node-modules',
    setup(context) {
      context.onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'node-module' }));
      context.onLoad({ filter: /.*/, namespace: 'node-module' }, () => ({
        contents: 'module.exports = {};',
      }));
    },
  };
}

/** Resolves the workspace's packages to their sources, as vitest does. */
function workspaceSources(): Plugin {
  return {
    name: 'workspace-sources',
    setup(context) {
      const aliases = sourceAliases();
      context.onResolve({ filter: /^@inkstone\// }, ({ path }) =>
        Object.hasOwn(aliases, path) ? { path: aliases[path] as string } : undefined,
      );
    },
  };
}

/** Gives each source its own `import.meta.url`, so that a worker's address beside a source holds in a bundle. */
function sourceUrls(folder: string): Plugin {
  return {
    name: 'source-urls',
    setup(context) {
      context.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const text = await readFile(path, 'utf8');
        if (!text.includes('import.meta.url')) return { contents: text, loader: 'ts' };
        const inside = pathToFileURL(path).href.slice(pathToFileURL(folder).href.length);
        const url = `new URL(${JSON.stringify(inside)}, location.origin).href`;
        return { contents: text.replaceAll('import.meta.url', url), loader: 'ts' };
      });
    },
  };
}
