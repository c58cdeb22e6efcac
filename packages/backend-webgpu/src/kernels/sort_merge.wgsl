// Merges neighbouring runs of sorted places (sort.wgsl) in pairs: each place finds how many of the other run come before it
// by bisection, equal ones too if it comes from the right run. Stable, and every slot has one writer. Of each pair the first
// `to_run` are kept.

@compute @workgroup_size($WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let item = (workgroup.x + workgroup.y * workgroups.x) * $WORKGROUPu + lane;
  if (item >= params.items) { return; }
  let row = item / params.width;
  let slot = item % params.width;
  let base = row * params.width;
  let pair = slot / (2u * params.run);
  let begin = pair * 2u * params.run;
  let middle = min(begin + params.run, params.width);
  let end = min(begin + 2u * params.run, params.width);
  let place = load_from(item);
  let mine = sort_key(load_x(row * params.columns + u32(place)));
  let is_left = slot < middle;
  let other = select(begin, middle, is_left);
  var low = other;
  var high = select(middle, end, is_left);
  while (low < high) {
    let probe = (low + high) / 2u;
    let theirs = sort_key(load_x(row * params.columns + u32(load_from(base + probe))));
    if (theirs < mine || (!is_left && theirs == mine)) { low = probe + 1u; } else { high = probe; }
  }
  let rank = slot - select(middle, begin, is_left) + (low - other);
  if (rank < params.to_run) { store_places(row * params.to_width + pair * params.to_run + rank, place); }
}
