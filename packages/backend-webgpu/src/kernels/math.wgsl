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

// 2^n for any n, in two factors so that neither leaves the range of normal numbers.
fn scale_by_power_of_two(x: f32, n: i32) -> f32 {
  let half = n >> 1u;
  return x * bitcast<f32>((half + 127) << 23u) * bitcast<f32>((n - half + 127) << 23u);
}

// exp(r) for |r| <= ln(2) / 2
fn exp_polynomial(r: f32) -> f32 {
  var p = 1.9875691500e-4;
  p = fma(p, r, 1.3981999507e-3);
  p = fma(p, r, 8.3334519073e-3);
  p = fma(p, r, 4.1665795894e-2);
  p = fma(p, r, 1.6666665459e-1);
  p = fma(p, r, 5.0000001201e-1);
  return fma(p, r * r, r) + 1.0;
}

fn precise_exp(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  if (x > 88.7228394) { return infinity(); }
  if (x < -104.0) { return 0.0; }
  let n = round(x * 1.44269504088896341);
  let r = fma(n, 2.12194440e-4, fma(n, -0.693359375, x));
  return scale_by_power_of_two(exp_polynomial(r), i32(n));
}

// exp for arguments that are never positive and never NaN (softmax): no test but the one for underflow.
fn exp_not_positive(x: f32) -> f32 {
  let n = round(max(x, -87.0) * 1.44269504088896341);
  let r = fma(n, 2.12194440e-4, fma(n, -0.693359375, max(x, -87.0)));
  return select(exp_polynomial(r) * bitcast<f32>((i32(n) + 127) << 23u), 0.0, x < -87.0);
}

fn precise_expm1(x: f32) -> f32 {
  if (abs(x) > 0.35) { return precise_exp(x) - 1.0; }
  var p = 2.4801587e-5;
  p = fma(p, x, 1.9841270e-4);
  p = fma(p, x, 1.3888889e-3);
  p = fma(p, x, 8.3333333e-3);
  p = fma(p, x, 4.1666667e-2);
  p = fma(p, x, 1.6666667e-1);
  p = fma(p, x, 0.5);
  return fma(p, x * x, x);
}

// The exponent e and the mantissa m - 1 of x = m 2^e with sqrt(1/2) <= m < sqrt(2), for finite x > 0.
struct LogParts { e: f32, f: f32 }
fn log_parts(x: f32) -> LogParts {
  var bits = bitcast<u32>(x);
  var bias = 126;
  if (bits < 0x00800000u) {
    // Subnormal: the bits are a whole number of 2^-149, and no arithmetic on x itself survives flushing.
    bits = bitcast<u32>(f32(bits));
    bias = 126 + 149;
  }
  var e = i32(bits >> 23u) - bias;
  var m = bitcast<f32>((bits & 0x007fffffu) | 0x3f000000u);
  if (m < 0.707106781186547524) {
    e = e - 1;
    m = m + m;
  }
  return LogParts(f32(e), m - 1.0);
}

// log(1 + f) - f for sqrt(1/2) - 1 <= f < sqrt(2) - 1
fn log_polynomial(f: f32) -> f32 {
  let z = f * f;
  var p = 7.0376836292e-2;
  p = fma(p, f, -1.1514610310e-1);
  p = fma(p, f, 1.1676998740e-1);
  p = fma(p, f, -1.2420140846e-1);
  p = fma(p, f, 1.4249322787e-1);
  p = fma(p, f, -1.6668057665e-1);
  p = fma(p, f, 2.0000714765e-1);
  p = fma(p, f, -2.4999993993e-1);
  p = fma(p, f, 3.3333331174e-1);
  return fma(p * f, z, -0.5 * z);
}

fn precise_log(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  if ((bits & 0x7fffffffu) == 0u) { return -infinity(); }
  if (is_nan(x) || bits == 0x7f800000u) { return x; }
  if (is_negative(x)) { return not_a_number(); }
  let parts = log_parts(x);
  let small = fma(parts.e, -2.12194440e-4, log_polynomial(parts.f));
  return fma(parts.e, 0.693359375, parts.f + small);
}

