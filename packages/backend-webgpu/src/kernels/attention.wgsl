// Attention, forward: out = softmax(q k^T scale + mask) v without a queries x keys matrix.
//
// One invocation owns one query: its q and its output live in vector registers ($SIZE4 vectors of four), and it walks the keys four
// at a time with a running maximum and sum (online softmax, https://arxiv.org/abs/2205.14135). The invocations of a
// workgroup are neighbouring queries of one head, so that every load of k and v is the same for all of them: one
// broadcast from the cache, or a scalar load where the hardware has them.
//
// Scores that are masked are left out by a test, never by adding infinities.

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
#for C SIZE4
  let q_$C = read$C_q(q_at) * params.scale;
  var o_$C = vec4<f32>();
#end
  var m = -3.4028234e38;
  var total = 0.0;
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
  for (var s = 0u; s < end; s += 4u) {
#for K 4
    let k_at_$K = k_at + min(s + $Ku, params.key_length - 1u) * params.k_position;
    var d_$K = vec4<f32>();
#for C SIZE4
    d_$K = fma(q_$C, read$C_k(k_at_$K), d_$K);
#end
    var x_$K = (d_$K.x + d_$K.y) + (d_$K.z + d_$K.w);
    var seen_$K = s + $Ku < visible;
#if MASK
    if (seen_$K) {
#if BOOL_MASK
      seen_$K = load_mask(row_mask(b, h, t_load) + (s + $Ku) * params.mask_key);
#else
      x_$K += load_mask(row_mask(b, h, t_load) + (s + $Ku) * params.mask_key);
      seen_$K = bitcast<u32>(x_$K) != 0xff800000u;
#end
    }
#end
    x_$K = select(-3.4028234e38, x_$K, seen_$K);
#end
    let m_new = max(max(m, max(x_0, x_1)), max(x_2, x_3));
    let correction = exp_not_positive(m - m_new);
#for K 4
    var p_$K = select(0.0, exp_not_positive(x_$K - m_new), seen_$K);
#end
    total = fma(total, correction, (p_0 + p_1) + (p_2 + p_3));
#if DROPOUT
#for K 4
    if (seen_$K) { p_$K *= load_dropout(row_dropout(b, h, t_load) + (s + $Ku) * params.dropout_key); }
#end
#end
#for C SIZE4
    o_$C = o_$C * correction;
#end
#for K 4
    let v_at_$K = v_at + min(s + $Ku, params.key_length - 1u) * params.v_position;
#for C SIZE4
    o_$C = fma(vec4<f32>(p_$K), read$C_v(v_at_$K), o_$C);
#end
#end
    m = m_new;
  }
  if (t >= params.queries) { return; }
  let out_at = row_out(b, h, t);
  let scale = select(0.0, 1.0 / total, total > 0.0);
#for C SIZE4
  write$C_out(out_at, o_$C * scale);
#end
#if LOG_SUM
  store_log_sum((b * params.heads + h) * params.queries + t, select(0.0, m + precise_log(total), total > 0.0));
#end
}
