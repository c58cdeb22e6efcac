// Merges neighbouring runs of sorted positions (index_sort.wgsl) in pairs: each position finds its place among those of the
// other run by bisection, behind equal ones if it comes from the right run. Stable, and every place has one writer.

@compute @workgroup_size($WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let item = (workgroup.x + workgroup.y * workgroups.x) * $WORKGROUPu + lane;
  if (item >= params.items) { return; }
  let pair = item - item % (2u * params.run);
  let middle = min(pair + params.run, params.items);
  let end = min(pair + 2u * params.run, params.items);
  let position = load_from(item);
  let mine = index_at(position);
  let is_left = item < middle;
  let other_begin = select(pair, middle, is_left);
  var low = other_begin;
  var high = select(middle, end, is_left);
  while (low < high) {
    let probe = (low + high) / 2u;
    let theirs = index_at(load_from(probe));
    if (theirs < mine || (!is_left && theirs == mine)) { low = probe + 1u; } else { high = probe; }
  }
  let own = item - select(middle, pair, is_left);
  store_order(pair + own + (low - other_begin), position);
}

fn index_at(position: i32) -> i32 {
  return clamp(load_index(u32(position)), 0, i32(params.size) - 1);
}
