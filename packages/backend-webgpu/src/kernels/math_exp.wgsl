// Exponentials, logarithms and what is made of them (see math.wgsl).

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
