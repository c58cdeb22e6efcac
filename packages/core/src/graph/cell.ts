/** Cells: the places that hold one version of a value after the other. */
import { tracer } from './trace.js';
import type { Slot, Value } from './value.js';

/**
 * Counts what has become of cells and of what guards look at (hooks, the runs of optimizers): while it stays the same, each
 * cell holds what it held, with the same flags, and each guard holds. A replay that finds the number it left need not look
 * at any.
 */
export let changes = 0;

/** Notes that a cell holds something else, that the flags of what it holds have changed, or what a guard looks at. */
export function noteChange(): void {
  changes++;
}

/** A value that is made when it is first asked for: what a replayed call left behind and nobody may look at. */
export class Later {
  made: Value | null = null;
  constructor(readonly make: () => Value) {}

  get value(): Value {
    if (this.made === null) {
      this.made = this.make();
      changes++;
    }
    return this.made;
  }
}

/** A tensor's handle, or the gradient of a leaf. */
export class Cell<V extends Value | null = Value | null> {
  constructor(
    /** What the cell holds, as it is stored: use `value`. */
    public held: V | Later,
  ) {
    tracer?.makes(this);
  }

  /** The version that the cell holds now. Internal. */
  get value(): V {
    tracer?.reads(this);
    const { held } = this;
    if (!(held instanceof Later)) return held;
    this.held = held.value as V;
    changes++;
    return this.held;
  }

  set value(next: V) {
    this.held = next;
    changes++;
    tracer?.writes(this, next);
  }
}

/** Where a backward pass puts the gradient of a leaf. */
export class Leaf extends Cell {
  constructor(
    /** What to call it in messages. */
    readonly name: string,
    readonly slot: Slot,
  ) {
    super(null);
  }

  get gradient(): Value | null {
    return this.value;
  }

  set gradient(next: Value | null) {
    this.value = next;
  }
}
