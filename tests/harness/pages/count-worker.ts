/** Adds one to every number of a shared array, and says so. */
self.onmessage = ({ data }: MessageEvent<Int32Array>) => {
  for (let i = 0; i < data.length; i++) Atomics.add(data, i, 1);
  self.postMessage('done');
};
