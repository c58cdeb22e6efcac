// Matrix product from register tiles, without workgroup memory: c[i, j] = sum over l of a[i, l] b[l, j], batched.
//
// An invocation owns a tile of $ROWS rows and 4 $COLUMNS4 columns, kept in vector registers; $ACROSS invocations lie side by side
// along the columns. It walks l four at a time. Its columns of b are its own; the rows of a are the same for all, so
// where there are subgroups each lane loads a part of them and the lanes hand them round ($SHARE lanes; 1 is none): an
// adapter that runs on a CPU does every load once a lane, however alike the addresses, and its loads cost more than its
// arithmetic. Loads are vectors of four along whichever axis is contiguous, so all four transposes cost the same.
//
// Nothing has to divide by anything: what is left of l beyond a multiple of four is a loop of its own, rows and columns
// beyond the edge compute values that are not stored, and loads beyond a buffer are kept inside by WebGPU. Register tiling:
// V. Volkov, Better performance at lower occupancy (GTC 2010); K. Goto, R. van de Geijn, https://doi.org/10.1145/1356052.1356053.

$READS

$FINISH

@compute @workgroup_size($ACROSS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
#if SUBGROUPS
  @builtin(subgroup_invocation_id) sharer: u32,
#end
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
  let k_whole = k_begin + (max(k_end, k_begin) - k_begin) / 4u * 4u;
#else
  let z = batch;
  let k_begin = 0u;
  let k_end = params.k;
  let k_whole = params.k / 4u * 4u;
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
  for (var l = k_begin; l < k_whole; l += 4u) {
    // Vector v of a's block: four neighbours along l of row v, or of four rows along the rows of one l.
    var a: array<vec4<f32>, $VECTORS>;
#for V VECTORS
#if SUBGROUPS
    let v_$V = $Vu * $SHAREu + sharer % $SHAREu;
#else
    let v_$V = $Vu;
#end
#if ROW_VECTORS
    a[$V] = read_a(a_base + (l + v_$V / ($ROWSu / 4u)) * params.a_inner + v_$V % ($ROWSu / 4u) * 4u);
#else
    a[$V] = read_a(a_base + v_$V * params.a_row + l * params.a_inner);
#end
#end
#if COLUMN_VECTORS
#for U 4
#for C COLUMNS4
    let b_$U_$C = read_b(b_base + (l + $Uu) * params.b_inner + $Cu * 4u * params.b_column);
#end
#end
#else
#for C COLUMNS4
#for E 4
    let t_$E_$C = read_b(b_base + l * params.b_inner + ($Cu * 4u + $Eu) * params.b_column);
#end
#for U 4
    let b_$U_$C = vec4<f32>(t_0_$C[$U], t_1_$C[$U], t_2_$C[$U], t_3_$C[$U]);
#end
#end
#end
#for U 4
#for R ROWS
#if ROW_VECTORS
    let a_$U_$R = a[($Uu * ($ROWSu / 4u) + $Ru / 4u) / $SHAREu][$Ru % 4u];
#else
    let a_$U_$R = a[$Ru / $SHAREu][$U];
#end
#if SUBGROUPS
#if ROW_VECTORS
    let x_$U_$R = vec4<f32>(subgroupBroadcast(a_$U_$R, ($Uu * ($ROWSu / 4u) + $Ru / 4u) % $SHAREu));
#else
    let x_$U_$R = vec4<f32>(subgroupBroadcast(a_$U_$R, $Ru % $SHAREu));
#end
#else
    let x_$U_$R = vec4<f32>(a_$U_$R);
#end
#for C COLUMNS4
    c_$R_$C = fma(x_$U_$R, b_$U_$C, c_$R_$C);
#end
#end
#end
  }
#if REST
  for (var l = k_whole; l < k_end; l++) {
    let b_at = b_base + l * params.b_inner;
#for C COLUMNS4
    let b_$C = vec4<f32>(
#for E 4
      load_b1(b_at + ($Cu * 4u + $Eu) * params.b_column),
#end
    );
#end
#for R ROWS
    let a_$R = vec4<f32>(load_a1(a_base + $Ru * params.a_row + l * params.a_inner));
#for C COLUMNS4
    c_$R_$C = fma(a_$R, b_$C, c_$R_$C);
#end
#end
  }
#end

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
