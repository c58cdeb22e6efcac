/**
 * A training step of the GPT in TensorFlow.js (Adam: it has no AdamW).
 *
 * Its WebAssembly backend has no kernel for the embedding's gradient, so that is a product with a one-hot matrix, and is
 * slow where matMul transposes, so transposes are written out with a gradient of their own; its WebGPU backend has the
 * kernel, is quicker with matMul's own gradient, and reads asynchronously.
 */
import { gptBatches, gptShapes, gptWeights } from '../gpt-data.mjs';

const readAtOnce = (value) => value.dataSync()[0];

export function gpt(tf, config, { read = readAtOnce, plain = false } = {}) {
  const { layers, heads, width, block, batch, vocabulary } = config;
  const size = width / heads;
  const rows = batch * block;
  const swap = (z) => {
    const axes = z.shape.map((_, i) => i);
    axes.push(...axes.splice(-2).reverse());
    return tf.transpose(z, axes);
  };
  const withTransposes = tf.customGrad((a, b, save) => {
    save([a, b]);
    return {
      value: tf.matMul(a, b),
      gradFunc: (dy, [a, b]) => [tf.matMul(dy, swap(b)), tf.matMul(swap(a), dy)],
    };
  });
  const product = plain ? (a, b) => tf.matMul(a, b) : withTransposes;
  const scores = plain ? (q, k) => tf.matMul(q, k, false, true) : (q, k) => product(q, swap(k));
  const linear = (x, w, b) => product(x, w).add(b);
  const norm = (x, gain, bias) => {
    const centred = x.sub(x.mean(-1, true));
    return centred.mul(centred.square().mean(-1, true).add(1e-5).rsqrt()).mul(gain).add(bias);
  };
  const gelu = (x) => x.mul(0.5).mul(x.mul(Math.SQRT1_2).erf().add(1));
  const shapes = gptShapes(config);
  const weights = gptWeights(shapes);
  const p = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, tf.variable(tf.tensor(weights[name], shape))]),
  );
  const hidden = Float32Array.from({ length: block * block }, (_, i) =>
    i % block > Math.floor(i / block) ? -1e9 : 0,
  );
  const mask = tf.tensor(hidden, [1, 1, block, block]);
  function loss(x, y) {
    let h = plain ? tf.gather(p.tok, x) : product(tf.oneHot(x, vocabulary).toFloat(), p.tok);
    h = h.reshape([batch, block, width]).add(p.pos).reshape([rows, width]);
    for (let l = 0; l < layers; l++) {
      const own = (name) => p[`b${l}.${name}`];
      const qkv = linear(norm(h, own('ln1g'), own('ln1b')), own('qkvw'), own('qkvb'));
      const [q, k, v] = tf
        .split(qkv, 3, -1)
        .map((z) => z.reshape([batch, block, heads, size]).transpose([0, 2, 1, 3]));
      const attended = tf.softmax(
        scores(q, k)
          .mul(1 / Math.sqrt(size))
          .add(mask),
      );
      const mixed = product(attended, v).transpose([0, 2, 1, 3]).reshape([rows, width]);
      h = h.add(linear(mixed, own('projw'), own('projb')));
      const inner = gelu(linear(norm(h, own('ln2g'), own('ln2b')), own('fcw'), own('fcb')));
      h = h.add(linear(inner, own('outw'), own('outb')));
    }
    return tf.losses.softmaxCrossEntropy(tf.oneHot(y, vocabulary), product(norm(h, p.lng, p.lnb), p.head));
  }
  const variables = Object.values(p);
  const optimizer = tf.train.adam(1e-3, 0.9, 0.999, 1e-8);
  const batches = gptBatches(config);
  let count = 0;
  let last = 0;
  return {
    run: async () => {
      const { x, y } = batches[count++ % batches.length];
      const value = tf.tidy(() =>
        optimizer.minimize(() => loss(tf.tensor1d(x, 'int32'), tf.tensor1d(y, 'int32')), true, variables),
      );
      last = await read(value);
      value.dispose();
    },
    note: () => ({ loss: last, steps: count }),
  };
}
