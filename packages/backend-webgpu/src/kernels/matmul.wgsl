// Matrix product from register tiles, without workgroup memory: c[i, j] = sum over l of a[i, l] b[l, j], batched.
//
// An invocation owns a tile of 4 $ROWS4 rows and 4 $COLUMNS4 columns, kept in vector registers; $ACROSS invocations lie side by
// side along the columns and $DOWN along the rows. It walks l four at a time: each side is read as vectors along whichever axis is
// contiguous in memory (A_ALONG_K, B_ALONG_K), so all four transposes run the same loop. A side whose rows do not
// begin at multiples of four elements is gathered by single loads; nothing has to divide by anything, because rows and columns
// beyond the edge compute values that are not stored, and loads beyond a buffer are kept inside by WebGPU.
//
// With $DOWN = 1 the rows depend on the workgroup only: on adapters that run on a CPU, where an invocation is a lane of a
// SIMD register, a's elements are then broadcasts. Register tiling: K. Goto, R. van de Geijn, Anatomy of high-performance
// matrix multiplication, https://doi.org/10.1145/1356052.1356053; V. Volkov, Better performance at lower occupancy (GTC 2010).

$READS

$FINISH

@compute @workgroup_size($ACROSS, $DOWN)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
) {
  let group = workgroup.x + workgroup.y * workgroups.x;
  if (group >= params.tiles) { return; }
  let tile_column = group % params.tile_columns;
  let tile_row = (group / params.tile_columns) % params.tile_rows;
  let batch = group / (params.tile_columns * params.tile_rows);
#if SLICED
  let z = batch % params.batches;
  let slice = batch / params.batches;
  let k_begin = slice * params.k_slice;
  let k_end = min(params.k, k_begin + params.k_slice);
#else
  let z = batch;
  let k_begin = 0u;
  let k_end = params.k;
#end
  let i0 = (tile_row * $DOWNu + local.y) * ($ROWS4u * 4u);
  let j0 = (tile_column * $ACROSSu + local.x) * ($COLUMNS4u * 4u);
  let a_base = batch_a(z);
  let b_base = batch_b(z);

#for R ROWS4
#for S 4
#for C COLUMNS4
  var c_$R_$S_$C = vec4<f32>();
#end
#end
#end

  let whole = k_begin + ((k_end - k_begin) & 0xfffffffcu);
  for (var l = k_begin; l < whole; l += 4u) {
#for R ROWS4
#for S 4
#if A_ALONG_K
    let a_$R_$S = read_a(a_base + (i0 + $Ru * 4u + $Su) * params.a_row + l * params.a_inner);
#else
    let a_$R_$S = read_a(a_base + (l + $Su) * params.a_inner + (i0 + $Ru * 4u) * params.a_row);
#end
#end
#end
#for C COLUMNS4
#for S 4
#if B_ALONG_K
    let b_$C_$S = read_b(b_base + (j0 + $Cu * 4u + $Su) * params.b_column + l * params.b_inner);
#else
    let b_$C_$S = read_b(b_base + (l + $Su) * params.b_inner + (j0 + $Cu * 4u) * params.b_column);
#end
#end
#end
#for L 4
#for C COLUMNS4
#if B_ALONG_K
    let v_$C_$L = vec4<f32>(b_$C_0[$L], b_$C_1[$L], b_$C_2[$L], b_$C_3[$L]);
#else
    let v_$C_$L = b_$C_$L;
#end
#end
#for R ROWS4
#for S 4
#if A_ALONG_K
    let u_$R_$S_$L = vec4<f32>(a_$R_$S[$L]);
#else
    let u_$R_$S_$L = vec4<f32>(a_$R_$L[$S]);
#end
#for C COLUMNS4
    c_$R_$S_$C = fma(u_$R_$S_$L, v_$C_$L, c_$R_$S_$C);
#end
#end
#end
#end
  }
#if TAIL
  for (var l = whole; l < k_end; l++) {
#for C COLUMNS4
    let w_$C = vec4<f32>(
#for S 4
      single_b(b_base + l * params.b_inner + (j0 + $Cu * 4u + $Su) * params.b_column),
#end
    );
#end
#for R ROWS4
#for S 4
    let t_$R_$S = vec4<f32>(single_a(a_base + (i0 + $Ru * 4u + $Su) * params.a_row + l * params.a_inner));
#for C COLUMNS4
    c_$R_$S_$C = fma(t_$R_$S, w_$C, c_$R_$S_$C);
#end
#end
#end
  }
#end

#if SLICED
  let out = batch;
#else
  let out = z;
#end
#if HEAVY
  // A long program is not repeated for every register: a loop picks them one by one.
  for (var q = 0u; q < $ROWS4u * $COLUMNS4u * 4u; q++) {
    var value = c_0_0_0;
#for R ROWS4
#for S 4
#for C COLUMNS4
    value = select(value, c_$R_$S_$C, q == ($Ru * 4u + $Su) * $COLUMNS4u + $Cu);
#end
#end
#end
    finish(out, i0 + q / $COLUMNS4u, j0 + (q % $COLUMNS4u) * 4u, value);
  }
#else
#for R ROWS4
#for S 4
#for C COLUMNS4
  finish(out, i0 + $Ru * 4u + $Su, j0 + $Cu * 4u, c_$R_$S_$C);
#end
#end
#end
#end
}
