// Running sums along lines of any stride. $LANES lanes share a line, each a part of neighbouring elements: it adds up its
// part, the lanes' sums are added up by doubling (W. D. Hillis, G. L. Steele, Data parallel algorithms, 1986), and each lane
// goes through its part again from there. The same order every time.
#if SHARED

var<workgroup> totals: array<$TYPE, $WORKGROUP>;
#end

@compute @workgroup_size($WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let line = (workgroup.x + workgroup.y * workgroups.x) * $ROWSu + lane / $LANESu;
  let part = lane % $LANESu;
  // Every lane meets every barrier, so a line beyond the end has no elements instead of returning.
  let size = select(0u, params.size, line < params.lines);
  let base = (line / params.inner) * params.size * params.inner + line % params.inner;
  let chunk = (size + $LANESu - 1u) / $LANESu;
  let begin = min(part * chunk, size);
  let end = min(begin + chunk, size);
  var sum = $TYPE(0);
#if SHARED
  for (var i = begin; i < end; i++) { sum += load_x(at(base, size, i)); }
  totals[lane] = sum;
  workgroupBarrier();
  for (var by = 1u; by < $LANESu; by *= 2u) {
    var left = $TYPE(0);
    if (part >= by) { left = totals[lane - by]; }
    workgroupBarrier();
    totals[lane] += left;
    workgroupBarrier();
  }
  sum = $TYPE(0);
  if (part > 0u) { sum = totals[lane - 1u]; }
#end
  for (var i = begin; i < end; i++) {
    let element = at(base, size, i);
    sum += load_x(element);
    store_y(element, sum);
  }
}

fn at(base: u32, size: u32, i: u32) -> u32 {
#if REVERSE
  return base + (size - 1u - i) * params.inner;
#else
  return base + i * params.inner;
#end
}
