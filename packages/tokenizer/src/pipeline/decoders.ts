import { type Context, choose, partsOf } from './kinds.js';

/**
 * The last stage: tokens back to text. A decoder takes tokens one by one and passes on what it is sure of,
 * so that whole texts and streams take the same path and cannot differ.
 */
export interface DecodeStep {
  push(token: string): void;
  /** No more tokens come: passes on what was held back. */
  end(): void;
}

/** Makes a step that passes its tokens on to `emit`. */
export type Decoder = (emit: (token: string) => void) => DecodeStep;

/**
 * Builds the decoder that a file describes.
 *
 * Some steps make one token of all. What follows those gets that token in parts: `fused` says so, and steps
 * that cannot work on parts hold them back until the end.
 */
export function decoderFromJSON(
  json: unknown,
  path: string,
  context: Context,
  fused = false,
): readonly [Decoder, fused: boolean] {
  const all = partsOf(json, 'decoders', path);
  if (all) {
    const steps: Decoder[] = [];
    for (const [one, at] of all) {
      const [step, nowFused] = decoderFromJSON(one, at, context, fused);
      steps.push(step);
      fused = nowFused;
    }
    return [chain(steps), fused];
  }
  const [part, build] = choose(context.kinds, 'decoder', json, path);
  return build(part, path, context, fused);
}

/** A step that works on whole tokens: where they come in parts, it waits for the end. */
export function whole(decoder: Decoder, fused: boolean): readonly [Decoder, boolean] {
  return [fused ? chain([joinAll, decoder]) : decoder, fused];
}

/** Tokens with a space between, as without any decoder. */
export const spaced: Decoder = (emit) => {
  let first = true;
  return {
    push(token) {
      emit(first ? token : ` ${token}`);
      first = false;
    },
    end() {},
  };
};

export function chain(steps: readonly Decoder[]): Decoder {
  return (emit) => {
    const made: DecodeStep[] = [];
    for (let i = steps.length - 1; i >= 0; i--) {
      const next = made[0];
      made.unshift((steps[i] as Decoder)(next ? (token) => next.push(token) : emit));
    }
    return {
      push: (token) => (made[0] ? made[0].push(token) : emit(token)),
      end: () => {
        for (const step of made) step.end();
      },
    };
  };
}

export function each(change: (token: string) => string): Decoder {
  return (emit) => ({ push: (token) => emit(change(token)), end() {} });
}

/** Holds everything back and passes it on as one. */
export const joinAll: Decoder = (emit) => {
  let all = '';
  return {
    push(token) {
      all += token;
    },
    end() {
      emit(all);
      all = '';
    },
  };
};

/** Undoes the spaces that splitting put before punctuation, in the order of the reference implementation. */
export function cleanUp(text: string): string {
  return text
    .replace(/ ([.?!,])/g, '$1')
    .replaceAll(" ' ", "'")
    .replace(/ (n't|'m)/g, '$1')
    .replaceAll(' do not', " don't")
    .replace(/ ('s|'ve|'re)/g, '$1');
}
