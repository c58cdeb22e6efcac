/** What all sides of the GPT comparison share: initial weights and batches, from one generator. */

/** mulberry32: uniform numbers in [0, 1). */
export function uniform(seed) {
  let s = seed >>> 0;
  return () => {
    s = (s + 0x6d2b79f5) | 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** `count` normal numbers (Box and Muller). */
export function normal(random, count, deviation) {
  return Float32Array.from(
    { length: count },
    () => deviation * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
}

/** Parameter shapes; weights are [in, out]. */
export function gptShapes({ layers, width, block, vocabulary }) {
  const shapes = { tok: [vocabulary, width], pos: [block, width] };
  for (let l = 0; l < layers; l++) {
    Object.assign(shapes, {
      [`b${l}.ln1g`]: [width],
      [`b${l}.ln1b`]: [width],
      [`b${l}.qkvw`]: [width, 3 * width],
      [`b${l}.qkvb`]: [3 * width],
      [`b${l}.projw`]: [width, width],
      [`b${l}.projb`]: [width],
      [`b${l}.ln2g`]: [width],
      [`b${l}.ln2b`]: [width],
      [`b${l}.fcw`]: [width, 4 * width],
      [`b${l}.fcb`]: [4 * width],
      [`b${l}.outw`]: [4 * width, width],
      [`b${l}.outb`]: [width],
    });
  }
  return Object.assign(shapes, { lng: [width], lnb: [width], head: [width, vocabulary] });
}

/** Normal weights (0.02), zero biases, unit gains of the norms. */
export function gptWeights(shapes, seed = 1337) {
  const random = uniform(seed);
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const count = shape.reduce((a, b) => a * b, 1);
      if (name.endsWith('g')) return [name, new Float32Array(count).fill(1)];
      return [name, shape.length === 1 ? new Float32Array(count) : normal(random, count, 0.02)];
    }),
  );
}

/** Two fixed batches, taken in turn, so that the loss has to fall. */
export function gptBatches({ block, batch, vocabulary }, count = 2, seed = 7) {
  const random = uniform(seed);
  const id = () => Math.floor(random() * vocabulary);
  return Array.from({ length: count }, () => {
    const x = new Int32Array(batch * block);
    const y = new Int32Array(batch * block);
    for (let b = 0; b < batch; b++) {
      let next = id();
      for (let t = 0; t < block; t++) {
        x[b * block + t] = next;
        next = id();
        y[b * block + t] = next;
      }
    }
    return { x, y };
  });
}
