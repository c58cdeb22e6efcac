/** Einstein summation, as permutations and matrix products. */
import { type Shape, showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { expand, reshape, sum } from './broadcast.js';
import { matmul } from './matmul.js';
import { mul } from './pointwise.js';
import { diagonal } from './rearrange.js';
import { permute } from './views.js';

/** A tensor whose dimensions have names. */
interface Named {
  readonly value: Value;
  readonly names: readonly string[];
}

/**
 * torch.einsum, e.g. `einsum('bij,bjk->bik', a, b)`. Letters name dimensions, `...` stands for any number of them, the
 * result's letters may be left out. Operands are joined from left to right.
 * @throws Error that names the equation and the shapes.
 */
export function einsum(equation: string, operands: readonly Value[]): Value {
  const shapes = operands.map(({ shape }) => showShape(shape)).join(' ');
  const wrong = (why: string): Error => new Error(`einsum: '${equation}' on ${shapes}: ${why}`);
  const [left, right, ...more] = equation.replaceAll(' ', '').split('->');
  const terms = left.split(',');
  if (more.length > 0) throw wrong("more than one '->'");
  if (terms.length !== operands.length) throw wrong(`${terms.length} terms for ${operands.length} operands`);

  // Dimensions under an ellipsis are named '0', '1', ... counted from the right, so that they broadcast.
  const ellipsis = Math.max(
    0,
    ...terms.map((term, i) => (term.includes('...') ? operands[i].shape.length - term.length + 3 : 0)),
  );
  const namesOf = (term: string, count: number): string[] => {
    const parts = term.split('...');
    if (parts.length > 2 || !/^[A-Za-z]*$/.test(parts.join(''))) throw wrong(`'${term}' is not a term`);
    if (parts.length === 1) return [...term];
    const hidden = Array.from({ length: count }, (_, i) => String(count - 1 - i));
    return [...parts[0], ...hidden, ...parts[1]];
  };
  const sizes = new Map<string, number>();
  const named = operands.map((value, i): Named => {
    const names = namesOf(terms[i], value.shape.length - terms[i].length + 3);
    if (names.length !== value.shape.length)
      throw wrong(`'${terms[i]}' names ${names.length} dimensions of ${showShape(value.shape)}`);
    names.forEach((name, axis) => {
      const n = value.shape[axis];
      const known = sizes.get(name);
      if (known !== undefined && known !== n && known !== 1 && n !== 1)
        throw wrong(`'${name}' is ${known} and ${n}`);
      if (known === undefined || known === 1) sizes.set(name, n);
    });
    return diagonals({ value, names });
  });
  const all = terms.flatMap((term) => [...term.replace('...', '')]);
  const implied = [...new Set(all)].filter((name) => all.indexOf(name) === all.lastIndexOf(name)).sort();
  const hidden = Array.from({ length: ellipsis }, (_, i) => String(ellipsis - 1 - i));
  const wanted = right === undefined ? [...hidden, ...implied] : namesOf(right, ellipsis);
  for (const name of wanted) {
    if (!sizes.has(name)) throw wrong(`the result names '${name}', which no operand has`);
    if (wanted.indexOf(name) !== wanted.lastIndexOf(name)) throw wrong(`the result names '${name}' twice`);
  }
  let [result] = named;
  for (let i = 1; i < named.length; i++) {
    const later = new Set([...wanted, ...named.slice(i + 1).flatMap(({ names }) => names)]);
    result = join(result, named[i], later, sizes);
  }
  return ordered(summed(result, new Set(wanted)), wanted, sizes);
}

/** A dimension that is named twice becomes its diagonal. */
function diagonals({ value, names }: Named): Named {
  const twice = names.findIndex((name, i) => names.indexOf(name) < i);
  if (twice < 0) return { value, names };
  const first = names.indexOf(names[twice]);
  const rest = names.map((_, i) => i).filter((i) => i !== first && i !== twice);
  const moved = diagonal(permute(value, [...rest, first, twice]));
  return diagonals({ value: moved, names: [...rest.map((i) => names[i]), names[first]] });
}

/** Sums out what is not needed any more. */
function summed({ value, names }: Named, needed: ReadonlySet<string>): Named {
  const gone = names.flatMap((name, i) => (needed.has(name) ? [] : [i]));
  if (gone.length === 0) return { value, names };
  return { value: sum(value, gone), names: names.filter((name) => needed.has(name)) };
}

/** The dimensions in the given order; those that are missing have size 1. */
function ordered(
  { value, names }: Named,
  order: readonly string[],
  sizes?: ReadonlyMap<string, number>,
): Value {
  const present = order.filter((name) => names.includes(name));
  const moved = permute(
    value,
    present.map((name) => names.indexOf(name)),
  );
  const shape = order.map((name) => (names.includes(name) ? value.shape[names.indexOf(name)] : 1));
  const laid = reshape(moved, shape);
  return sizes
    ? expand(
        laid,
        order.map((name) => sizes.get(name) as number),
      )
    : laid;
}

/** Two tensors as one: a batched matrix product over the names that both have and nobody needs later. */
function join(a: Named, b: Named, later: ReadonlySet<string>, sizes: ReadonlyMap<string, number>): Named {
  const left = summed(a, new Set([...later, ...b.names]));
  const right = summed(b, new Set([...later, ...a.names]));
  const shared = left.names.filter((name) => right.names.includes(name));
  const batch = shared.filter((name) => later.has(name));
  const inner = shared.filter((name) => !later.has(name));
  const rows = left.names.filter((name) => !shared.includes(name));
  const columns = right.names.filter((name) => !shared.includes(name));
  const names = [...batch, ...rows, ...columns];
  if (inner.length === 0) {
    return { value: mul(ordered(left, names), ordered(right, names)), names };
  }
  const full = (list: readonly string[]): Shape => list.map((name) => sizes.get(name) as number);
  const product = (shape: Shape): number => shape.reduce((x, y) => x * y, 1);
  const matrix = (side: Named, order: readonly string[], shape: Shape): Value =>
    reshape(ordered(side, order, sizes), shape);
  const [m, k, n] = [product(full(rows)), product(full(inner)), product(full(columns))];
  const out = matmul(
    matrix(left, [...batch, ...rows, ...inner], [...full(batch), m, k]),
    matrix(right, [...batch, ...inner, ...columns], [...full(batch), k, n]),
  );
  return { value: reshape(out, [...full(batch), ...full(rows), ...full(columns)]), names };
}
