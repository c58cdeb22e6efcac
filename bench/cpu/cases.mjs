/** What compare.mjs compares, and the ratios to reach: `than` over `ours`, each the best of the sides it matches. */

const gpt = (layers, heads, width, block, batch) => ({
  kind: 'gpt',
  ...{ layers, heads, width, block, batch, vocabulary: 65 },
});
const gptConfigs = [
  { config: gpt(2, 2, 32, 16, 8), peer: 6, torch: 2 },
  { config: gpt(4, 4, 64, 32, 16), peer: 3.5, torch: 0.83 },
  { config: gpt(4, 4, 128, 64, 12), peer: 2.5, torch: 0.5 },
];
const gptName = ({ layers, heads, width, block, batch }) => [layers, heads, width, block, batch].join(' ');

const product = (layout, m, k, n, batch = 1) => ({ kind: 'matmul', layout, m, k, n, batch });
const products = [
  ...[256, 512, 1024].flatMap((size) =>
    ['NN', 'NT', 'TN'].map((layout) => product(layout, size, size, size)),
  ),
  product('NN', 768, 128, 512),
  product('NN', 768, 512, 128),
  product('NN', 768, 128, 65),
  product('NN', 64, 32, 64, 48),
];

/** Recurrent layers: steps x batch x hidden. */
const layers = [
  ...['LSTM', 'GRU', 'RNN'].map((cell) => ({ cell, steps: 32, batch: 16, hidden: 64 })),
  { cell: 'LSTM', steps: 5, batch: 1, hidden: 16 },
  { cell: 'LSTM', steps: 32, batch: 1, hidden: 512 },
];

export const groups = {
  matmul: (many) => ({
    sides: ['ours 1', `ours ${many}`, 'jax-js 1', 'jax-js 2', 'tfjs', 'torch 1'],
    cases: products.map((what) => {
      const { layout, m, k, n, batch } = what;
      return {
        name: `${layout} ${batch > 1 ? `${batch} x ` : ''}${m}x${k} by ${k}x${n}`,
        case: what,
        // What `ours 1` keeps of its bare micro-kernel's speed.
        kept: { ...what, kind: 'kept' },
        flops: 2 * batch * m * k * n,
        bars: [
          {
            text: 'one thread, over jax-js 1 and tfjs',
            ours: '^ours 1',
            than: '^(jax-js 1|tfjs)',
            least: 1.2,
          },
          ...(m === n && m >= 512
            ? [
                {
                  text: `${many} threads, over jax-js 2`,
                  ours: `^ours ${many}`,
                  than: '^jax-js 2',
                  least: 1.5,
                },
                { text: `${many} threads, over one`, ours: `^ours ${many}`, than: '^ours 1', least: 1.85 },
              ]
            : []),
        ],
      };
    }),
  }),
  gpt: (many) => ({
    sides: ['ours 1', `ours ${many}`, 'jax-js 1', 'jax-js 2', 'tfjs', 'torch 1', 'torch 2'],
    cases: gptConfigs
      .flatMap((what) => [what, { ...what, config: { ...what.config, compiled: true } }])
      .map(({ config, peer, torch }) => ({
        name: `GPT step ${gptName(config)}${config.compiled ? ', compiled' : ''}`,
        case: config,
        bars: [
          { text: 'over the better of jax-js and tfjs', ours: '^ours', than: '^(jax-js|tfjs)', least: peer },
          { text: 'over the better PyTorch', ours: '^ours', than: '^torch', least: torch },
          { text: 'one thread, over jax-js 1 and tfjs', ours: '^ours 1', than: '^(jax-js 1|tfjs)' },
          { text: 'one thread, over PyTorch on one', ours: '^ours 1', than: '^torch 1' },
        ],
      })),
  }),
  small: () => ({
    sides: ['ours 1', 'jax-js 1', 'tfjs', 'torch 1'],
    cases: ['xor', 'lstm'].flatMap((kind) =>
      [false, true].map((compiled) => ({
        name: `${kind}, a step${compiled ? ', compiled' : ''}`,
        case: { kind, compiled },
        bars: [
          { text: 'over PyTorch', ours: '^ours', than: '^torch', least: compiled ? 5 : 1.5 },
          { text: 'over the better of jax-js and tfjs', ours: '^ours', than: '^(jax-js|tfjs)' },
        ],
      })),
    ),
  }),
  recurrent: (many) => ({
    sides: ['ours 1', `ours ${many}`, 'torch 1'],
    cases: layers.map((what) => ({
      name: `${what.cell} step, ${what.steps} x ${what.batch} x ${what.hidden}`,
      case: { kind: 'recurrent', ...what },
      bars: [
        { text: 'one thread, over PyTorch on one', ours: '^ours 1', than: '^torch 1' },
        { text: `${many} threads, over one`, ours: `^ours ${many}`, than: '^ours 1' },
      ],
    })),
  }),
  inference: (many) => ({
    sides: ['ours 1', `ours ${many}`, 'onnxruntime 1', 'onnxruntime 2', 'torch 1'],
    cases: gptConfigs.map(({ config }) => ({
      name: `GPT forward ${gptName(config)}`,
      case: { ...config, training: false },
      bars: [
        { text: 'one thread, over onnxruntime on one', ours: '^ours 1', than: '^onnxruntime 1' },
        { text: 'over the better onnxruntime', ours: '^ours', than: '^onnxruntime' },
      ],
    })),
  }),
};
