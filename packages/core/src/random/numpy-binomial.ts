/**
 * NumPy's legacy binomial draws.
 *
 * Sources: NumPy 1.24 `src/distributions/distributions.c` (`random_binomial_inversion`, `random_binomial_btpe`);
 * V. Kachitvichyanukul and B. W. Schmeiser, "Binomial random variate generation", CACM 31(2), 1988 (BTPE).
 */

import type { KeyedMt19937 } from './mt19937-keyed.js';

/**
 * The number of successes in `n` trials of probability `p`.
 *
 * @throws if n is no integer of at least 0 or p is outside [0, 1]
 */
export function binomialDraw(engine: KeyedMt19937, n: number, p: number): number {
  if (!Number.isSafeInteger(n) || n < 0)
    throw new RangeError(`binomial: n must be an integer of at least 0, got ${n}`);
  if (!(p >= 0 && p <= 1)) throw new RangeError(`binomial: p must be in [0, 1], got ${p}`);
  if (n === 0 || p === 0) return 0;
  if (p > 0.5) return n - draw(engine, n, 1 - p);
  return draw(engine, n, p);
}

function draw(engine: KeyedMt19937, n: number, p: number): number {
  return p * n <= 30 ? inversion(engine, n, p) : btpe(engine, n, p);
}

/** Walks up the distribution until it has passed a uniform draw. */
function inversion(engine: KeyedMt19937, n: number, p: number): number {
  const q = 1 - p;
  const start = Math.exp(n * Math.log(q));
  const np = n * p;
  const bound = Math.floor(Math.min(n, np + 10 * Math.sqrt(np * q + 1)));
  let x = 0;
  let px = start;
  let u = engine.res53();
  while (u > px) {
    x++;
    if (x > bound) {
      x = 0;
      px = start;
      u = engine.res53();
    } else {
      u -= px;
      px = ((n - x + 1) * p * px) / (x * q);
    }
  }
  return x;
}

/** Rejection from a triangle, two parallelograms and exponential tails around the mode; r is at most 1/2. */
function btpe(engine: KeyedMt19937, n: number, r: number): number {
  const q = 1 - r;
  const fm = n * r + r;
  const m = Math.floor(fm);
  const p1 = Math.floor(2.195 * Math.sqrt(n * r * q) - 4.6 * q) + 0.5;
  const xm = m + 0.5;
  const xl = xm - p1;
  const xr = xm + p1;
  const c = 0.134 + 20.5 / (15.3 + m);
  const aLeft = (fm - xl) / (fm - xl * r);
  const lambdaLeft = aLeft * (1 + aLeft / 2);
  const aRight = (xr - fm) / (xr * q);
  const lambdaRight = aRight * (1 + aRight / 2);
  const p2 = p1 * (1 + 2 * c);
  const p3 = p2 + c / lambdaLeft;
  const p4 = p3 + c / lambdaRight;
  const nrq = n * r * q;
  for (;;) {
    const u = engine.res53() * p4;
    let v = engine.res53();
    let y: number;
    if (u <= p1) return Math.floor(xm - p1 * v + u);
    if (u <= p2) {
      const x = xl + (u - p1) / c;
      v = v * c + 1 - Math.abs(m - x + 0.5) / p1;
      if (v > 1) continue;
      y = Math.floor(x);
    } else if (u <= p3) {
      y = Math.floor(xl + Math.log(v) / lambdaLeft);
      if (y < 0 || v === 0) continue;
      v = v * (u - p2) * lambdaLeft;
    } else {
      y = Math.floor(xr - Math.log(v) / lambdaRight);
      if (y > n || v === 0) continue;
      v = v * (u - p3) * lambdaRight;
    }
    if (accepted(y, v, { n, r, q, m, xm, nrq })) return y;
  }
}

interface Mode {
  n: number;
  r: number;
  q: number;
  m: number;
  xm: number;
  nrq: number;
}

/** Whether v lies below the distribution at y: by its recurrence near the mode, by squeezes and Stirling's series else. */
function accepted(y: number, v: number, { n, r, q, m, xm, nrq }: Mode): boolean {
  const k = Math.abs(y - m);
  if (k <= 20 || k >= nrq / 2 - 1) {
    const s = r / q;
    const a = s * (n + 1);
    let f = 1;
    for (let i = m + 1; i <= y; i++) f *= a / i - s;
    for (let i = y + 1; i <= m; i++) f /= a / i - s;
    return v <= f;
  }
  const rho = (k / nrq) * ((k * (k / 3 + 0.625) + 0.16666666666666666) / nrq + 0.5);
  const t = (-k * k) / (2 * nrq);
  const logV = Math.log(v);
  if (logV < t - rho) return true;
  if (logV > t + rho) return false;
  const x1 = y + 1;
  const f1 = m + 1;
  const z = n + 1 - m;
  const w = n - y + 1;
  const bound =
    xm * Math.log(f1 / x1) +
    (n - m + 0.5) * Math.log(z / w) +
    (y - m) * Math.log((w * r) / (x1 * q)) +
    stirling(f1) +
    stirling(z) +
    stirling(x1) +
    stirling(w);
  return logV <= bound;
}

function stirling(x: number): number {
  const x2 = x * x;
  return (13680 - (462 - (132 - (99 - 140 / x2) / x2) / x2) / x2) / x / 166320;
}
