// First step of sorting rows: the places of each block of neighbouring elements in order, equal ones in their own. One
// invocation takes one element and counts who comes before it in its block; the first `run` of a block are kept, one block
// behind the other. What is compared are integers in the wanted order, so no float comparison meets a NaN.

@compute @workgroup_size($WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let item = (workgroup.x + workgroup.y * workgroups.x) * $WORKGROUPu + lane;
  if (item >= params.items) { return; }
  let row = item / params.columns;
  let base = row * params.columns;
  let place = item % params.columns;
  let begin = place - place % params.block;
  let end = min(begin + params.block, params.columns);
  let mine = sort_key(load_x(item));
  var before = 0u;
  for (var other = begin; other < place; other++) {
    before += select(0u, 1u, sort_key(load_x(base + other)) <= mine);
  }
  for (var other = place + 1u; other < end; other++) {
    before += select(0u, 1u, sort_key(load_x(base + other)) < mine);
  }
  if (before < params.run) {
    store_places(row * params.width + (begin / params.block) * params.run + before, i32(place));
  }
}
