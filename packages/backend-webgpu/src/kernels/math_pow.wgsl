// Powers (see math.wgsl).

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
