// Attention, backward by the queries. Probabilities are computed again from the stored log of the sum of exponentials
// (https://arxiv.org/abs/2205.14135, algorithm 4): with P = exp(S - L), dP = dout v^T and delta = sum(dout out),
//   dS = P (dP - delta) scale,  dq = dS k.
// A workgroup owns $ROWS queries of one head; lanes own keys to make dS, in workgroup memory, then columns of dq, as in
// attention.wgsl. delta is stored for attention_dkv.wgsl.

$ACCESS

const block = $PERu * $LANESu;
var<workgroup> weights: array<f32, $ROWSu * block>;
var<workgroup> slopes: array<f32, $ROWSu * block>;
var<workgroup> deltas: array<f32, $ROWS>;

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
  let statistics = (b * params.heads + h) * params.queries;

  if (lane < $ROWSu) {
    let out_at = row_out(b, h, min(t0 + lane, last));
    let dout_at = row_dout(b, h, min(t0 + lane, last));
    var sum = 0.0;
    for (var c = 0u; c < params.chunks; c++) { sum += dot(read_dout(dout_at, c), read_out(out_at, c)); }
    deltas[lane] = sum;
    if (t0 + lane < params.queries) { store_delta(statistics + t0 + lane, sum); }
  }
  workgroupBarrier();
#for R ROWS
  let t_$R = min(t0 + $Ru, last);
  let q_at_$R = row_q(b, h, t_$R);
  let dout_at_$R = row_dout(b, h, t_$R);
#end
  let end = end_of_keys(min(t0 + $ROWSu - 1u, last));
#for S SLOTS
#for R ROWS
  var dq_$S_$R = vec4<f32>();
#end
#end
  for (var s0 = 0u; s0 < end; s0 += block) {
#for P PER
    let s_$P = s0 + $Pu * $LANESu + lane;
    let k_at_$P = k_at + min(s_$P, params.key_length - 1u) * params.k_position;
    let v_at_$P = v_at + min(s_$P, params.key_length - 1u) * params.v_position;
#end
#use PRODUCTS
    for (var e = lane; e < $ROWSu * block; e += $LANESu) {
      let t = t0 + e / block;
      let log_sum = load_log_sum(statistics + min(t, last));
      slopes[e] = gradient(weights[e], slopes[e], log_sum, deltas[e / block], b, h, t, s0 + e % block).y;
    }
    workgroupBarrier();
    let length = min(block, end - s0);
#for S SLOTS
    if (lane + $Su * $LANESu < params.chunks) {
      var k_row = k_at + s0 * params.k_position;
      for (var e = 0u; e < length; e++) {
        let k = read_k(k_row, lane + $Su * $LANESu);
#for R ROWS
        dq_$S_$R = fma(vec4<f32>(slopes[$Ru * block + e]), k, dq_$S_$R);
#end
        k_row += params.k_position;
      }
    }
#end
    workgroupBarrier();
  }
#for R ROWS
  if (t0 + $Ru < params.queries) {
#for S SLOTS
    write_dq(row_dq(b, h, t0 + $Ru), lane + $Su * $LANESu, dq_$S_$R * params.scale);
#end
  }
#end
}
