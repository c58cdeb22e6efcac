// Layer norm or RMS norm of each row. The variance is taken in two passes over the row, from the mean; the second pass
// also finds what rounding left in the mean (the corrected two-pass algorithm, https://doi.org/10.1080/00031305.1983.10483115).
// https://arxiv.org/abs/1607.06450, https://arxiv.org/abs/1910.07467

@compute @workgroup_size($WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = (workgroup.x + workgroup.y * workgroups.x) * $ROWSu + lane / $LANESu;
  let part = lane % $LANESu;
  // Every lane meets every barrier, so a row beyond the end has no columns instead of returning.
  let live = row < params.rows;
  let end = select(0u, params.columns, live);
  let base = row * params.columns;
  var mean = 0.0;
#if LAYER
  for (var c = part; c < end; c += $LANESu) { mean += load_x(base + c); }
  mean = group_sum(mean, lane) / f32(params.columns);
#end
  var squares = 0.0;
  var rest = 0.0;
  for (var c = part; c < end; c += $LANESu) {
    let d = load_x(base + c) - mean;
    squares += d * d;
    rest += d;
  }
#if LAYER
  rest = group_sum(rest, lane) / f32(params.columns);
#else
  rest = 0.0;
#end
  let variance = group_sum(squares, lane) / f32(params.columns) - rest * rest;
  let rstd = 1.0 / sqrt(variance + params.eps);
  for (var c = part; c < end; c += $LANESu) {
    var y = ((load_x(base + c) - mean) - rest) * rstd;
#if WEIGHT
    y = y * load_weight(c);
#end
#if BIAS
    y = y + load_bias(c);
#end
    store_y(base + c, y);
  }
  if (live && part == 0u) {
#if MEAN
    store_mean(row, mean + rest);
#end
#if RSTD
    store_rstd(row, rstd);
#end
  }
}
