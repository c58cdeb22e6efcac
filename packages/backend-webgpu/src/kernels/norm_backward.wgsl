// The gradient of a norm by its input, row by row. With g = dy weight and h = (x - mean) rstd:
//   layer: dx = rstd (g - mean(g) - h mean(g h)),  RMS: dx = rstd (g - h mean(g h))

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
  let at = min(row, params.rows - 1u);
  let rstd = load_rstd(at);
#if LAYER
  let mean = load_mean(at);
#else
  let mean = 0.0;
#end
  var sum_g = 0.0;
  var sum_gh = 0.0;
  for (var c = part; c < end; c += $LANESu) {
    var g = load_dy(base + c);
#if WEIGHT
    g = g * load_weight(c);
#end
    sum_g += g;
    sum_gh += g * ((load_x(base + c) - mean) * rstd);
  }
  let scale = 1.0 / f32(params.columns);
#if LAYER
  let mean_g = group_sum(sum_g, lane) * scale;
#else
  let mean_g = 0.0;
#end
  let mean_gh = group_sum(sum_gh, lane) * scale;
  for (var c = part; c < end; c += $LANESu) {
    var g = load_dy(base + c);
#if WEIGHT
    g = g * load_weight(c);
#end
    store_dx(base + c, rstd * (g - mean_g - (load_x(base + c) - mean) * rstd * mean_gh));
  }
}
