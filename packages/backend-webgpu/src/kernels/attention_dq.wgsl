// Attention, backward by the queries. Probabilities are computed again from the stored log of the sum of exponentials
// (https://arxiv.org/abs/2205.14135, algorithm 4): with P = exp(S - L), dP = dout v^T and delta = sum(dout out),
//   dS = P (dP - delta) scale,  dq = dS k.
// One invocation owns one query, as in attention.wgsl. delta is stored for attention_dkv.wgsl.

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
  let h = (group / params.tiles) % params.heads;
  let b = group / (params.tiles * params.heads);
  let kh = h / params.heads_per_key;
  let t = tile * $WORKGROUPu + lane;
  let t_load = min(t, params.queries - 1u);

  let q_at = row_q(b, h, t_load);
  let out_at = row_out(b, h, t_load);
  let dout_at = row_dout(b, h, t_load);
  var delta4 = vec4<f32>();
#for C SIZE4
  let q_$C = read$C_q(q_at) * params.scale;
  let do_$C = read$C_dout(dout_at);
  delta4 = fma(do_$C, read$C_out(out_at), delta4);
  var dq_$C = vec4<f32>();
#end
  let delta = (delta4.x + delta4.y) + (delta4.z + delta4.w);
  let log_sum = load_log_sum((b * params.heads + h) * params.queries + t_load);
  let k_at = row_k(b, kh, 0u);
  let v_at = row_v(b, kh, 0u);
#if CAUSAL
  let last_of_tile = i32(min((tile + 1u) * $WORKGROUPu, params.queries)) - 1;
  let end = u32(clamp(last_of_tile + params.causal + 1, 0, i32(params.key_length)));
  let visible = u32(clamp(i32(t_load) + params.causal + 1, 0, i32(params.key_length)));
#else
  let end = params.key_length;
  let visible = params.key_length;
#end
  for (var s = 0u; s < end; s++) {
    let k_row = k_at + s * params.k_position;
    let v_row = v_at + s * params.v_position;
    var x4 = vec4<f32>();
    var dp4 = vec4<f32>();
#for C SIZE4
    let k_$C = read$C_k(k_row);
    x4 = fma(q_$C, k_$C, x4);
    dp4 = fma(do_$C, read$C_v(v_row), dp4);
#end
    var x = (x4.x + x4.y) + (x4.z + x4.w);
    var dp = (dp4.x + dp4.y) + (dp4.z + dp4.w);
    var seen = s < visible;
#if MASK
    if (seen) {
#if BOOL_MASK
      seen = load_mask(row_mask(b, h, t_load) + s * params.mask_key);
#else
      x += load_mask(row_mask(b, h, t_load) + s * params.mask_key);
      seen = bitcast<u32>(x) != 0xff800000u;
#end
    }
#end
#if DROPOUT
    if (seen) { dp *= load_dropout(row_dropout(b, h, t_load) + s * params.dropout_key); }
#end
    let p = exp_not_positive(select(0.0, x - log_sum, seen));
    let ds = select(0.0, p * (dp - delta), seen);
#for C SIZE4
    dq_$C = fma(vec4<f32>(ds), k_$C, dq_$C);
#end
  }
  if (t >= params.queries) { return; }
  let dq_at = row_dq(b, h, t);
#for C SIZE4
  write$C_dq(dq_at, dq_$C * params.scale);
#end
  store_delta((b * params.heads + h) * params.queries + t, delta);
}
