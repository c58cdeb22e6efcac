// The gradient of cross-entropy by its scores, from the stored log of the sum of exponentials: one pass.
//   dlogits[c] = dloss ((1 - s) w[t] (p[c] - [c = t]) + s / C (p[c] sum(w) - w[c]))

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
  let end = select(0u, params.classes, live);
  let base = row * params.classes;
  let at = min(row, params.rows - 1u);
  let target_class = load_target_class(at);
  let ignored = target_class == params.ignore_index;
  let t = u32(clamp(target_class, 0, i32(params.classes) - 1));
  let log_sum = load_log_sum(at);
  let dloss = load_dloss(at * params.dloss_stride);
#if WEIGHT
  let on_target = dloss * load_weight(t) * (1.0 - params.smoothing);
#else
  let on_target = dloss * (1.0 - params.smoothing);
#end
#if SMOOTHING
  let spread = dloss * params.smoothing / f32(params.classes);
#if WEIGHT
  var weights = 0.0;
  for (var c = part; c < end; c += $LANESu) { weights += load_weight(c); }
  weights = group_sum(weights, lane);
#else
  let weights = f32(params.classes);
#end
#end
  for (var c = part; c < end; c += $LANESu) {
    let p = precise_exp(load_logits(base + c) - log_sum);
    var d = on_target * (p - select(0.0, 1.0, c == t));
#if SMOOTHING
#if WEIGHT
    d += spread * (p * weights - load_weight(c));
#else
    d += spread * (p * weights - 1.0);
#end
#end
    store_dlogits(base + c, select(d, 0.0, ignored));
  }
}
