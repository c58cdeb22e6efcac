// torch.scatter and scatter_add along the middle axis: output[o, index[o, i, n], n] takes source[o, i, n]. One invocation
// takes one line (o, n) and goes through its positions in order, so the last one wins, or the sum has one order.

@compute @workgroup_size($WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let item = (workgroup.x + workgroup.y * workgroups.x) * $WORKGROUPu + lane;
  if (item >= params.items) { return; }
  let n = item % params.inner;
  let o = item / params.inner;
#if !ACCUMULATE
  for (var s = 0u; s < params.size; s++) { store_output((o * params.size + s) * params.inner + n, $ZERO); }
#end
  for (var i = 0u; i < params.count; i++) {
    let from_at = (o * params.count + i) * params.inner + n;
    let wanted = load_index(from_at);
    let s = clamp(wanted, 0, i32(params.size) - 1);
#if FLAG
    if (s != wanted) { store_flag(0u, 1); }
#end
    let at = (o * params.size + u32(s)) * params.inner + n;
#if SUM
    store_output(at, load_output(at) + load_source(from_at));
#else
    store_output(at, load_source(from_at));
#end
  }
}