fn precise_log2(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  if ((bits & 0x7fffffffu) == 0u) { return -infinity(); }
  if (is_nan(x) || bits == 0x7f800000u) { return x; }
  if (is_negative(x)) { return not_a_number(); }
  let parts = log_parts(x);
  let p = log_polynomial(parts.f);
  // log2(e) = 1 + 0.44269504...: the product with the part beyond 1 is small, and is added last but one.
  return parts.e + (parts.f + fma(parts.f, 0.44269504088896341, fma(p, 0.44269504088896341, p)));
}

fn precise_log1p(x: f32) -> f32 {
  if (abs(x) > 0.4) { return precise_log(1.0 + x); }
  // 2 artanh(s), s = x / (2 + x)
  let s = x / (2.0 + x);
  let z = s * s;
  var p = 0.18181818;
  p = fma(p, z, 0.22222222);
  p = fma(p, z, 0.28571429);
  p = fma(p, z, 0.4);
  p = fma(p, z, 0.66666667);
  return fma(p * z, s, 2.0 * s);
}

fn precise_sigmoid(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  let z = exp_not_positive(-abs(x));
  return select(1.0, z, x < 0.0) / (1.0 + z);
}

fn precise_tanh(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  let a = abs(x);
  if (a < 0.625) {
    let z = x * x;
    var p = -5.70498872745e-3;
    p = fma(p, z, 2.06390887954e-2);
    p = fma(p, z, -5.37397155531e-2);
    p = fma(p, z, 1.33314422036e-1);
    p = fma(p, z, -3.33332819422e-1);
    return fma(p * z, x, x);
  }
  let t = 1.0 - 2.0 / (precise_exp(2.0 * min(a, 20.0)) + 1.0);
  return select(t, -t, x < 0.0);
}

fn precise_sinh(x: f32) -> f32 {
  if (abs(x) < 1.0) {
    let z = x * x;
    var p = 2.7557319e-6;
    p = fma(p, z, 1.9841270e-4);
    p = fma(p, z, 8.3333333e-3);
    p = fma(p, z, 1.6666667e-1);
    return fma(p * z, x, x);
  }
  // exp(|x| / 2) squared does not overflow before sinh does.
  let h = precise_exp(0.5 * abs(x));
  let y = (0.5 * h) * h - (0.5 / h) / h;
  return select(y, -y, x < 0.0);
}

fn precise_cosh(x: f32) -> f32 {
  let h = precise_exp(0.5 * abs(x));
  return (0.5 * h) * h + (0.5 / h) / h;
}

// N. Juffa, https://stackoverflow.com/a/35148199: the maximum error is about 1 unit in the last place.
fn precise_erf(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  let t = abs(x);
  let s = x * x;
  if (t > 0.927734375) {
    if (t > 4.0) { return select(1.0, -1.0, x < 0.0); }
    var r = fma(-1.72853470e-5, t, 3.83197126e-4);
    let u = fma(-3.88396438e-3, t, 2.42546219e-2);
    r = fma(r, s, u);
    r = fma(r, t, -1.06777877e-1);
    r = fma(r, t, -6.34846687e-1);
    r = fma(r, t, -1.28717512e-1);
    r = fma(r, t, -t);
    r = 1.0 - exp_not_positive(r);
    return select(r, -r, x < 0.0);
  }
  var r = -5.96761703e-4;
  r = fma(r, s, 4.99119423e-3);
  r = fma(r, s, -2.67681349e-2);
  r = fma(r, s, 1.12819925e-1);
  r = fma(r, s, -3.76125336e-1);
  r = fma(r, s, 1.28379166e-1);
  return fma(r, x, x);
}

// 192 bits of 2 / pi, for the reduction of arguments that three float constants cannot reduce.
const two_over_pi = array<u32, 7>(0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u);

fn multiply_high(a: u32, b: u32) -> u32 {
  let al = a & 0xffffu;
  let ah = a >> 16u;
  let bl = b & 0xffffu;
  let bh = b >> 16u;
  let low = al * bl;
  let mid = ah * bl + (low >> 16u);
  let mid2 = al * bh + (mid & 0xffffu);
  return ah * bh + (mid >> 16u) + (mid2 >> 16u);
}

struct Quadrant { q: u32, r: f32 }

