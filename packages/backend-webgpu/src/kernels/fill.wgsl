// Zeros.

@compute @workgroup_size($WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let item = (workgroup.x + workgroup.y * workgroups.x) * $WORKGROUPu + lane;
  if (item >= params.items) { return; }
  store_output(item, $ZERO);
}
