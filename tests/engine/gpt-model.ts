import { arange, functional as F, nn, type Tensor } from '@inkstone/core';

class Block extends nn.Module {
  ln1;
  ln2;
  qkv;
  proj;
  fc;
  out;
  constructor(
    readonly E: number,
    readonly H: number,
  ) {
    super();
    this.ln1 = new nn.LayerNorm(E);
    this.ln2 = new nn.LayerNorm(E);
    this.qkv = new nn.Linear(E, 3 * E);
    this.proj = new nn.Linear(E, E);
    this.fc = new nn.Linear(E, 4 * E);
    this.out = new nn.Linear(4 * E, E);
  }
  forward(x: Tensor): Tensor {
    const [b, t, c] = x.shape;
    const [q, k, v] = this.qkv
      .forward(this.ln1.forward(x))
      .split(c, -1)
      .map((z) => z.view(b, t, this.H, c / this.H).transpose(1, 2));
    const a = F.scaledDotProductAttention(q, k, v, { isCausal: true });
    x = x.add(this.proj.forward(a.transpose(1, 2).reshape(b, t, c)));
    return x.add(this.out.forward(F.gelu(this.fc.forward(this.ln2.forward(x)))));
  }
}
export class GPT extends nn.Module {
  tok;
  pos;
  blocks;
  ln;
  head;
  constructor(L: number, H: number, E: number, T: number, V: number) {
    super();
    this.tok = new nn.Embedding(V, E);
    this.pos = new nn.Embedding(T, E);
    this.blocks = new nn.Sequential(...Array.from({ length: L }, () => new Block(E, H)));
    this.ln = new nn.LayerNorm(E);
    this.head = new nn.Linear(E, V, { bias: false });
  }
  forward(i: Tensor, y: Tensor): Tensor {
    let x = this.tok.forward(i).add(this.pos.forward(arange(i.shape[1])));
    x = this.head.forward(this.ln.forward(this.blocks.forward(x)));
    return F.crossEntropy(x.view(-1, x.shape[2]), y.view(-1));
  }
}
