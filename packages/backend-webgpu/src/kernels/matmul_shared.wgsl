// Matrix product from tiles in workgroup memory: c[i, j] = sum over l of a[i, l] b[l, j], batched.
//
// A workgroup of $ACROSS by $DOWN invocations owns a tile of $ROWS4 x 4 x $DOWN rows and $COLUMNS4 x 4 x $ACROSS columns. It walks l in blocks
// of $DEPTH: all invocations copy a's and b's part into workgroup memory, then each adds the products of its own rows and
// columns, which it keeps in vector registers. So an element of a is loaded once for all columns of the tile and an element of b once for all rows,
// and an invocation reads ($ROWS4 + $COLUMNS4) vectors for 16 x $ROWS4 x $COLUMNS4 multiply-adds.
//
// Copies (matmul_block.wgsl) go in squares of four by four, loaded as vectors along whichever axis is contiguous and turned in registers where that is l,
// so all four transposes run the same inner loop. Neighbouring invocations take two squares along l and then go along the other
// axis, and a row of the tile is one vector longer than it needs: whole 32-byte sectors are loaded, and no two of eight
// neighbours store to one bank. What lies beyond the end of l is copied as zeros; rows and columns beyond the edge compute
// values that are not stored. Terms are added one by one in the order of l, as in matmul.wgsl: both give the same bits.
//
// Limits: $DEPTH x (rows / 4 + columns / 4 + 2) x 16 bytes of workgroup memory. Tiles through workgroup memory and registers:
// S. Boehm, How to optimize a CUDA matmul kernel, https://siboehm.com/articles/22/CUDA-MMM; V. Volkov, J. Demmel,
// Benchmarking GPUs to tune dense linear algebra, https://doi.org/10.1109/SC.2008.5214359.

$READS

$FINISH

const lanes = $ACROSSu * $DOWNu;
/** Squares of four along the rows of a, the columns of b and the inner axis of a block. */
const squares_a = $ROWS4u * $DOWNu;
const squares_b = $COLUMNS4u * $ACROSSu;
const squares_l = $DEPTHu / 4u;

var<workgroup> tile_a: array<vec4<f32>, $DEPTHu * (squares_a + 1u)>;
var<workgroup> tile_b: array<vec4<f32>, $DEPTHu * (squares_b + 1u)>;

fn within(l: vec4<u32>, end: u32, v: vec4<f32>) -> vec4<f32> {
  return select(vec4<f32>(), v, l < vec4<u32>(end));
}

@compute @workgroup_size($ACROSS, $DOWN)
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
  let i0 = tile_row * (squares_a * 4u);
  let j0 = tile_column * (squares_b * 4u);
  let a_base = batch_a(z) + i0 * params.a_row;
  let b_base = batch_b(z) + j0 * params.b_column;

#for V ROWS4
#for E 4
#for C COLUMNS4
  var c_$V_$E_$C = vec4<f32>();
#end
#end
#end
  for (var l0 = k_begin; l0 < k_end; l0 += $DEPTHu) {
#use BLOCK SIDE=a OUTER=row VECTORS=ROW_VECTORS
#use BLOCK SIDE=b OUTER=column VECTORS=COLUMN_VECTORS
    workgroupBarrier();
    // Worked out here, they take no registers while a block is copied.
    let own_row = lane / $ACROSSu;
    let own_column = lane % $ACROSSu;
    for (var l = 0u; l < $DEPTHu; l++) {
#for V ROWS4
      let a_$V = tile_a[l * (squares_a + 1u) + $Vu * $DOWNu + own_row];
#end
#for C COLUMNS4
      let b_$C = tile_b[l * (squares_b + 1u) + $Cu * $ACROSSu + own_column];
#end
#for V ROWS4
#for E 4
#for C COLUMNS4
      c_$V_$E_$C = fma(vec4<f32>(a_$V[$E]), b_$C, c_$V_$E_$C);
#end
#end
#end
    }
    workgroupBarrier();
  }

  let i = i0 + lane / $ACROSSu * 4u;
  let j = j0 + lane % $ACROSSu * 4u;
#if HEAVY
  // A long program is not repeated for every register: a loop picks them one by one.
  for (var q = 0u; q < $ROWS4u * $COLUMNS4u * 4u; q++) {
    var value = c_0_0_0;
#for V ROWS4
#for E 4
#for C COLUMNS4
    value = select(value, c_$V_$E_$C, q == ($Vu * 4u + $Eu) * $COLUMNS4u + $Cu);
#end
#end
#end
    let r = q / $COLUMNS4u;
    finish(batch, i + r / 4u * ($DOWNu * 4u) + r % 4u, j + q % $COLUMNS4u * ($ACROSSu * 4u), value);
  }
#else
#for V ROWS4
#for E 4
#for C COLUMNS4
  finish(batch, i + $Vu * ($DOWNu * 4u) + $Eu, j + $Cu * ($ACROSSu * 4u), c_$V_$E_$C);
#end
#end
#end
#end
}
