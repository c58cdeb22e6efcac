/** A device whose kernels do nothing: what is left of a step's time is what the graph costs the host. */

/** @type {() => import('@inkstone/core').Backend} */
export const idle = () => ({
  name: 'idle',
  open: async () => ({
    name: 'idle',
    description: 'runs nothing',
    limits: { maxBufferBytes: 2 ** 32, maxBuffersPerStep: Number.POSITIVE_INFINITY, bufferAlignment: 64 },
    bytesPerElement: { float32: 4, float16: 2, int32: 4, uint8: 1, bool: 1 },
    createBuffer: (byteLength) => ({ byteLength }),
    destroyBuffer() {},
    write() {},
    read: async (_buffer, _offset, byteLength) => new ArrayBuffer(byteLength),
    compile: () => ({ run() {}, dispose() {} }),
    idle: async () => {},
    lost: new Promise(() => {}),
    close: async () => {},
  }),
});
