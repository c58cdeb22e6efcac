/** The two small programs in jax-js, each step under one jit; the loss is read every step, as unread steps pile up. */
import { uniform } from '../gpt-data.mjs';

function initialiser(np) {
  const random = uniform(5);
  return (shape, bound) =>
    np
      .array(
        Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => (random() * 2 - 1) * bound),
      )
      .reshape(shape);
}

/** 100 epochs of XOR: 2-4-1, ReLU, sigmoid, MSE, SGD 0.1. */
export function xor({ numpy: np, nn, jit, valueAndGrad, tree }, _, read) {
  const values = initialiser(np);
  const x = np.array([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]);
  const y = np.array([[0], [1], [1], [0]]);
  let p = {
    w1: values([2, 4], Math.SQRT1_2),
    b1: values([4], Math.SQRT1_2),
    w2: values([4, 1], 0.5),
    b2: values([1], 0.5),
  };
  const loss = (p, x, y) => {
    const hidden = nn.relu(np.matmul(x, p.w1).add(p.b1));
    const off = nn.sigmoid(np.matmul(hidden, p.w2).add(p.b2)).sub(y);
    return off.ref.mul(off).mean();
  };
  const step = jit((p, x, y) => {
    const [value, gradients] = valueAndGrad(loss)(tree.ref(p), x, y);
    return [tree.map((p, g) => p.sub(g.mul(0.1)), p, gradients), value];
  });
  let last = 0;
  return {
    repeats: 100,
    run: async () => {
      for (let i = 0; i < 100; i++) {
        let value;
        [p, value] = step(p, x.ref, y.ref);
        last = await read(value);
      }
    },
    note: () => ({ loss: last }),
  };
}

/** An epoch of "hello": four characters, each a step of Adam 0.01 on embedding 16, LSTM 16, linear. */
export function lstm({ numpy: np, nn, jit, valueAndGrad, tree }, _, read) {
  const values = initialiser(np);
  const text = 'hello';
  const characters = [...new Set(text)].sort();
  let p = {
    emb: values([4, 16], 1.5),
    wi: values([16, 64], 0.25),
    wh: values([16, 64], 0.25),
    bi: values([64], 0.25),
    bh: values([64], 0.25),
    wf: values([16, 4], 0.25),
    bf: values([4], 0.25),
  };
  const zeros = () => tree.map((x) => np.zerosLike(x), tree.ref(p));
  let state = { t: np.array(0), m: zeros(), v: zeros() };
  const loss = (p, x, y, h, c) => {
    const gates = np.matmul(np.matmul(x, p.emb), p.wi).add(p.bi).add(np.matmul(h, p.wh)).add(p.bh);
    const [i, f, g, o] = np.split(gates, 4, 1);
    const cell = nn
      .sigmoid(f)
      .mul(c)
      .add(nn.sigmoid(i).mul(np.tanh(g)));
    const hidden = nn.sigmoid(o).mul(np.tanh(cell.ref));
    const value = nn.logSoftmax(np.matmul(hidden.ref, p.wf).add(p.bf)).mul(y).sum().mul(-1);
    return [value, [hidden, cell]];
  };
  const step = jit((p, state, x, y, h, c) => {
    const [[value, next], gradients] = valueAndGrad(loss, { hasAux: true })(tree.ref(p), x, y, h, c);
    const t = state.t.add(1);
    const c1 = np.reciprocal(np.subtract(1, np.power(0.9, t.ref)));
    const c2 = np.reciprocal(np.subtract(1, np.power(0.999, t.ref)));
    const m = tree.map((m, g) => m.mul(0.9).add(g.mul(0.1)), state.m, tree.ref(gradients));
    const v = tree.map((v, g) => v.mul(0.999).add(g.ref.mul(g).mul(0.001)), state.v, gradients);
    const update = (p, m, v) =>
      p.sub(
        m
          .mul(c1.ref)
          .div(np.sqrt(v.mul(c2.ref)).add(1e-8))
          .mul(0.01),
      );
    const updated = tree.map(update, p, tree.ref(m), tree.ref(v));
    c1.dispose();
    c2.dispose();
    return [updated, { t, m, v }, value, next[0], next[1]];
  });
  const oneHot = [...text].map((character) => {
    const row = new Float32Array(4);
    row[characters.indexOf(character)] = 1;
    return np.array(row).reshape([1, 4]);
  });
  let last = 0;
  return {
    repeats: 4,
    run: async () => {
      let total = 0;
      let h = np.zeros([1, 16]);
      let c = np.zeros([1, 16]);
      for (let i = 0; i < 4; i++) {
        let value;
        [p, state, value, h, c] = step(p, state, oneHot[i].ref, oneHot[i + 1].ref, h, c);
        total += await read(value);
      }
      h.dispose();
      c.dispose();
      last = total / 4;
    },
    note: () => ({ loss: last }),
  };
}
