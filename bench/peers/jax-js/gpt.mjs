/**
 * A training step of the GPT in jax-js, the whole step under one jit.
 *
 * The embedding is a product with a one-hot matrix (the gradient of its gather fails under jit), and only the loss is
 * read: waiting for the parameters too takes three times as long.
 */
import { gptBatches, gptShapes, gptWeights } from '../gpt-data.mjs';

const rate = 1e-3;
const decay = 0.01;
const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];

export async function gpt(jax, config, read) {
  const { numpy: np, nn, jit, valueAndGrad, tree, blockUntilReady } = jax;
  const { layers, heads, width, block, batch, vocabulary } = config;
  const size = width / heads;
  const rows = batch * block;
  const linear = (x, w, b) => np.matmul(x, w).add(b);
  const norm = (x, gain, bias) => {
    const centred = x.ref.sub(x.mean(-1, { keepdims: true }));
    const variance = centred.ref.mul(centred.ref).mean(-1, { keepdims: true });
    return centred
      .div(np.sqrt(variance.add(1e-5)))
      .mul(gain)
      .add(bias);
  };
  const swap = (z) => z.transpose([0, 2, 1, 3]);
  function attention(qkv) {
    const [q, k, v] = np
      .split(qkv.reshape([batch, block, 3, heads, size]), 3, 2)
      .map((z) => swap(z.reshape([batch, block, heads, size])));
    let scores = np.matmul(q, k.transpose([0, 1, 3, 2])).mul(1 / Math.sqrt(size));
    scores = np.where(np.tri(block, block, 0, { dtype: np.bool }), scores, Number.NEGATIVE_INFINITY);
    return swap(np.matmul(nn.softmax(scores, -1), v)).reshape([rows, width]);
  }
  function loss(p, x, y) {
    let h = np
      .matmul(nn.oneHot(x, vocabulary), p.tok)
      .reshape([batch, block, width])
      .add(p.pos)
      .reshape([rows, width]);
    for (let l = 0; l < layers; l++) {
      const own = (name) => p[`b${l}.${name}`];
      const mixed = attention(linear(norm(h.ref, own('ln1g'), own('ln1b')), own('qkvw'), own('qkvb')));
      h = h.add(linear(mixed, own('projw'), own('projb')));
      const inner = nn.gelu(linear(norm(h.ref, own('ln2g'), own('ln2b')), own('fcw'), own('fcb')), {
        approximate: false,
      });
      h = h.add(linear(inner, own('outw'), own('outb')));
    }
    const logits = np.matmul(norm(h, p.lng, p.lnb), p.head);
    return nn
      .logSoftmax(logits)
      .mul(nn.oneHot(y, vocabulary))
      .sum()
      .mul(-1 / rows);
  }
  const step = jit((p, state, x, y) => {
    const [value, gradients] = valueAndGrad(loss)(tree.ref(p), x, y);
    const t = state.t.add(1);
    const c1 = np.reciprocal(np.subtract(1, np.power(beta1, t.ref)));
    const c2 = np.reciprocal(np.subtract(1, np.power(beta2, t.ref)));
    const m = tree.map((m, g) => m.mul(beta1).add(g.mul(1 - beta1)), state.m, tree.ref(gradients));
    const v = tree.map((v, g) => v.mul(beta2).add(g.ref.mul(g).mul(1 - beta2)), state.v, gradients);
    const update = (p, m, v) =>
      p.mul(1 - rate * decay).sub(
        m
          .mul(c1.ref)
          .div(np.sqrt(v.mul(c2.ref)).add(epsilon))
          .mul(rate),
      );
    const next = tree.map(update, p, tree.ref(m), tree.ref(v));
    c1.dispose();
    c2.dispose();
    return [next, { t, m, v }, value];
  });

  const shapes = gptShapes(config);
  const weights = gptWeights(shapes);
  let parameters = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, np.array(weights[name]).reshape(shape)]),
  );
  await blockUntilReady(parameters);
  const zeros = () => tree.map((x) => np.zerosLike(x), tree.ref(parameters));
  let state = { t: np.array(0), m: zeros(), v: zeros() };
  const batches = gptBatches(config);
  let count = 0;
  let last = 0;
  return {
    run: async () => {
      const { x, y } = batches[count++ % batches.length];
      let value;
      [parameters, state, value] = step(parameters, state, np.array(x), np.array(y));
      last = await read(value);
    },
    note: () => ({ loss: last, steps: count }),
  };
}
