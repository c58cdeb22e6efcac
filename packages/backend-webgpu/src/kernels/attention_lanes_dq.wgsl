// Attention, backward by the queries, for adapters that run on a CPU: the mathematics of attention_dq.wgsl, shared out as in
// attention_lanes.wgsl. A workgroup is one subgroup and owns $LANES queries; a lane makes dS for one key at a time.

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
  let place = place_of(group, $LANESu, params.heads);
  let t0 = place.first;
  let h = place.head;
  let b = place.batch;
  let kh = h / params.heads_per_key;
  let k_base = row_k(b, kh, 0u);
  let v_base = row_v(b, kh, 0u);
  let last = params.queries - 1u;
  let statistics = (b * params.heads + h) * params.queries;
  let mine = min(t0 + lane, last);
  let q_at = row_q(b, h, mine);
  let dout_at = row_dout(b, h, mine);
  let out_at = row_out(b, h, mine);
  var delta = 0.0;
  for (var c = 0u; c < params.chunks; c++) { delta += dot(read_dout(dout_at, c), read_out(out_at, c)); }
  if (t0 + lane < params.queries) { store_delta(statistics + t0 + lane, delta); }
  let log_sum = load_log_sum(statistics + mine);
#for R LANES
  let delta_$R = subgroupBroadcast(delta, $Ru);
  let log_sum_$R = subgroupBroadcast(log_sum, $Ru);
#end
  let end = end_of_keys(min(t0 + $LANESu - 1u, last));
#for S SLOTS
  let chunk_$S = min(lane + $Su * $LANESu, params.chunks - 1u);
#for R LANES
  var dq_$S_$R = vec4<f32>();
#end
#end
  for (var s0 = 0u; s0 < end; s0 += $LANESu) {
    let s = s0 + lane;
    let s_load = min(s, params.key_length - 1u);
    let k_at = k_base + s_load * params.k_position;
    let v_at = v_base + s_load * params.v_position;
#use PRODUCTS
#for R LANES
    let ds_$R = gradient(x_$R, dp_$R, log_sum_$R, delta_$R, b, h, t0 + $Ru, s).y;
#end
#for E LANES
    let k_row_$E = k_base + min(s0 + $Eu, params.key_length - 1u) * params.k_position;
#for S SLOTS
    let k_$S_$E = read_k(k_row_$E, chunk_$S);
#for R LANES
    dq_$S_$R = fma(vec4<f32>(subgroupBroadcast(ds_$R, $Eu)), k_$S_$E, dq_$S_$R);
#end
#end
#end
  }
#for R LANES
  if (t0 + $Ru < params.queries) {
#for S SLOTS
    write_dq(row_dq(b, h, t0 + $Ru), lane + $Su * $LANESu, dq_$S_$R * params.scale);
#end
  }
#end
}

