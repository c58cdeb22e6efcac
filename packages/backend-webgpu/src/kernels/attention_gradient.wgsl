// What both backward kernels of attention make of one query t and one key s: the probability after dropout, and dS.

fn gradient(product: f32, dp_: f32, log_sum: f32, delta: f32, b: u32, h: u32, t: u32, s: u32) -> vec2<f32> {
  if (!sees(t, s)) { return vec2<f32>(); }
  var x = product * params.scale;
  var dp = dp_;
#if MASK
#if BOOL_MASK
  if (!load_mask(row_mask(b, h, t) + s * params.mask_key)) { return vec2<f32>(); }
#else
  x += load_mask(row_mask(b, h, t) + s * params.mask_key);
  if (bitcast<u32>(x) == 0xff800000u) { return vec2<f32>(); }
#end
#end
  let p = exp_not_positive(x - log_sum);
#if DROPOUT
  let drop = dropout_factor(dropout_row(b, h, t) + s);
  dp *= drop;
  return vec2<f32>(p * drop, p * (dp - delta));
#else
  return vec2<f32>(p, p * (dp - delta));
#end
}
