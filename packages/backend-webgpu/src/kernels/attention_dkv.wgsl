// Attention, backward by keys and values (see attention_dq.wgsl): dv = P^T dout, dk = dS^T q, summed over the query
// heads that share a key head. One invocation owns one key; q, dout and the row statistics are the same for the whole workgroup.

$ACCESS

@compute @workgroup_size($WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let group = workgroup.x + workgroup.y * workgroups.x;
  if (group >= params.groups) { return; }
  let tile = group % params.tiles;
  let kh = (group / params.tiles) % params.key_heads;
  let b = group / (params.tiles * params.key_heads);
  let s = tile * $WORKGROUPu + lane;
  let s_load = min(s, params.keys - 1u);

  let k_at = row_k(b, kh, s_load);
  let v_at = row_v(b, kh, s_load);
#for C SIZE4
  let k_$C = read$C_k(k_at) * params.scale;
  let v_$C = read$C_v(v_at);
  var dk_$C = vec4<f32>();
  var dv_$C = vec4<f32>();
#end
#if CAUSAL
  let start = u32(clamp(i32(tile * $WORKGROUPu) - params.causal, 0, i32(params.queries)));
#else
  let start = 0u;
#end
  for (var g = 0u; g < params.heads_per_key; g++) {
    let h = kh * params.heads_per_key + g;
    let q_at = row_q(b, h, 0u);
    let dout_at = row_dout(b, h, 0u);
    let statistics = (b * params.heads + h) * params.queries;
    for (var t = start; t < params.queries; t++) {
      let q_row = q_at + t * params.q_position;
      let dout_row = dout_at + t * params.dout_position;
      var x4 = vec4<f32>();
      var dp4 = vec4<f32>();
#for C SIZE4
      let q_$C = read$C_q(q_row);
      let do_$C = read$C_dout(dout_row);
      x4 = fma(q_$C, k_$C, x4);
      dp4 = fma(do_$C, v_$C, dp4);
#end
      var x = (x4.x + x4.y) + (x4.z + x4.w);
      var dp = (dp4.x + dp4.y) + (dp4.z + dp4.w);
      var seen = s < params.key_length;
#if CAUSAL
      seen = seen && i32(s) <= i32(t) + params.causal;
#end
#if MASK
      if (seen) {
#if BOOL_MASK
        seen = load_mask(row_mask(b, h, t) + s_load * params.mask_key);
#else
        x += load_mask(row_mask(b, h, t) + s_load * params.mask_key);
        seen = bitcast<u32>(x) != 0xff800000u;
#end
      }
#end
      let p = select(0.0, exp_not_positive(select(0.0, x - load_log_sum(statistics + t), seen)), seen);
      var kept = p;
#if DROPOUT
      if (seen) {
        let drop = load_dropout(row_dropout(b, h, t) + s_load * params.dropout_key);
        kept = p * drop;
        dp = dp * drop;
      }
#end
      let ds = select(0.0, p * (dp - load_delta(statistics + t)), seen);
#for C SIZE4
      dv_$C = fma(vec4<f32>(kept), do_$C, dv_$C);
      dk_$C = fma(vec4<f32>(ds), q_$C, dk_$C);
#end
    }
  }
  if (s >= params.keys) { return; }
  let dk_at = row_dk(b, kh, s);
  let dv_at = row_dv(b, kh, s);
#for C SIZE4
  write$C_dk(dk_at, dk_$C * params.scale);
  write$C_dv(dv_at, dv_$C);
#end
}
