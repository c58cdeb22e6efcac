/** The GPT of the comparisons (pre-norm, GELU, learned positions, untied head), as a user would write it. */
import { functional as F, nn } from '@inkstone/core';

class Block extends nn.Module {
  constructor({ heads, width }) {
    super();
    this.heads = heads;
    this.ln1 = new nn.LayerNorm(width);
    this.ln2 = new nn.LayerNorm(width);
    this.qkv = new nn.Linear(width, 3 * width);
    this.proj = new nn.Linear(width, width);
    this.fc = new nn.Linear(width, 4 * width);
    this.out = new nn.Linear(4 * width, width);
  }
  forward(x) {
    const [b, t, c] = x.shape;
    const [q, k, v] = this.qkv
      .forward(this.ln1.forward(x))
      .split(c, 2)
      .map((part) => part.view(b, t, this.heads, c / this.heads).transpose(1, 2));
    const attended = F.scaledDotProductAttention(q, k, v, { isCausal: true });
    const mixed = x.add(this.proj.forward(attended.transpose(1, 2).reshape(b, t, c)));
    return mixed.add(this.out.forward(F.gelu(this.fc.forward(this.ln2.forward(mixed)))));
  }
}

export class GPT extends nn.Module {
  constructor(config) {
    super();
    const { layers, width, block, vocabulary } = config;
    this.tok = new nn.Embedding(vocabulary, width);
    this.pos = new nn.Embedding(block, width);
    this.blocks = new nn.Sequential(...Array.from({ length: layers }, () => new Block(config)));
    this.ln = new nn.LayerNorm(width);
    this.head = new nn.Linear(width, vocabulary, { bias: false });
  }
  forward(ids, positions) {
    const x = this.tok.forward(ids).add(this.pos.forward(positions));
    return this.head.forward(this.ln.forward(this.blocks.forward(x)));
  }
}
