/** The GPT that a well-known lecture builds: each head is a module, q, k and v apart, ReLU, scores by hand. */
import { arange, cat, functional as F, nn, ones, type Tensor } from '@inkstone/core';
import { CausalLM, type CausalLMConfig, type CausalLMOutput } from '../src/index.js';

export interface LectureConfig extends CausalLMConfig {
  readonly nEmbd: number;
  readonly nHead: number;
  readonly nLayer: number;
  readonly dropout: number;
}

class Head extends nn.Module {
  readonly key: nn.Linear;
  readonly query: nn.Linear;
  readonly value: nn.Linear;
  readonly dropout: nn.Dropout;

  constructor({ nEmbd, nHead, dropout }: LectureConfig) {
    super();
    this.key = new nn.Linear(nEmbd, nEmbd / nHead, { bias: false });
    this.query = new nn.Linear(nEmbd, nEmbd / nHead, { bias: false });
    this.value = new nn.Linear(nEmbd, nEmbd / nHead, { bias: false });
    this.dropout = new nn.Dropout(dropout);
  }

  override forward(x: Tensor): Tensor {
    const T = x.shape[1];
    const k = this.key.forward(x);
    const q = this.query.forward(x);
    const scores = q.matmul(k.transpose(-2, -1)).mul(k.shape[2] ** -0.5);
    const future = ones(T, T).tril().eq(0);
    const weights = scores.maskedFill(future, Number.NEGATIVE_INFINITY).softmax(-1);
    return this.dropout.forward(weights).matmul(this.value.forward(x));
  }
}

class MultiHeadAttention extends nn.Module {
  readonly heads: nn.ModuleList<Head>;
  readonly proj: nn.Linear;
  readonly dropout: nn.Dropout;

  constructor(config: LectureConfig) {
    super();
    this.heads = new nn.ModuleList(Array.from({ length: config.nHead }, () => new Head(config)));
    this.proj = new nn.Linear(config.nEmbd, config.nEmbd);
    this.dropout = new nn.Dropout(config.dropout);
  }

  override forward(x: Tensor): Tensor {
    const out = cat(
      Array.from(this.heads, (head) => head.forward(x)),
      -1,
    );
    return this.dropout.forward(this.proj.forward(out));
  }
}

class FeedForward extends nn.Module {
  readonly net: nn.Sequential;

  constructor({ nEmbd, dropout }: LectureConfig) {
    super();
    this.net = new nn.Sequential(
      new nn.Linear(nEmbd, 4 * nEmbd),
      new nn.ReLU(),
      new nn.Linear(4 * nEmbd, nEmbd),
      new nn.Dropout(dropout),
    );
  }

  override forward(x: Tensor): Tensor {
    return this.net.forward(x);
  }
}

class Block extends nn.Module {
  readonly sa: MultiHeadAttention;
  readonly ffwd: FeedForward;
  readonly ln1: nn.LayerNorm;
  readonly ln2: nn.LayerNorm;

  constructor(config: LectureConfig) {
    super();
    this.sa = new MultiHeadAttention(config);
    this.ffwd = new FeedForward(config);
    this.ln1 = new nn.LayerNorm(config.nEmbd);
    this.ln2 = new nn.LayerNorm(config.nEmbd);
  }

  override forward(x: Tensor): Tensor {
    const attended = x.add(this.sa.forward(this.ln1.forward(x)));
    return attended.add(this.ffwd.forward(this.ln2.forward(attended)));
  }
}

export class LectureGPT extends CausalLM {
  override readonly files = null;
  readonly token_embedding_table: nn.Embedding;
  readonly position_embedding_table: nn.Embedding;
  readonly blocks: nn.Sequential;
  readonly ln_f: nn.LayerNorm;
  readonly lm_head: nn.Linear;

  constructor(override readonly config: LectureConfig) {
    super();
    const { vocabSize, nEmbd, blockSize, nLayer } = config;
    this.token_embedding_table = new nn.Embedding(vocabSize, nEmbd);
    this.position_embedding_table = new nn.Embedding(blockSize, nEmbd);
    this.blocks = new nn.Sequential(...Array.from({ length: nLayer }, () => new Block(config)));
    this.ln_f = new nn.LayerNorm(nEmbd);
    this.lm_head = new nn.Linear(nEmbd, vocabSize);
    this.apply((module) => {
      if (module instanceof nn.Linear || module instanceof nn.Embedding)
        nn.init.normal_(module.weight, 0, 0.02);
      if (module instanceof nn.Linear && module.bias) nn.init.zeros_(module.bias);
    });
  }

  override forward(idx: Tensor): Tensor;
  override forward(idx: Tensor, targets: Tensor): CausalLMOutput;
  override forward(idx: Tensor, targets?: Tensor): Tensor | CausalLMOutput {
    const positions = this.position_embedding_table.forward(arange(idx.shape[1]));
    const x = this.token_embedding_table.forward(idx).add(positions);
    const scores = this.lm_head.forward(this.ln_f.forward(this.blocks.forward(x)));
    if (!targets) return scores;
    const logits = scores.view(-1, this.config.vocabSize);
    return { logits, loss: F.crossEntropy(logits, targets.view(-1)) };
  }

  override next(idx: Tensor, at: Tensor): Tensor {
    return this.forward(idx).indexSelect(1, at).squeeze(1);
  }
}
