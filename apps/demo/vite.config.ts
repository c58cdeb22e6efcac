import { defineConfig, type Plugin } from 'vite';

/** With these two a page may share memory between threads, so the CPU backend uses every core. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/**
 * What the page may load: its own files. What it may call: nobody. WebAssembly needs its own word. As a header it
 * holds for workers too, which do not inherit the page's meta tag; a host of the site does well to send it.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data:",
  // The CPU backend starts its threads from a text of its own, as blobs.
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Writes the policy into the built page. The dev server needs inline styles and a socket, so it goes without. */
function contentSecurityPolicy(): Plugin {
  return {
    name: 'content-security-policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: policy },
        injectTo: 'head-prepend',
      },
    ],
  };
}

export default defineConfig({
  // Relative addresses: the site runs from any folder of any host.
  base: './',
  plugins: [contentSecurityPolicy()],
  server: { headers: isolation },
  preview: { headers: { ...isolation, 'Content-Security-Policy': policy } },
  worker: { format: 'es' },
  // Only the worker imports it; found late, it would reload the page of the dev server.
  optimizeDeps: { include: ['fflate'] },
  build: {
    target: 'es2022',
    // The polyfill would fetch, which the policy forbids, for browsers that are too old for WebAssembly SIMD.
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
    reportCompressedSize: false,
  },
});
