// Pointwise: evaluates a generated program at every point of a box and stores its outputs.
//
// One invocation takes $WIDTH neighbouring points of the innermost axis (four where every operand is aligned there, so
// that memory moves in vectors), $WORKGROUP invocations a workgroup. All loads come before the stores: an output
// may lie where an input lies.

$PROGRAM

@compute @workgroup_size($WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let item = (group.x + group.y * groups.x) * $WORKGROUPu + lane;
  if (item >= params.items) { return; }
  let point = item * $WIDTHu;
  $COORDINATES
  $LOADS
  $CALLS
  $STORES
}
