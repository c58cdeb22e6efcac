// First half of a deterministic index_add: for each position, whether it is the first with its index, and the next
// position with the same index (`count` for none). Whoever adds can then walk the positions of one index in order.
//
// An embedding's gradient adds some thousand rows into a table of many more. Comparing positions with each other costs
// count^2 / 2 steps at the worst and needs no atomics, so that the sum has one order. A common index finds its next position after
// a few steps. Each invocation takes one position.

@compute @workgroup_size($WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let item = (workgroup.x + workgroup.y * workgroups.x) * $WORKGROUPu + lane;
  if (item >= params.items) { return; }
  let wanted = load_index(item);
  let mine = clamp(wanted, 0, i32(params.size) - 1);
#if FLAG
  if (mine != wanted$NOT_SKIPPED) { store_flag(0u, 1); }
#end
  var next = item + 1u;
  while (next < params.items && clamp(load_index(next), 0, i32(params.size) - 1) != mine) { next++; }
  var previous = item;
  while (previous > 0u && clamp(load_index(previous - 1u), 0, i32(params.size) - 1) != mine) { previous--; }
  var first = previous == 0u;
#if SKIP
  if (wanted == params.skip) { first = false; }
#end
  store_links(2u * item, select(0, 1, first));
  store_links(2u * item + 1u, i32(next));
}
