// Last step of a deterministic index_add: output[o, index[i]] += source[o, i] in the order of i. Positions with equal indices lie
// next to each other in the sorted order; the first of them adds up all. One invocation an element of the source.

@compute @workgroup_size($WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let item = (workgroup.x + workgroup.y * workgroups.x) * $WORKGROUPu + lane;
  if (item >= params.items) { return; }
  let n = item % params.inner;
  var place = (item / params.inner) % params.count;
  let o = item / (params.inner * params.count);
  let s = index_at(place);
  if (place > 0u && index_at(place - 1u) == s) { return; }
  let at = (o * params.size + s) * params.inner + n;
#if ACCUMULATE
  var sum = load_output(at);
#else
  var sum = $ZERO;
#end
  for (; place < params.count && index_at(place) == s; place++) {
    let position = u32(load_order(place));
#if SKIP
    // What was clamped to the skipped row still adds there.
    if (load_index(position) == params.skip) { continue; }
#end
    sum += load_source((o * params.count + position) * params.inner + n);
  }
  store_output(at, sum);
}

fn index_at(place: u32) -> u32 {
  return u32(clamp(load_index(u32(load_order(place))), 0, i32(params.size) - 1));
}
