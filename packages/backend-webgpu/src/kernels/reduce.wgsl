// Reduction of a box over some of its axes, with a program before and one after.
//
// A workgroup holds $OUTPUTS results of $LANES lanes each. A lane walks its part of the reduced axes in blocks of 32,
// so that the error of a sum grows with the square root of its length, not with the length; then the lanes of a result
// meet in a tree through workgroup memory. Where there are few results and many elements, the elements are cut into
// `slices` whose partial results go to scratch memory, and a second dispatch of this same kernel reduces those. The
// order is fixed by the shape: the same bits every time.

#if ARG
struct State { value: $TYPE, index: u32 }
#else
alias State = $TYPE;
#end

$FUNCTIONS

#if TREE
var<workgroup> states: array<State, $WORKGROUP>;
#end

@compute @workgroup_size($WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let group = workgroup.x + workgroup.y * workgroups.x;
  let slice = group / params.groups;
#if LANES_ADJACENT
  let output = (group % params.groups) * $OUTPUTSu + lane / $LANESu;
  let part = lane % $LANESu;
  let step_to_partner = 1u;
#else
  let output = (group % params.groups) * $OUTPUTSu + lane % $OUTPUTSu;
  let part = lane / $OUTPUTSu;
  let step_to_partner = $OUTPUTSu;
#end
  let live = output < params.outputs && slice < params.slices;
  $KEPT
  var total = identity();
  if (live) {
    let end = min((slice + 1u) * params.slice_length, params.reduced);
    var at = slice * params.slice_length + part;
    while (at < end) {
      var block = identity();
      let block_end = min(end, at + 32u * $LANESu);
      for (; at < block_end; at += $LANESu) {
        block = combine(block, item($ARGUMENTS));
      }
      total = combine(total, block);
    }
  }
#if TREE
  states[lane] = total;
  workgroupBarrier();
  for (var step = $LANESu / 2u; step > 0u; step = step / 2u) {
    if (part < step) { states[lane] = combine(states[lane], states[lane + step * step_to_partner]); }
    workgroupBarrier();
  }
  total = states[lane];
#end
  if (!live || part > 0u) { return; }
#if PARTIAL
#if ARG
  store_partial(slice * params.outputs + output, total.value);
  store_partial_index(slice * params.outputs + output, i32(total.index));
#else
  store_partial(slice * params.outputs + output, total);
#end
#else
  let reduced = $FINISH;
  $EPILOGUE
#end
}