// x = q pi/2 + r with |r| <= pi/4. Cody and Waite up to 20,000; beyond, Payne and Hanek's method: the 24 bits of x
// times the bits of 2/pi that matter (https://dl.acm.org/doi/10.1145/1057600.1057602).
fn quadrant_of(x: f32) -> Quadrant {
  if (abs(x) < 20000.0) {
    let n = round(x * 0.636619772367581343);
    let r = fma(n, -7.54978995489188216e-8, fma(n, -4.837512969970703125e-4, fma(n, -1.5703125, x)));
    return Quadrant(bitcast<u32>(i32(n)), fma(n, -5.39030253e-15, r));
  }
  let bits = bitcast<u32>(x);
  let e = i32((bits >> 23u) & 0xffu) - 150;
  let m = (bits & 0x007fffffu) | 0x00800000u;
  // The 96 bits of 2/pi from 32 bits above the place where the product's integer part starts to matter modulo 4.
  let skip = u32(max(e, 0)) + 32u - 2u - 24u + 0u;
  let word = skip / 32u;
  let shift = skip % 32u;
  var w = array<u32, 3>(0u, 0u, 0u);
  for (var j = 0u; j < 3u; j++) {
    let high = two_over_pi[min(word + j, 6u)];
    let low = two_over_pi[min(word + j + 1u, 6u)];
    w[j] = select(high << shift, (high << shift) | (low >> (32u - shift)), shift > 0u);
  }
  // m * w, of which the top 64 bits below the 24 that are multiples of 4 are kept
  let low = multiply_high(m, w[2]);
  let mid = m * w[1] + low;
  let carry = select(0u, 1u, mid < low);
  let high = m * w[0] + multiply_high(m, w[1]) + carry;
  // high: 2 bits of quadrant, 30 bits of fraction; mid: 32 more
  var q = high >> 30u;
  var f_high = (high << 2u) | (mid >> 30u);
  var f_low = mid << 2u;
  var negative = false;
  if ((f_high & 0x80000000u) != 0u) {
    q = q + 1u;
    f_high = ~f_high;
    f_low = ~f_low;
    negative = true;
  }
  let lead = countLeadingZeros(f_high);
  var top = f_high;
  if (lead > 0u && lead < 32u) { top = (f_high << lead) | (f_low >> (32u - lead)); }
  let r = f32(top) * bitcast<f32>((127u - 32u - min(lead, 31u)) << 23u) * 1.57079632679489662;
  let signed = select(r, -r, negative);
  if (is_negative(x)) { return Quadrant(0u - q, -signed); }
  return Quadrant(q, signed);
}

fn sin_polynomial(r: f32) -> f32 {
  let z = r * r;
  var p = -1.9515295891e-4;
  p = fma(p, z, 8.3321608736e-3);
  p = fma(p, z, -1.6666654611e-1);
  return fma(p * z, r, r);
}

fn cos_polynomial(r: f32) -> f32 {
  let z = r * r;
  var p = 2.443315711809948e-5;
  p = fma(p, z, -1.388731625493765e-3);
  p = fma(p, z, 4.166664568298827e-2);
  return fma(p * z, z, fma(-0.5, z, 1.0));
}

fn precise_sin(x: f32) -> f32 {
  if (is_nan(x) || is_inf(x)) { return not_a_number(); }
  let q = quadrant_of(x);
  let y = select(sin_polynomial(q.r), cos_polynomial(q.r), (q.q & 1u) != 0u);
  return select(y, -y, (q.q & 2u) != 0u);
}

fn precise_cos(x: f32) -> f32 {
  if (is_nan(x) || is_inf(x)) { return not_a_number(); }
  let q = quadrant_of(x);
  let y = select(cos_polynomial(q.r), sin_polynomial(q.r), (q.q & 1u) != 0u);
  return select(y, -y, ((q.q + 1u) & 2u) != 0u);
}

fn precise_tan(x: f32) -> f32 {
  if (is_nan(x) || is_inf(x)) { return not_a_number(); }
  let q = quadrant_of(x);
  let s = sin_polynomial(q.r);
  let c = cos_polynomial(q.r);
  if ((q.q & 1u) != 0u) { return -c / s; }
  return s / c;
}

fn precise_atan(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  let a = abs(x);
  var base = 0.0;
  var t = a;
  if (a > 2.414213562373095) {
    base = 1.57079632679489662;
    t = -1.0 / a;
    if (is_inf(x)) { t = 0.0; }
  } else if (a > 0.4142135623730950) {
    base = 0.78539816339744831;
    t = (a - 1.0) / (a + 1.0);
  }
  let z = t * t;
  var p = 8.05374449538e-2;
  p = fma(p, z, -1.38776856032e-1);
  p = fma(p, z, 1.99777106478e-1);
  p = fma(p, z, -3.33329491539e-1);
  let y = base + fma(p * z, t, t);
  return select(y, -y, is_negative(x));
}

