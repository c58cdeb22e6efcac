// Selection along the middle axis of [outer, size, inner]: by one index for all rows (index_select, embeddings) or by an
// index for each element (gather). One invocation an element. An index outside [0, size) is clamped and flagged.

@compute @workgroup_size($WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let item = (workgroup.x + workgroup.y * workgroups.x) * $WORKGROUPu + lane;
  if (item >= params.items) { return; }
  let n = item % params.inner;
  let i = (item / params.inner) % params.count;
  let o = item / (params.inner * params.count);
#if GATHER
  let wanted = load_index(item);
#else
  let wanted = load_index(i);
#end
  let s = clamp(wanted, 0, i32(params.size) - 1);
#if FLAG
  if (s != wanted) { store_flag(0u, 1); }
#end
  store_output(item, load_input((o * params.size + u32(s)) * params.inner + n));
}
