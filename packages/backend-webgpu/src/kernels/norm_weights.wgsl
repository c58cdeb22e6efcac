// The gradients of a norm by its weight and bias: sums over the rows of dy (x - mean) rstd and of dy.
//
// Neighbouring lanes take neighbouring columns, $PARTS groups of lanes take every $PARTS-th row of a slice of the rows, and
// meet in workgroup memory. With several slices the results are partial sums, which a reduction adds up.

#if TREE
var<workgroup> weights: array<f32, $WORKGROUP>;
var<workgroup> biases: array<f32, $WORKGROUP>;
#end

@compute @workgroup_size($WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let group = workgroup.x + workgroup.y * workgroups.x;
  let slice = group / params.groups;
  let column = (group % params.groups) * $COLUMNSu + lane % $COLUMNSu;
  let part = lane / $COLUMNSu;
  let live = column < params.columns;
  let end = select(0u, min(params.rows, (slice + 1u) * params.slice_rows), live);
  var dw = 0.0;
  var db = 0.0;
  var row = slice * params.slice_rows + part;
  while (row < end) {
    var block_w = 0.0;
    var block_b = 0.0;
    let block_end = min(end, row + 16u * $PARTSu);
    for (; row < block_end; row += $PARTSu) {
      let dy = load_dy(row * params.columns + column);
#if WEIGHT
#if LAYER
      block_w += dy * ((load_x(row * params.columns + column) - load_mean(row)) * load_rstd(row));
#else
      block_w += dy * (load_x(row * params.columns + column) * load_rstd(row));
#end
#end
      block_b += dy;
    }
    dw += block_w;
    db += block_b;
  }
#if TREE
  weights[lane] = dw;
  biases[lane] = db;
  workgroupBarrier();
  for (var step = $PARTSu / 2u; step > 0u; step = step / 2u) {
    if (part < step) {
      weights[lane] += weights[lane + step * $COLUMNSu];
      biases[lane] += biases[lane + step * $COLUMNSu];
    }
    workgroupBarrier();
  }
  dw = weights[lane];
  db = biases[lane];
#end
  if (!live || part > 0u) { return; }
#if WEIGHT
  store_dweight(slice * params.columns + column, dw);
#end
#if BIAS
  store_dbias(slice * params.columns + column, db);
#end
}
