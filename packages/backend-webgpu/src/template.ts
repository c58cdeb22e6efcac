/**
 * Templates: how a `.wgsl` file becomes the source of one specialised kernel.
 *
 * A kernel file is WGSL plus a few things that WGSL lacks:
 * - `$NAME` stands for a value given by the kernel's descriptor (`$` is no character of WGSL): a tile size, an
 *   expression, a block of generated statements;
 * - `#if NAME` / `#if !NAME`, `#else`, `#end` on lines of their own keep or drop lines;
 * - `#for I NAME` ... `#end` repeats lines with `$I` from 0 to NAME - 1 (a value, or a number): registers are unrolled by the
 *   template, since not every compiler keeps an indexed array in registers;
 * - `#use NAME` on a line of its own stands for a value that is lines of a template, shared by several files or used
 *   several times; behind `#use NAME WORD=text` these lines have `text` for `$WORD`;
 * - functions of the library files (math.wgsl, group.wgsl) are included where they are called, with what they need.
 *
 * A name that is not given is an error, as is a value that the file never mentions: a typo cannot pass in silence.
 */
export type TemplateValue = string | number | boolean;
export type TemplateValues = Readonly<Record<string, TemplateValue>>;

/** Fills in a template and adds what it needs of the library. @throws Error naming what is missing or never used. */
export function assemble(
  template: string,
  head: string,
  source: string,
  values: TemplateValues,
  library: Library,
): string {
  const used = new Set<string>();
  const body = render(template, source, values, used);
  const needed = render(template, library.neededBy(head + body), values, used);
  const unused = Object.keys(values).find((name) => !used.has(name));
  if (unused !== undefined) throw new Error(`${template}.wgsl never uses ${unused}`);
  return `${head}\n${body}\n${needed}`;
}

const placeholder = /\$([A-Z][A-Z0-9]*(?:_[A-Z][A-Z0-9]*)*)/g;

function render(template: string, source: string, values: TemplateValues, used: Set<string>): string {
  const out: string[] = [];
  const fail = (what: string): never => {
    throw new Error(`${template}.wgsl: ${what}`);
  };
  const lookUp = (scope: TemplateValues, name: string): TemplateValue => {
    used.add(name);
    return scope[name] ?? fail(`no value for ${name}`);
  };
  const whole = source.replace(/^[ \t]*#use (\w+)((?: \w+=\w+)*)$/gm, (_, name: string, given: string) =>
    [...given.matchAll(/(\w+)=(\w+)/g)].reduce(
      (text, [, word, by]) => text.replace(new RegExp(`\\$${word}(?![A-Z0-9])`, 'g'), by as string),
      String(lookUp(values, name)),
    ),
  );
  const lines = whole.split('\n');

  /** Renders from `at` to the directive that ends this block, and returns that line's number. */
  const block = (at: number, scope: TemplateValues, emit: boolean): number => {
    for (let i = at; i < lines.length; i++) {
      const line = lines[i] as string;
      const directive = line.match(/^\s*#(if|for|else|end)\b\s*(!?)(\w*)\s*(\w*)/);
      if (!directive) {
        // A dropped line uses its names too, or they would be called unused.
        const filled = line.replace(placeholder, (text, name: string) =>
          emit ? String(lookUp(scope, name)) : text,
        );
        if (emit) out.push(filled);
        else for (const [, name] of line.matchAll(placeholder)) used.add(name as string);
        continue;
      }
      const [, word, not, name, count] = directive as unknown as [string, string, string, string, string];
      if (word === 'else' || word === 'end') return i;
      if (word === 'for') {
        const times = /^\d+$/.test(count) ? Number(count) : Number(lookUp(scope, count));
        let end = block(i + 1, { ...scope, [name]: 0 }, emit && times > 0);
        for (let n = 1; n < times; n++) end = block(i + 1, { ...scope, [name]: n }, emit);
        i = end;
      } else {
        const holds = Boolean(lookUp(scope, name)) !== (not === '!');
        i = block(i + 1, scope, emit && holds);
        if (/#else\b/.test(lines[i] ?? '')) i = block(i + 1, scope, emit && !holds);
      }
      if (i >= lines.length) fail(`#${word} without #end`);
    }
    return lines.length;
  };
  if (block(0, values, true) < lines.length) fail('#else or #end without a beginning');
  return out.join('\n');
}

/** One top-level declaration of a library file. */
interface Declaration {
  readonly text: string;
  readonly mentions: ReadonlySet<string>;
}

/** Top-level functions, constants and variables by name, for inclusion on use. */
export class Library {
  private readonly declarations = new Map<string, Declaration>();

  constructor(...sources: readonly string[]) {
    for (const source of sources) {
      // A declaration starts at a line that begins with its keyword and runs to the next such line.
      const code = source.replace(/\/\/.*$/gm, '');
      for (const part of code.split(/^(?=(?:fn|const|var|struct|alias)\b)/m)) {
        const name = part.match(/^(?:fn|const|struct|alias|var(?:<\w+>)?)\s+(\w+)/)?.[1];
        if (name) this.declarations.set(name, { text: part.trim(), mentions: words(part) });
      }
    }
  }

  /** The declarations that `code` mentions and what those need in turn. */
  neededBy(code: string): string {
    const found = new Set<string>();
    const visit = (mentions: ReadonlySet<string>) => {
      for (const name of mentions) {
        const declaration = this.declarations.get(name);
        if (!declaration || found.has(name)) continue;
        found.add(name);
        visit(declaration.mentions);
      }
    };
    visit(words(code));
    return [...this.declarations]
      .filter(([name]) => found.has(name))
      .map(([, declaration]) => declaration.text)
      .join('\n');
  }
}

function words(code: string): Set<string> {
  return new Set(code.match(/[A-Za-z_]\w*/g) ?? []);
}
