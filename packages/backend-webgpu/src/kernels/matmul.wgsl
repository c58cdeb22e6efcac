// Matrix product from register tiles, without workgroup memory: c[i, j] = sum over l of a[i, l] b[l, j], batched.
//
// An invocation owns a tile of $ROWS rows and 4 $COLUMNS4 columns, kept in vector registers; $ACROSS invocations lie side by side
// along the columns. It walks l one at a time: $ROWS elements of a, 4 $COLUMNS4 of b, and all their products. The rows depend on the
// workgroup only, so that a's elements are broadcasts: scalar loads on hardware that has them, one load for all lanes on
// adapters that run on a CPU, where an invocation is a lane of a SIMD register. The loop is kept short, because
// such adapters compile every load into a dozen instructions.
//
// All four transposes are strides; a side is read as vectors of four where its rows, or b's columns, lie side by side. Nothing has to divide by anything: rows and columns beyond the edge compute
// values that are not stored, and loads beyond a buffer are kept inside by WebGPU. Register tiling: V. Volkov, Better performance at
// lower occupancy (GTC 2010); K. Goto, R. van de Geijn, https://doi.org/10.1145/1356052.1356053.

$READS

$FINISH

@compute @workgroup_size($ACROSS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let group = workgroup.x + workgroup.y * workgroups.x;
  if (group >= params.tiles) { return; }
  let tile_column = group % params.tile_columns;
  let tile_row = (group / params.tile_columns) % params.tile_rows;
  let batch = group / (params.tile_columns * params.tile_rows);
#if SLICED
  let z = batch % params.batches;
  let k_begin = (batch / params.batches) * params.k_slice;
  let k_end = min(params.k, k_begin + params.k_slice);
#else
  let z = batch;
  let k_begin = 0u;
  let k_end = params.k;
#end
  let i0 = tile_row * $ROWSu;
  let j0 = (tile_column * $ACROSSu + lane) * ($COLUMNS4u * 4u);
  let a_base = batch_a(z) + i0 * params.a_row;
  let b_base = batch_b(z) + j0 * params.b_column;

#for R ROWS
#for C COLUMNS4
  var c_$R_$C = vec4<f32>();
#end
#end
  for (var l = k_begin; l < k_end; l++) {
    let a_at = a_base + l * params.a_inner;
    let b_at = b_base + l * params.b_inner;
#for C COLUMNS4
    let b_$C = read_b(b_at + $Cu * 4u * params.b_column);
#end
    $LOAD_ROWS
#for R ROWS
#for C COLUMNS4
    c_$R_$C = fma(vec4<f32>(a_$R), b_$C, c_$R_$C);
#end
#end
  }

#if HEAVY
  // A long program is not repeated for every register: a loop picks them one by one.
  for (var q = 0u; q < $ROWSu * $COLUMNS4u; q++) {
    var value = c_0_0;
#for R ROWS
#for C COLUMNS4
    value = select(value, c_$R_$C, q == $Ru * $COLUMNS4u + $Cu);
#end
#end
    finish(batch, i0 + q / $COLUMNS4u, j0 + (q % $COLUMNS4u) * 4u, value);
  }
#else
#for R ROWS
#for C COLUMNS4
  finish(batch, i0 + $Ru, j0 + $Cu * 4u, c_$R_$C);
#end
#end
#end
}
