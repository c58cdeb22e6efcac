// Softmax or log-softmax of each row: one pass for maximum and sum together, one pass to write.
//
// The running maximum and the sum relative to it are carried as a pair (M. Milakov, N. Gimelshein, Online normalizer
// calculation for softmax, https://arxiv.org/abs/1805.02867). $LANES lanes share a row, $ROWS rows a workgroup.

@compute @workgroup_size($WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = (workgroup.x + workgroup.y * workgroups.x) * $ROWSu + lane / $LANESu;
  let part = lane % $LANESu;
  // Every lane meets every barrier, so a row beyond the end has no columns instead of returning.
  let end = select(0u, params.columns, row < params.rows);
  let base = row * params.columns;
  // The lowest finite number instead of -infinity, so that no difference of infinities arises.
  var state = vec2<f32>(-3.4028234e38, 0.0);
  for (var c = part; c < end; c += $LANESu) {
    let x = load_x(base + c);
    let m = max(state.x, x);
    state = vec2<f32>(m, state.y * exp_not_positive(state.x - m) + precise_exp(x - m));
  }
  state = group_softmax(state, lane);
#if LOG
  let shift = state.x + precise_log(state.y);
#else
  let scale = float_div(1.0, state.y);
#end
  for (var c = part; c < end; c += $LANESu) {
    let x = load_x(base + c);
#if LOG
    store_y(base + c, x - shift);
#else
    store_y(base + c, precise_exp(x - state.x) * scale);
#end
  }
}
