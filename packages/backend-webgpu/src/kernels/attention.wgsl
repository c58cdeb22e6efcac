// Attention, forward: out = softmax(q k^T scale + mask) v without a queries x keys matrix in memory.
//
// A workgroup of $LANES lanes owns $ROWS queries of one head and walks the keys in blocks of $PER times $LANES, with a
// running maximum and sum for each query (FlashAttention-2, https://arxiv.org/abs/2307.08691). In each block
//   1. a lane scores $PER keys of its own against all queries: k is read by lanes, q is the same for all;
//   2. $SHARE lanes share a query, find the new maximum and turn scores into probabilities, in workgroup memory;
//   3. a lane owns four columns of v and of the output (twice with SLOTS 2) and adds up the block.
// The head size is a run-time number, so any size shares this code. Scores that are masked are marked by the lowest finite
// number and get the probability 0: no infinity is ever added. Needs 4 $ROWS $PER $LANES bytes of workgroup memory and a little.

$ACCESS

const block = $PERu * $LANESu;
const unseen = -3.4028234e38;
var<workgroup> weights: array<f32, $ROWSu * block>;
var<workgroup> factors: array<f32, $ROWS>;
var<workgroup> partials: array<f32, $LANES>;

@compute @workgroup_size($LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let group = workgroup.x + workgroup.y * workgroups.x;
  if (group >= params.groups) { return; }
#if DROPOUT
  begin_dropout();
#end
  let place = place_of(group, $ROWSu, params.heads);
  let t0 = place.first;
  let h = place.head;
  let b = place.batch;
  let kh = h / params.heads_per_key;
  let k_at = row_k(b, kh, 0u);
  let v_at = row_v(b, kh, 0u);
  let last = params.queries - 1u;
#for R ROWS
  let q_at_$R = row_q(b, h, min(t0 + $Ru, last));
#end
  let end = end_of_keys(min(t0 + $ROWSu - 1u, last));

  let row = lane / $SHAREu;
  var m = unseen;
  var total = 0.0;
#for S SLOTS
#for R ROWS
  var o_$S_$R = vec4<f32>();
#end
#end
  for (var s0 = 0u; s0 < end; s0 += block) {
#for P PER
    let s_$P = s0 + $Pu * $LANESu + lane;
    let k_at_$P = k_at + min(s_$P, params.key_length - 1u) * params.k_position;
#for R ROWS
    var x_$R_$P = 0.0;
#end
#end
    for (var c = 0u; c < params.chunks; c++) {
#for P PER
      let k_$P = read_k(k_at_$P, c);
#end
#for R ROWS
      let q_$R = read_q(q_at_$R, c);
#for P PER
      x_$R_$P += dot(q_$R, k_$P);
#end
#end
    }
#for R ROWS
#for P PER
    weights[$Ru * block + $Pu * $LANESu + lane] = x_$R_$P;
#end
#end
    workgroupBarrier();

    var block_max = unseen;
    for (var e = lane % $SHAREu; e < block; e += $SHAREu) {
      let x = score(weights[row * block + e], b, h, min(t0 + row, last), s0 + e);
      weights[row * block + e] = x;
      block_max = max(block_max, x);
    }
#if SHARED
    partials[lane] = block_max;
    workgroupBarrier();
    for (var e = 0u; e < $SHAREu; e++) { block_max = max(block_max, partials[row * $SHAREu + e]); }
#end
    let m_new = max(m, block_max);
    let correction = exp_not_positive(m - m_new);
    var sum = 0.0;
#if DROPOUT
    // In each round again: kept, it would cost a register too many.
    let dropout_at = dropout_row(b, h, min(t0 + row, last));
#end
    for (var e = lane % $SHAREu; e < block; e += $SHAREu) {
      let x = weights[row * block + e];
      var p = exp_not_positive(x - m_new);
      if (x <= unseen) { p = 0.0; }
      sum += p;
#if DROPOUT
      if (p != 0.0) { p *= dropout_factor(dropout_at + s0 + e); }
#end
      weights[row * block + e] = p;
    }
    total = fma(total, correction, sum);
    m = m_new;
    if (lane % $SHAREu == 0u) { factors[row] = correction; }
    workgroupBarrier();

#for R ROWS
    let f_$R = factors[$R];
#for S SLOTS
    o_$S_$R *= f_$R;
#end
#end
    let length = min(block, end - s0);
#for S SLOTS
    if (lane + $Su * $LANESu < params.chunks) {
      var v_row = v_at + s0 * params.v_position;
      for (var e = 0u; e < length; e++) {
        let v = read_v(v_row, lane + $Su * $LANESu);
#for R ROWS
        o_$S_$R = fma(vec4<f32>(weights[$Ru * block + e]), v, o_$S_$R);
#end
        v_row += params.v_position;
      }
    }
#end
    workgroupBarrier();
  }

  partials[lane] = total;
  workgroupBarrier();
  total = 0.0;
  for (var e = 0u; e < $SHAREu; e++) { total += partials[row * $SHAREu + e]; }
  if (lane % $SHAREu == 0u) {
    factors[row] = select(0.0, 1.0 / total, total > 0.0);
#if LOG_SUM
    if (t0 + row < params.queries) {
      let log_sum = select(0.0, m + precise_log(total), total > 0.0);
      store_log_sum((b * params.heads + h) * params.queries + t0 + row, log_sum);
    }
#end
  }
  workgroupBarrier();
#for R ROWS
  if (t0 + $Ru < params.queries) {
#for S SLOTS
    write_out(row_out(b, h, t0 + $Ru), lane + $Su * $LANESu, o_$S_$R * factors[$R]);
#end
  }
#end
}

