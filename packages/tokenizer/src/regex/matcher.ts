import { describeValue, TokenizerError } from '../error.js';
import type { CompileRegex } from '../pipeline/patterns.js';
import { isWord } from './classes.js';
import { type Node, parse, widthOf } from './syntax.js';

/** A step of a compiled pattern; `next` steps are indices into the program. */
type Step =
  | { op: 'match' }
  | { op: 'test'; test: (code: number) => boolean }
  /** Tries the steps in turn. */
  | { op: 'fork'; to: number[] }
  | { op: 'jump'; to: number }
  /** Runs of one class need no stack: the most common loop. */
  | {
      op: 'run';
      test: (code: number) => boolean;
      min: number;
      max: number;
      mode: 'greedy' | 'lazy' | 'possessive';
    }
  | { op: 'save'; slot: number }
  | { op: 'assert'; what: string }
  | {
      op: 'look';
      program: Step[];
      behind: readonly [least: number, most: number] | undefined;
      negative: boolean;
    }
  | { op: 'atomic'; program: Step[] }
  | { op: 'back'; index: number }
  /** A loop over more than a class: `slot` counts, `start` is where this turn began. */
  | { op: 'loop'; body: number; out: number; min: number; max: number; lazy: boolean; slot: number }
  | { op: 'reset'; slot: number };

/** How many steps the search for one match may take, for each character of the text and altogether at least. */
const STEPS_PER_CHARACTER = 100;
const LEAST_STEPS = 5_000_000;

/**
 * Compiles a pattern in Oniguruma's syntax to a finder, for tokenizer files with patterns that are not built
 * in. It backtracks as Oniguruma does and gives its matches, but within a budget of steps: a pattern that
 * would backtrack for ever ends in an error, not in a page that hangs.
 *
 * @example
 * ```ts
 * import { compileRegex } from '@inkstone/tokenizer/regex';
 * const tokenizer = tokenizerFromJSON(json, { regex: compileRegex });
 * ```
 */
export const compileRegex: CompileRegex = (pattern) => {
  const { root, groups } = parse(pattern);
  const program = compile(root, groups);
  return (text, from, end) => {
    const machine = new Machine(pattern, text, end, program.slots);
    for (let start = from; start <= end; ) {
      const stop = machine.run(program.steps, start);
      if (stop >= 0) return [start, stop];
      start += start < end && (text.codePointAt(start) as number) > 0xffff && start + 1 < end ? 2 : 1;
    }
    return undefined;
  };
};

function compile(root: Node, groups: number): { steps: Step[]; slots: number } {
  // Two slots for each group, then two for each loop.
  let slots = 2 * (groups + 1);
  const emit = (node: Node, steps: Step[]): void => {
    switch (node.kind) {
      case 'empty':
        break;
      case 'class':
        steps.push({ op: 'test', test: node.test });
        break;
      case 'sequence':
        for (const part of node.nodes) emit(part, steps);
        break;
      case 'choice': {
        const fork: { op: 'fork'; to: number[] } = { op: 'fork', to: [] };
        steps.push(fork);
        const jumps: { op: 'jump'; to: number }[] = [];
        for (const part of node.nodes) {
          fork.to.push(steps.length);
          emit(part, steps);
          const jump: { op: 'jump'; to: number } = { op: 'jump', to: 0 };
          jumps.push(jump);
          steps.push(jump);
        }
        for (const jump of jumps) jump.to = steps.length;
        break;
      }
      case 'group': {
        const slot = 2 * node.index;
        steps.push({ op: 'save', slot });
        emit(node.node, steps);
        steps.push({ op: 'save', slot: slot + 1 });
        break;
      }
      case 'atomic':
        steps.push({ op: 'atomic', program: sub(node.node) });
        break;
      case 'look':
        steps.push({
          op: 'look',
          program: sub(node.node, node.behind),
          behind: node.behind ? widthOf(node.node) : undefined,
          negative: node.negative,
        });
        break;
      case 'assert':
        steps.push({ op: 'assert', what: node.what });
        break;
      case 'back':
        steps.push({ op: 'back', index: node.index });
        break;
      case 'repeat':
        if (node.node.kind === 'class') {
          steps.push({ op: 'run', test: node.node.test, min: node.min, max: node.max, mode: node.mode });
        } else if (node.mode === 'possessive') {
          steps.push({ op: 'atomic', program: sub({ ...node, mode: 'greedy' }) });
        } else {
          emitLoop(node, steps);
        }
    }
  };
  const emitLoop = (node: Extract<Node, { kind: 'repeat' }>, steps: Step[]): void => {
    // Two slots: how many turns there were, and where the present one began.
    const slot = slots;
    slots += 2;
    steps.push({ op: 'reset', slot });
    const loop: Extract<Step, { op: 'loop' }> = {
      op: 'loop',
      body: steps.length + 1,
      out: 0,
      min: node.min,
      max: node.max,
      lazy: node.mode === 'lazy',
      slot,
    };
    const at = steps.length;
    steps.push(loop);
    emit(node.node, steps);
    steps.push({ op: 'jump', to: at });
    loop.out = steps.length;
  };
  const sub = (node: Node, upToHere = false): Step[] => {
    const steps: Step[] = [];
    emit(node, steps);
    if (upToHere) steps.push({ op: 'assert', what: 'here' });
    steps.push({ op: 'match' });
    return steps;
  };
  const steps = sub(root);
  return { steps, slots };
}

