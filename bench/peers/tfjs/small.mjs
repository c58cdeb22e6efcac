/** The two small programs in TensorFlow.js. */

let seed = 0;
const uniformVariable = (tf, shape, bound) =>
  tf.variable(tf.randomUniform(shape, -bound, bound, 'float32', ++seed));

/** 100 epochs of XOR. */
export function xor(tf) {
  const x = tf.tensor2d([
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ]);
  const y = tf.tensor2d([[0], [1], [1], [0]]);
  const w1 = uniformVariable(tf, [2, 4], Math.SQRT1_2);
  const b1 = uniformVariable(tf, [4], Math.SQRT1_2);
  const w2 = uniformVariable(tf, [4, 1], 0.5);
  const b2 = uniformVariable(tf, [1], 0.5);
  const optimizer = tf.train.sgd(0.1);
  const loss = () => tf.losses.meanSquaredError(y, x.matMul(w1).add(b1).relu().matMul(w2).add(b2).sigmoid());
  let last = 0;
  return {
    repeats: 100,
    run: async () => {
      for (let i = 0; i < 100; i++) {
        const value = tf.tidy(() => optimizer.minimize(loss, true, [w1, b1, w2, b2]));
        if (i === 99) [last] = value.dataSync();
        value.dispose();
      }
    },
    note: () => ({ loss: last }),
  };
}

/** An epoch of "hello": four characters. */
export function lstm(tf) {
  const text = 'hello';
  const characters = [...new Set(text)].sort();
  const emb = tf.variable(tf.randomNormal([4, 16], 0, 1, 'float32', 3));
  const wi = uniformVariable(tf, [16, 64], 0.25);
  const wh = uniformVariable(tf, [16, 64], 0.25);
  const bi = uniformVariable(tf, [64], 0.25);
  const bh = uniformVariable(tf, [64], 0.25);
  const wf = uniformVariable(tf, [16, 4], 0.25);
  const bf = uniformVariable(tf, [4], 0.25);
  const variables = [emb, wi, wh, bi, bh, wf, bf];
  const optimizer = tf.train.adam(0.01, 0.9, 0.999, 1e-8);
  const oneHot = [...text].map((character) => tf.oneHot([characters.indexOf(character)], 4).toFloat());
  let last = 0;
  return {
    repeats: 4,
    run: async () => {
      let total = 0;
      let h = tf.zeros([1, 16]);
      let c = tf.zeros([1, 16]);
      for (let i = 0; i < 4; i++) {
        let nextH;
        let nextC;
        const value = tf.tidy(() =>
          optimizer.minimize(
            () => {
              const gates = oneHot[i].matMul(emb).matMul(wi).add(bi).add(h.matMul(wh)).add(bh);
              const [a, f, g, o] = tf.split(gates, 4, 1);
              nextC = tf.keep(f.sigmoid().mul(c).add(a.sigmoid().mul(g.tanh())));
              nextH = tf.keep(o.sigmoid().mul(nextC.tanh()));
              return tf.losses.softmaxCrossEntropy(oneHot[i + 1], nextH.matMul(wf).add(bf));
            },
            true,
            variables,
          ),
        );
        total += value.dataSync()[0];
        for (const old of [value, h, c]) old.dispose();
        h = nextH;
        c = nextC;
      }
      h.dispose();
      c.dispose();
      last = total / 4;
    },
    note: () => ({ loss: last }),
  };
}
