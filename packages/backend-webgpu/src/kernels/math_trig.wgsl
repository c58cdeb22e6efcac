// Sine, cosine, tangent and their inverses (see math.wgsl).

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