/** Runs programs over one text. A stack holds the places to go back to, and what to undo on the way. */
class Machine {
  readonly #pattern: string;
  readonly #text: string;
  readonly #end: number;
  readonly #slots: Int32Array;
  #budget: number;
  /** Where the look-behind that is being tried must end. */
  #here = -1;

  constructor(pattern: string, text: string, end: number, slots: number) {
    this.#pattern = pattern;
    this.#text = text;
    this.#end = end;
    this.#slots = new Int32Array(slots).fill(-1);
    this.#budget = Math.max(LEAST_STEPS, STEPS_PER_CHARACTER * text.length);
  }

  /** Where the match that starts at `start` ends, or -1. */
  run(program: readonly Step[], start: number): number {
    const text = this.#text;
    const end = this.#end;
    const slots = this.#slots;
    // Triples: kind or step, position, and for runs how far they may give back; slots to restore are negative.
    const stack: number[] = [];
    let step = 0;
    let at = start;
    for (;;) {
      if (--this.#budget < 0) {
        throw new TokenizerError(
          `Pattern ${describeValue(this.#pattern)} backtracks for too long on this text.`,
        );
      }
      const now = program[step] as Step;
      let ok = true;
      switch (now.op) {
        case 'match':
          return at;
        case 'test':
          ok = at < end && now.test(this.#codeAt(at));
          if (ok) at += this.#widthAt(at);
          step++;
          break;
        case 'fork':
          for (let i = now.to.length - 1; i > 0; i--) stack.push(now.to[i] as number, at, -1);
          step = now.to[0] as number;
          break;
        case 'jump':
          step = now.to;
          break;
        case 'run': {
          let count = 0;
          const least = now.mode === 'lazy' ? now.min : now.max;
          const floor = at;
          let lowest = at;
          while (count < least && at < end && now.test(this.#codeAt(at))) {
            at += this.#widthAt(at);
            if (++count <= now.min) lowest = at;
          }
          this.#budget -= count;
          ok = count >= now.min;
          if (ok && now.mode === 'greedy' && at > lowest) stack.push(step, at, lowest);
          if (ok && now.mode === 'lazy' && count < now.max) stack.push(step, at, floor);
          step++;
          break;
        }
        case 'save':
          stack.push(-1 - now.slot, slots[now.slot] as number, 0);
          slots[now.slot] = at;
          step++;
          break;
        case 'reset':
          stack.push(
            -1 - now.slot,
            slots[now.slot] as number,
            0,
            -2 - now.slot,
            slots[now.slot + 1] as number,
            0,
          );
          slots[now.slot] = 0;
          slots[now.slot + 1] = -1;
          step++;
          break;
        case 'loop': {
          const turns = slots[now.slot] as number;
          // A turn that took nothing is the last one.
          const more = turns < now.max && (turns < now.min || slots[now.slot + 1] !== at);
          if (turns >= now.min && (!more || now.lazy)) {
            if (more) stack.push(now.body, at, -2 - now.slot);
            step = now.out;
          } else {
            if (turns >= now.min) stack.push(now.out, at, -1);
            stack.push(-1 - now.slot, turns, 0, -2 - now.slot, slots[now.slot + 1] as number, 0);
            slots[now.slot] = turns + 1;
            slots[now.slot + 1] = at;
            step = now.body;
          }
          break;
        }
        case 'assert':
          ok = this.#holds(now.what, at);
          step++;
          break;
        case 'look':
          ok =
            (now.behind ? this.#behind(now.program, at, now.behind) : this.run(now.program, at) >= 0) !==
            now.negative;
          step++;
          break;
        case 'atomic': {
          const stop = this.run(now.program, at);
          ok = stop >= 0;
          at = stop;
          step++;
          break;
        }
        case 'back': {
          const from = slots[2 * now.index] as number;
          const part = text.slice(from, slots[2 * now.index + 1]);
          ok = from >= 0 && text.startsWith(part, at) && at + part.length <= end;
          at += part.length;
          step++;
        }
      }
      if (ok) continue;

      // Back to the last place where there was another way.
      for (;;) {
        if (stack.length === 0) return -1;
        const extra = stack.pop() as number;
        const position = stack.pop() as number;
        const where = stack.pop() as number;
        if (where < 0) {
          slots[-1 - where] = position;
          continue;
        }
        const run = program[where] as Step;
        if (run.op !== 'run' || extra < 0) {
          step = where;
          at = position;
          // A lazy loop takes another turn.
          if (extra <= -2) {
            const slot = -2 - extra;
            stack.push(-1 - slot, slots[slot] as number, 0, -2 - slot, slots[slot + 1] as number, 0);
            slots[slot] = (slots[slot] as number) + 1;
            slots[slot + 1] = at;
          }
          break;
        }
        if (run.mode === 'greedy') {
          // Gives one character back.
          at =
            position - (this.#text.charCodeAt(position - 1) >= 0xdc00 && this.#isPair(position - 2) ? 2 : 1);
          if (at > extra) stack.push(where, at, extra);
          step = where + 1;
          break;
        }
        if (position < end && run.test(this.#codeAt(position))) {
          at = position + this.#widthAt(position);
          if (run.max === Number.POSITIVE_INFINITY || this.#countFrom(extra, at) < run.max)
            stack.push(where, at, extra);
          step = where + 1;
          break;
        }
      }
    }
  }

  #countFrom(from: number, to: number): number {
    let count = 0;
    for (let i = from; i < to; i += this.#widthAt(i)) count++;
    return count;
  }

  #isPair(at: number): boolean {
    return at >= 0 && (this.#text.codePointAt(at) as number) > 0xffff;
  }

  #codeAt(at: number): number {
    return at + 1 < this.#end ? (this.#text.codePointAt(at) as number) : this.#text.charCodeAt(at);
  }

  #widthAt(at: number): number {
    return this.#codeAt(at) > 0xffff ? 2 : 1;
  }

  /** Whether something that matches ends at `at`: tried from the nearest start on. */
  #behind(program: readonly Step[], at: number, [least, most]: readonly [number, number]): boolean {
    const outer = this.#here;
    this.#here = at;
    let found = false;
    for (let start = at - least; !found && start >= Math.max(0, at - most); start--)
      found = this.run(program, start) >= 0;
    this.#here = outer;
    return found;
  }

  #holds(what: string, at: number): boolean {
    const before = at > 0 ? this.#text.charCodeAt(at - 1) : -1;
    const after = at < this.#end ? this.#text.charCodeAt(at) : -1;
    switch (what) {
      case 'textStart':
        return at === 0;
      case 'textEnd':
        return at === this.#end;
      case 'here':
        return at === this.#here;
      case 'lastLineEnd':
        return at === this.#end || (at === this.#end - 1 && after === 0x0a);
      case 'lineStart':
        return at === 0 || (before === 0x0a && at < this.#end);
      case 'lineEnd':
        return at === this.#end || after === 0x0a;
      default: {
        const isBoundary = this.#wordBefore(at) !== (at < this.#end && isWord(this.#codeAt(at)));
        return isBoundary === (what === 'word');
      }
    }
  }

  #wordBefore(at: number): boolean {
    if (at === 0) return false;
    return isWord(
      this.#isPair(at - 2) ? (this.#text.codePointAt(at - 2) as number) : this.#text.charCodeAt(at - 1),
    );
  }
}