fn precise_atan2(y: f32, x: f32) -> f32 {
  if (is_nan(x) || is_nan(y)) { return not_a_number(); }
  let ay = abs(y);
  let ax = abs(x);
  var a: f32;
  if (is_inf(x) && is_inf(y)) {
    a = 0.78539816339744831;
  } else if (ay == 0.0 && ax == 0.0) {
    a = 0.0;
  } else if (ax >= ay) {
    a = precise_atan(ay / ax);
  } else {
    a = 1.57079632679489662 - precise_atan(ax / ay);
  }
  if (is_negative(x)) { a = 3.14159265358979324 - a; }
  return select(a, -a, is_negative(y));
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

// The upper 12 bits of the mantissa, so that products of two such halves are exact.
fn upper_half(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u);
}

// |x|^y with log2 |x| carried in two floats: log2 x = e + log2(1 + f), the error of y log2 x stays near 2^-30.
fn positive_pow(x: f32, y: f32) -> f32 {
  let parts = log_parts(x);
  // log(1 + f) = 2 artanh(s), s = f / (2 + f), in two floats: s_high + s_low
  let d = 2.0 + parts.f;
  let d_low = parts.f - (bitcast<f32>(bitcast<u32>(d)) - 2.0);
  let s = parts.f / d;
  let s_high = upper_half(s);
  let d_high = upper_half(d);
  let residue = ((parts.f - s_high * d_high) - s_high * (d - d_high)) - s_high * d_low;
  let s_low = residue / d;
  let z = s * s;
  var p = 0.26230818;
  p = fma(p, z, 0.32059889);
  p = fma(p, z, 0.41219859);
  p = fma(p, z, 0.57707802);
  p = fma(p, z, 0.96179669);
  // 2 / ln 2 = 2.8854 = 2.884765625 + 6.2543e-4
  let tail = fma(p * z, s, fma(s_low, 2.88539008, s_high * 6.2511677787e-4));
  let lead = s_high * 2.884765625;
  // y (e + lead + tail)
  let y_high = upper_half(y);
  let y_low = y - y_high;
  let e_product = y_high * parts.e;
  let n0 = round(clamp(y * (parts.e + lead + tail), -1000.0, 1000.0));
  let lead_high = upper_half(lead);
  let lead_low = lead - lead_high;
  var f = (e_product - n0) + y_high * lead_high;
  f = f + (y_low * parts.e + (y_high * lead_low + (y_low * lead + y * tail)));
  if (n0 > 129.0) { return infinity(); }
  if (n0 < -151.0) { return 0.0; }
  let extra = round(f);
  let r = (f - extra) * 0.693147180559945309;
  return scale_by_power_of_two(exp_polynomial(r), i32(n0 + extra));
}

fn precise_pow(x: f32, y: f32) -> f32 {
  let y_zero = (bitcast<u32>(y) & 0x7fffffffu) == 0u;
  if (y_zero || bitcast<u32>(x) == 0x3f800000u) { return 1.0; }
  if (is_nan(x) || is_nan(y)) { return not_a_number(); }
  let ax = abs(x);
  let y_integral = is_inf(y) || abs(y) >= 8388608.0 || floor(y) == y;
  let y_odd = !is_inf(y) && abs(y) < 16777216.0 && y_integral && (i32(y) & 1) != 0;
  let negative = is_negative(x) && y_odd;
  var result: f32;
  if (is_inf(y)) {
    if (ax == 1.0) { return 1.0; }
    result = select(0.0, infinity(), (ax > 1.0 || is_inf(x)) != is_negative(y));
  } else if (is_inf(x)) {
    result = select(infinity(), 0.0, is_negative(y));
  } else if ((bitcast<u32>(x) & 0x7fffffffu) == 0u) {
    result = select(0.0, infinity(), is_negative(y));
  } else {
    if (is_negative(x) && !y_integral) { return not_a_number(); }
    result = positive_pow(ax, y);
  }
  return select(result, -result, negative);
}
