// The gradients of a norm, in one dispatch: by its input, row by row, and by its weight and bias, column by column.
// The first `row_groups` workgroups take rows, the rest columns; neither needs what the other makes.
//
// Rows: with g = dy weight and h = (x - mean) rstd,
//   layer: dx = rstd (g - mean(g) - h mean(g h)),  RMS: dx = rstd (g - h mean(g h));
// where a pointwise step follows on dx (the other gradient of a residual sum), TAIL runs it while the value is at hand.
//
// Columns: sums over the rows of dy h and of dy. Neighbouring lanes take neighbouring columns, $PARTS groups of lanes take
// every $PARTS-th row of a slice of the rows, and meet in workgroup memory. With several slices the results are partial
// sums, which a reduction adds up.

$TAIL_FUNCTION

#if BY_ROWS
fn input_gradient(group: u32, lane: u32) {
  let row = group * $ROWSu + lane / $LANESu;
  let part = lane % $LANESu;
  // Every lane meets every barrier, so a row beyond the end has no columns instead of returning.
  let live = row < params.rows;
  let end = select(0u, params.columns, live);
  let base = row * params.columns;
  let at = min(row, params.rows - 1u);
  let rstd = load_rstd(at);
#if LAYER
  let mean = load_mean(at);
#else
  let mean = 0.0;
#end
  var sum_g = 0.0;
  var sum_gh = 0.0;
  for (var c = part; c < end; c += $LANESu) {
    var g = load_dy(base + c);
#if WEIGHT
    g = g * load_weight(c);
#end
    sum_g += g;
    sum_gh += g * ((load_x(base + c) - mean) * rstd);
  }
  let scale = 1.0 / f32(params.columns);
#if LAYER
  let mean_g = group_sum(sum_g, lane) * scale;
#else
  let mean_g = 0.0;
#end
  let mean_gh = group_sum(sum_gh, lane) * scale;
  for (var c = part; c < end; c += $LANESu) {
    var g = load_dy(base + c);
#if WEIGHT
    g = g * load_weight(c);
#end
    let dx = rstd * (g - mean_g - (load_x(base + c) - mean) * rstd * mean_gh);
    store_dx(base + c, dx);
#if TAIL
    tail(base + c, dx);
#end
  }
}
#end

#if BY_COLUMNS
#if TREE
var<workgroup> weights: array<f32, $WORKGROUP>;
var<workgroup> biases: array<f32, $WORKGROUP>;
#end

fn parameter_gradients(group: u32, lane: u32) {
  let slice = group / params.column_groups;
  let column = (group % params.column_groups) * $COLUMNSu + lane % $COLUMNSu;
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
#if DWEIGHT
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
#if DWEIGHT
  store_dweight(slice * params.columns + column, dw);
#end
#if DBIAS
  store_dbias(slice * params.columns + column, db);
#end
}
#end

@compute @workgroup_size($WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let group = workgroup.x + workgroup.y * workgroups.x;
#if BY_ROWS
#if BY_COLUMNS
  if (group < params.row_groups) {
    input_gradient(group, lane);
  } else {
    parameter_gradients(group - params.row_groups, lane);
  }
#else
  input_gradient(group, lane);
#end
#else
  parameter_gradients(group, lane);
#end
}
