// The gradient of softmax (y (dy - sum(y dy))) or of log-softmax (dy - exp(y) sum(dy)), row by row.

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
  var sum = 0.0;
  for (var c = part; c < end; c += $LANESu) {
#if LOG
    sum += load_dy(base + c);
#else
    sum += load_y(base + c) * load_dy(base + c);
#end
  }
  sum = group_sum(sum, lane);
  for (var c = part; c < end; c += $LANESu) {
#if LOG
    store_dx(base + c, load_dy(base + c) - precise_exp(load_y(base + c)) * sum);
#else
    store_dx(base + c, load_y(base + c) * (load_dy(base + c) - sum));
#end
  }
}
