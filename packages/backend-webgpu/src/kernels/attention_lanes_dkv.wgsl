// Attention, backward by keys and values, for adapters that run on a CPU: the mathematics of attention_dkv.wgsl, shared out as
// in attention_lanes.wgsl. A workgroup is one subgroup and owns $LANES keys; a lane makes P and dS for one query at a time.

$ACCESS

@compute @workgroup_size($LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let group = workgroup.x + workgroup.y * workgroups.x;
  if (group >= params.groups) { return; }
#if DROPOUT
  begin_dropout();
#end
  let place = place_of(group, $LANESu, params.key_heads);
  let s0 = place.first;
  let kh = place.head;
  let b = place.batch;
  let last = params.queries - 1u;
  let mine = min(s0 + lane, params.keys - 1u);
  let k_at = row_k(b, kh, mine);
  let v_at = row_v(b, kh, mine);
  let start = first_query(s0);
#for S SLOTS
  let chunk_$S = min(lane + $Su * $LANESu, params.chunks - 1u);
#for R LANES
  var dk_$S_$R = vec4<f32>();
  var dv_$S_$R = vec4<f32>();
#end
#end
  for (var g = 0u; g < params.heads_per_key; g++) {
    let h = kh * params.heads_per_key + g;
    let q_base = row_q(b, h, 0u);
    let dout_base = row_dout(b, h, 0u);
    let statistics = (b * params.heads + h) * params.queries;
    for (var t0 = start; t0 < params.queries; t0 += $LANESu) {
      let t = t0 + lane;
      let t_load = min(t, last);
      let q_at = q_base + t_load * params.q_position;
      let dout_at = dout_base + t_load * params.dout_position;
#use PRODUCTS
      let log_sum = load_log_sum(statistics + t_load);
      let delta = load_delta(statistics + t_load);
#for R LANES
      let pair_$R = gradient(x_$R, dp_$R, log_sum, delta, b, h, t, s0 + $Ru);
#end
#for E LANES
      let t_$E = min(t0 + $Eu, last);
#for S SLOTS
      let q_$S_$E = read_q(q_base + t_$E * params.q_position, chunk_$S);
      let d_$S_$E = read_dout(dout_base + t_$E * params.dout_position, chunk_$S);
#for R LANES
      dv_$S_$R = fma(vec4<f32>(subgroupBroadcast(pair_$R.x, $Eu)), d_$S_$E, dv_$S_$R);
      dk_$S_$R = fma(vec4<f32>(subgroupBroadcast(pair_$R.y, $Eu)), q_$S_$E, dk_$S_$R);
#end
#end
#end
    }
  }
#for R LANES
  if (s0 + $Ru < params.keys) {
#for S SLOTS
    write_dk(row_dk(b, kh, s0 + $Ru), lane + $Su * $LANESu, dk_$S_$R * params.scale);
    write_dv(row_dv(b, kh, s0 + $Ru), lane + $Su * $LANESu, dv_$S_$R);
#end
  }
#end
}

