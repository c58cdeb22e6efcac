// First step of a deterministic index_add: the positions in order of their index, equal ones in their own order, block by
// block. One invocation takes one position and counts who comes before it in its block of $BLOCK positions.

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
  if (mine != wanted) { store_flag(0u, 1); }
#end
  let begin = item - item % $BLOCKu;
  let end = min(begin + $BLOCKu, params.items);
  var before = 0u;
  for (var other = begin; other < item; other++) {
    before += select(0u, 1u, clamp(load_index(other), 0, i32(params.size) - 1) <= mine);
  }
  for (var other = item + 1u; other < end; other++) {
    before += select(0u, 1u, clamp(load_index(other), 0, i32(params.size) - 1) < mine);
  }
  store_order(begin + before, i32(item));
}
