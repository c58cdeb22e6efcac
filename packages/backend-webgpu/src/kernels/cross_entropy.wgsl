// Cross-entropy of each row of class scores in one pass over them: maximum, sum of exponentials and, with label
// smoothing, the sum of the weighted scores are gathered together. No probability is stored.

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
  var state = vec2<f32>(-3.4028234e38, 0.0);
#if SMOOTHING
  var scores = 0.0;
  var weights = 0.0;
#end
  for (var c = part; c < end; c += $LANESu) {
    let x = load_logits(base + c);
    let m = max(state.x, x);
    state = vec2<f32>(m, state.y * exp_not_positive(state.x - m) + precise_exp(x - m));
#if SMOOTHING
#if WEIGHT
    let w = load_weight(c);
#else
    let w = 1.0;
#end
    // A class without weight adds nothing, even where its score is infinite.
    if (w != 0.0) { scores += w * x; }
    weights += w;
#end
  }
  state = group_softmax(state, lane);
#if SMOOTHING
  scores = group_sum(scores, lane);
  weights = group_sum(weights, lane);
#end
  if (!live || part > 0u) { return; }
  let log_sum = state.x + precise_log(state.y);
  let target_class = load_target_class(row);
  let ignored = target_class == params.ignore_index;
  let t = clamp(target_class, 0, i32(params.classes) - 1);
#if FLAG
  if (t != target_class && !ignored) { store_flag(0u, 1); }
#end
#if WEIGHT
  let w_target = load_weight(u32(t));
#else
  let w_target = 1.0;
#end
  var loss = w_target * (log_sum - load_logits(base + u32(t)));
#if SMOOTHING
  loss = (1.0 - params.smoothing) * loss + params.smoothing / f32(params.classes) * (weights * log_sum - scores);
#end
  store_loss(row, select(loss, 0.0, ignored));
  store_log_sum(row, log_sum);
#if TOTAL
  store_total(row, select(w_target, 0.0, ignored));
#end
}
