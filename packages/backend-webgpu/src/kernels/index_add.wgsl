// Second half of a deterministic index_add: output[o, index[i]] += source[o, i] in the order of i. The first position of an index
// adds up its whole chain (index_links.wgsl), the others have nothing to do. One invocation an element of the source.

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
  if (load_links(2u * i) == 0) { return; }
  let s = u32(clamp(load_index(i), 0, i32(params.size) - 1));
  let at = (o * params.size + s) * params.inner + n;
#if ACCUMULATE
  var sum = load_output(at);
#else
  var sum = load_source((o * params.count + i) * params.inner + n);
#end
#if ACCUMULATE
  var next = i;
#else
  var next = u32(load_links(2u * i + 1u));
#end
  while (next < params.count) {
    sum += load_source((o * params.count + next) * params.inner + n);
    next = u32(load_links(2u * next + 1u));
  }
  store_output(at, sum);
}
