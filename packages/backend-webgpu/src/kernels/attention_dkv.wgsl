// Attention, backward by keys and values (see attention_dq.wgsl): dv = P^T dout, dk = dS^T q, summed over the query
// heads that share a key head. A workgroup owns $ROWS keys; lanes own queries to make P and dS, then columns of dk and dv.

$ACCESS

const block = $PERu * $LANESu;
var<workgroup> weights: array<f32, $ROWSu * block>;
var<workgroup> slopes: array<f32, $ROWSu * block>;

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
  let place = place_of(group, $ROWSu, params.key_heads);
  let s0 = place.first;
  let kh = place.head;
  let b = place.batch;
  let last = params.keys - 1u;
#for R ROWS
  let s_$R = min(s0 + $Ru, last);
  let k_at_$R = row_k(b, kh, s_$R);
  let v_at_$R = row_v(b, kh, s_$R);
#end
  let start = first_query(s0);
#for S SLOTS
#for R ROWS
  var dk_$S_$R = vec4<f32>();
  var dv_$S_$R = vec4<f32>();
#end
#end
  for (var g = 0u; g < params.heads_per_key; g++) {
    let h = kh * params.heads_per_key + g;
    let q_at = row_q(b, h, 0u);
    let dout_at = row_dout(b, h, 0u);
    let statistics = (b * params.heads + h) * params.queries;
    for (var t0 = start; t0 < params.queries; t0 += block) {
#for P PER
      let t_$P = t0 + $Pu * $LANESu + lane;
      let t_load_$P = min(t_$P, params.queries - 1u);
      let q_at_$P = q_at + t_load_$P * params.q_position;
      let dout_at_$P = dout_at + t_load_$P * params.dout_position;
#end
#use PRODUCTS
      for (var e = lane; e < $ROWSu * block; e += $LANESu) {
        let t = t0 + e % block;
        let at = statistics + min(t, params.queries - 1u);
        let pair = gradient(weights[e], slopes[e], load_log_sum(at), load_delta(at), b, h, t, s0 + e / block);
        weights[e] = pair.x;
        slopes[e] = pair.y;
      }
      workgroupBarrier();
      let length = min(block, params.queries - t0);
#for S SLOTS
      if (lane + $Su * $LANESu < params.chunks) {
        for (var e = 0u; e < length; e++) {
          let q = read_q(q_at + (t0 + e) * params.q_position, lane + $Su * $LANESu);
          let d = read_dout(dout_at + (t0 + e) * params.dout_position, lane + $Su * $LANESu);
#for R ROWS
          dv_$S_$R = fma(vec4<f32>(weights[$Ru * block + e]), d, dv_$S_$R);
          dk_$S_$R = fma(vec4<f32>(slopes[$Ru * block + e]), q, dk_$S_$R);
#end
        }
      }
#end
      workgroupBarrier();
    }
  }
#for R ROWS
  if (s0 + $Ru < params.keys) {
#for S SLOTS
    write_dk(row_dk(b, kh, s0 + $Ru), lane + $Su * $LANESu, dk_$S_$R * params.scale);
    write_dv(row_dv(b, kh, s0 + $Ru), lane + $Su * $LANESu, dv_$S_$R);
#end
  }
#end
}
