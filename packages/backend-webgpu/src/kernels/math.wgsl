// Elementary functions of float32 that do not depend on how coarse a driver's own are.
//
// WGSL allows its built-ins large errors (software adapters: sin and cos 1.9e-4, exp 1.1e-6) and lets a compiler assume
// that there is no NaN and no infinity. So these functions test bits instead of comparing, take infinity and NaN
// from a variable that the compiler cannot fold, and evaluate polynomials of their own (Cephes by S. Moshier,
// https://www.netlib.org/cephes, where not said otherwise). Errors are 1 to 3 units in the last place.

var<private> infinity_bits: u32 = 0x7f800000u;
var<private> nan_bits: u32 = 0x7fc00000u;

fn infinity() -> f32 {
  return bitcast<f32>(infinity_bits);
}

fn not_a_number() -> f32 {
  return bitcast<f32>(nan_bits);
}

fn is_nan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

fn is_inf(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u;
}

fn is_negative(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x80000000u) != 0u;
}

// A total order of floats as integers: the same order as < on numbers, without float comparison.
fn order_key(x: f32) -> i32 {
  let bits = bitcast<i32>(x);
  return bits ^ ((bits >> 31u) & 0x7fffffff);
}

fn nan_max(a: f32, b: f32) -> f32 {
  return select(select(max(a, b), b, is_nan(b)), a, is_nan(a));
}

fn nan_min(a: f32, b: f32) -> f32 {
  return select(select(min(a, b), b, is_nan(b)), a, is_nan(a));
}

fn float_lt(a: f32, b: f32) -> bool {
  return (a < b) && !is_nan(a) && !is_nan(b);
}

fn float_le(a: f32, b: f32) -> bool {
  return (a <= b) && !is_nan(a) && !is_nan(b);
}

fn float_eq(a: f32, b: f32) -> bool {
  return (a == b) && !is_nan(a) && !is_nan(b);
}

fn float_sign(x: f32) -> f32 {
  if (is_nan(x) || !float_not_zero(x)) { return 0.0; }
  return select(1.0, -1.0, is_negative(x));
}

fn float_not_zero(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) != 0u;
}

fn saturate_i32(x: f32) -> i32 {
  if (is_nan(x)) { return 0; }
  if (x >= 2147483648.0) { return 2147483647; }
  if (x <= -2147483648.0) { return -2147483647 - 1; }
  return i32(x);
}

// The exact remainder of two finite numbers, by long division of the mantissas, seven bits at a time.
fn float_fmod(a: f32, b: f32) -> f32 {
  let b_bits = bitcast<u32>(b) & 0x7fffffffu;
  if (is_nan(a) || is_nan(b) || is_inf(a) || b_bits == 0u) { return not_a_number(); }
  if (is_inf(b)) { return a; }
  let a_bits = bitcast<u32>(a) & 0x7fffffffu;
  if (a_bits < b_bits) { return a; }
  var ea = i32(a_bits >> 23u);
  var ma = (a_bits & 0x007fffffu) | 0x00800000u;
  if (ea == 0) { ma = a_bits; ea = 1; }
  var eb = i32(b_bits >> 23u);
  var mb = (b_bits & 0x007fffffu) | 0x00800000u;
  if (eb == 0) { mb = b_bits; eb = 1; }
  ma = ma % mb;
  var left = ea - eb;
  while (left > 0) {
    let s = min(left, 7);
    ma = (ma << u32(s)) % mb;
    left = left - s;
  }
  // ma 2^(eb - 150)
  let r = scale_by_power_of_two(f32(ma), eb - 150);
  return select(r, -r, is_negative(a));
}

fn float_remainder(a: f32, b: f32) -> f32 {
  let r = float_fmod(a, b);
  if (is_nan(r) || r == 0.0 || is_negative(r) == is_negative(b)) { return r; }
  return r + b;
}

fn float_floor_div(a: f32, b: f32) -> f32 {
  if ((bitcast<u32>(b) & 0x7fffffffu) == 0u) { return float_div(a, b); }
  let r = float_remainder(a, b);
  if (is_nan(r)) { return r; }
  if (is_inf(b)) { return select(0.0, -1.0, a != 0.0 && is_negative(a) != is_negative(b)); }
  let q = (a - r) / b;
  let f = floor(q);
  return select(f, f + 1.0, q - f > 0.5);
}

// Division by zero by the book, whatever the driver does.
fn float_div(a: f32, b: f32) -> f32 {
  if ((bitcast<u32>(b) & 0x7fffffffu) != 0u) { return a / b; }
  if (is_nan(a) || (bitcast<u32>(a) & 0x7fffffffu) == 0u) { return not_a_number(); }
  return select(infinity(), -infinity(), is_negative(a) != is_negative(b));
}

// Subnormal numbers may be flushed to zero by whatever computes with them: these take them by their bits.
fn is_subnormal(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7f800000u) == 0u && float_not_zero(x);
}

fn float_floor(x: f32) -> f32 {
  if (is_subnormal(x)) { return select(0.0, -1.0, is_negative(x)); }
  return floor(x);
}

fn float_ceil(x: f32) -> f32 {
  if (is_subnormal(x)) { return select(1.0, bitcast<f32>(0x80000000u), is_negative(x)); }
  return ceil(x);
}

fn float_sqrt(x: f32) -> f32 {
  if (!float_not_zero(x)) { return x; }
  if (is_nan(x) || is_negative(x)) { return not_a_number(); }
  if (is_inf(x)) { return x; }
  // sqrt(n 2^-149) = sqrt(2 n) 2^-75
  if (is_subnormal(x)) { return sqrt(2.0 * f32(bitcast<u32>(x))) * 2.6469779601696886e-23; }
  return sqrt(x);
}

fn float_rsqrt(x: f32) -> f32 {
  if (!float_not_zero(x)) { return select(infinity(), -infinity(), is_negative(x)); }
  if (is_nan(x) || is_negative(x)) { return not_a_number(); }
  if (is_inf(x)) { return 0.0; }
  return 1.0 / float_sqrt(x);
}

fn int_floor_div(a: i32, b: i32) -> i32 {
  if (b == 0) { return 0; }
  if (b == -1) { return -a; }
  let q = a / b;
  return select(q, q - 1, (a - q * b != 0) && ((a < 0) != (b < 0)));
}

fn int_fmod(a: i32, b: i32) -> i32 {
  if (b == 0 || b == -1) { return 0; }
  return a - (a / b) * b;
}

fn int_remainder(a: i32, b: i32) -> i32 {
  let r = int_fmod(a, b);
  return select(r, r + b, r != 0 && ((r < 0) != (b < 0)));
}

fn int_pow(a: i32, b: i32) -> i32 {
  if (b < 0) { return select(select(0, select(1, -1, (b & 1) != 0), a == -1), 1, a == 1); }
  var result = 1;
  var base = a;
  var n = b;
  while (n > 0) {
    if ((n & 1) != 0) { result = result * base; }
    base = base * base;
    n = n >> 1u;
  }
  return result;
}
