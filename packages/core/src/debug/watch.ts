/** Finding where a NaN or an infinity comes from. */
import type { BackendBuffer, Executable } from '../backend/contract.js';
import { computeTypeOf, isFloatingPoint } from '../backend/dtype.js';
import { callSite } from '../call-site.js';
import type { GraphDevice } from '../graph/device.js';
import { ProgramBuilder } from '../graph/program-builder.js';
import { showShape } from '../graph/shape.js';
import { type Observer, observer, setObserver, type Watch } from '../graph/trace.js';
import type { Value } from '../graph/value.js';

/** Starts or ends the looking; `detectAnomaly` is the public face of this. */
export function watchNumbers(device: GraphDevice, mode: boolean): void {
  device.eager = mode;
  device.watch = mode ? new AnomalyWatch(device) : null;
  setObserver(mode ? new Place() : null);
}

interface NamedModules {
  namedModules(): Iterable<[string, object]>;
}

/** What is being called: modules, and the op whose gradient is worked out. */
class Place implements Observer {
  readonly modules: NamedModules[] = [];
  of: Value | null = null;

  enters(module: object): void {
    this.modules.push(module as NamedModules);
  }

  leaves(): void {
    this.modules.pop();
  }

  differentiates(value: Value | null): void {
    this.of = value;
  }

  /** 'GPT.blocks.0.attn', or '' outside of modules. */
  get path(): string {
    let path = '';
    this.modules.forEach((module, i) => {
      const parent = this.modules[i - 1];
      const within = parent && Array.from(parent.namedModules()).find(([, child]) => child === module);
      const name = within?.[0] || module.constructor.name;
      path += path === '' ? name : `.${name}`;
    });
    return path;
  }
}

/** The codes of a look: the worst that there is among the elements. */
const infinite = 1;
const notANumber = 2;

/** One value that is looked at. */
interface Look {
  /** Set when it is known. */
  code: number | null;
  readonly pending: Promise<number> | null;
  readonly report: Report | null;
}

interface Report {
  readonly op: string;
  readonly shapes: string;
  readonly where: string;
  /** Whether the program put such a number there itself. */
  readonly given: boolean;
  readonly inputs: readonly (Look | Value)[];
}

class AnomalyWatch implements Watch {
  readonly #plans = new Map<string, Executable>();
  readonly #looks = new WeakMap<Value, Look>();
  /** Of forward ops: where they were called. */
  readonly #origins = new WeakMap<Value, string>();
  #unsettled: Look[] = [];

  constructor(private readonly device: GraphDevice) {}

  ran(value: Value, inputs: readonly Value[]): void {
    if (!isFloatingPoint(value.dtype) || value.size === 0) return;
    const { op, attrs, scalars } = value;
    const place = observer instanceof Place ? observer : null;
    const path = place?.path ?? '';
    const site = callSite();
    const origin = `${path && `, in ${path}`}${site}`;
    this.#origins.set(value, origin);
    const of = place?.of;
    const where = of
      ? `, in the backward pass of ${of.op?.name} ${showShape(of.shape)}${this.#origins.get(of) ?? origin}`
      : origin;
    this.#look(value, {
      op: op?.name ?? 'value',
      shapes: inputs.map(({ shape }) => showShape(shape)).join(', '),
      where,
      given: [...scalars, Number(attrs?.value ?? 0)].some((x) => !Number.isFinite(x)),
      inputs: inputs.map((input) => this.#known(input)),
    });
  }

  async settled(): Promise<void> {
    const looks = this.#unsettled;
    this.#unsettled = [];
    for (const look of looks) look.code = await look.pending;
    for (const { code, report } of looks) {
      if (!code || !report || report.given) continue;
      const before = Math.max(0, ...report.inputs.map(codeOf));
      if (code <= before) continue;
      const what = code === notANumber ? 'NaN' : 'an infinity';
      const from = report.shapes === '' ? '' : ` from inputs of shapes ${report.shapes}`;
      const among = before === infinite ? ', with an infinity among them,' : '';
      throw new Error(`${report.op}: made ${what}${from}${among}${report.where}`);
    }
  }

  /** What is known of an input: of what it is a view, or what is in memory from before. */
  #known(value: Value): Look | Value {
    let of = value;
    while (of.op?.kind === 'view' && !this.#looks.has(of) && of.inputs.length > 0) of = of.inputs[0];
    const known = this.#looks.get(of);
    if (known) return known;
    if (of.host !== null || !of.resident || !isFloatingPoint(of.dtype) || of.size === 0) return of;
    return this.#look(of, null);
  }

  #look(value: Value, report: Report | null): Look {
    const look: Look = { code: null, pending: this.#code(value), report };
    // Whoever reads next hears of it.
    look.pending?.catch(() => undefined);
    this.#looks.set(value, look);
    this.#unsettled.push(look);
    return look;
  }

  /** One reduction on the device: the largest code of all elements. */
  async #code({ dtype, size, region }: Value): Promise<number> {
    if (!region) return 0;
    const { device } = this;
    const { backend, pool } = device;
    const bytes = device.elementBytes(dtype);
    const offset = region.offset / bytes;
    const key = `${dtype} ${size} ${offset}`;
    let plan = this.#plans.get(key);
    if (!plan) {
      const b = new ProgramBuilder();
      const x = b.load(0, computeTypeOf(dtype));
      const infinity = b.select(b.unary('isinf', x), b.const(infinite, 'int32'), b.const(0, 'int32'));
      const code = b.select(b.unary('isnan', x), b.const(notANumber, 'int32'), infinity);
      plan = backend.compile({
        label: 'detectAnomaly',
        buffers: [{ byteLength: (offset + size) * bytes }, { byteLength: device.elementBytes('int32') }],
        scalars: [],
        uploads: [],
        steps: [
          {
            kind: 'reduce',
            shape: [size],
            axes: [0],
            reducer: 'max',
            inputs: [{ buffer: 0, dtype, shape: [size], strides: [1], offset }],
            scalars: [],
            prologue: b.build([code]),
            epilogue: null,
            epilogueInputs: [],
            outputs: [{ buffer: 1, dtype: 'int32', shape: [], strides: [], offset: 0 }],
          },
        ],
      });
      this.#plans.set(key, plan);
    }
    const out: BackendBuffer = pool.acquire(device.elementBytes('int32'));
    plan.run([region.buffer, out], [], []);
    const data = backend.read(out, 0, device.elementBytes('int32'));
    // What comes later comes after the read.
    pool.release(out);
    return new Int32Array(await data)[0];
  }
}

function codeOf(input: Look | Value): number {
  if ('pending' in input) return input.code ?? 0;
  if (!input.host || !isFloatingPoint(input.dtype)) return 0;
  let code = 0;
  for (const x of input.host) {
    if (Number.isNaN(x)) return notANumber;
    if (!Number.isFinite(x)) code = infinite;
  }
  return code;
}
