// Attention, forward, for adapters that run on a CPU (what is computed: attention.wgsl). Such an adapter does every load once
// a lane and pays for every barrier with a switch of stacks, so here a workgroup is one subgroup without workgroup memory:
// it owns $LANES queries of one head and walks the keys $LANES at a time.
//   1. A lane loads one key and, of the queries, one; the queries go round by broadcast. The lane scores its key
//      against all of them.
//   2. Maxima are reduced over the lanes; each lane keeps its own part of the sums, which are added at the end.
//   3. A lane owns four columns of v and of the output for each slot; the probabilities go round by broadcast.

$ACCESS

const unseen = -3.4028234e38;

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
  let k_at = row_k(b, kh, 0u);
  let v_at = row_v(b, kh, 0u);
  let last = params.queries - 1u;
  let q_at = row_q(b, h, min(t0 + lane, last));
  let end = end_of_keys(min(t0 + $LANESu - 1u, last));
#for S SLOTS
  let chunk_$S = min(lane + $Su * $LANESu, params.chunks - 1u);
#end
#for R LANES
  var m_$R = unseen;
  var total_$R = 0.0;
#for S SLOTS
  var o_$S_$R = vec4<f32>();
#end
#end
  for (var s0 = 0u; s0 < end; s0 += $LANESu) {
    let s = s0 + lane;
    let k_row = k_at + min(s, params.key_length - 1u) * params.k_position;
#for R LANES
    var x_$R = 0.0;
#end
    for (var c = 0u; c < params.chunks; c++) {
      let k = read_k(k_row, c);
      let q = read_q(q_at, c);
#for R LANES
      x_$R += dot(subgroupBroadcast(q, $Ru), k);
#end
    }
#for R LANES
    x_$R = score(x_$R, b, h, min(t0 + $Ru, last), s);
    let m_new_$R = max(m_$R, subgroupMax(x_$R));
    let factor_$R = exp_not_positive(m_$R - m_new_$R);
    var p_$R = exp_not_positive(x_$R - m_new_$R);
    if (x_$R <= unseen) { p_$R = 0.0; }
    total_$R = fma(total_$R, factor_$R, p_$R);
    m_$R = m_new_$R;
#if DROPOUT
    if (p_$R != 0.0) { p_$R *= dropout_factor(dropout_row(b, h, min(t0 + $Ru, last)) + s); }
#end
#for S SLOTS
    o_$S_$R *= factor_$R;
#end
#end
#for E LANES
    let v_row_$E = v_at + min(s0 + $Eu, params.key_length - 1u) * params.v_position;
#for S SLOTS
    let v_$S_$E = read_v(v_row_$E, chunk_$S);
#for R LANES
    o_$S_$R = fma(vec4<f32>(subgroupBroadcast(p_$R, $Eu)), v_$S_$E, o_$S_$R);
#end
#end
#end
  }
#for R LANES
  total_$R = subgroupAdd(total_$R);
  if (t0 + $Ru < params.queries) {
    let scale_$R = select(0.0, 1.0 / total_$R, total_$R > 0.0);
#for S SLOTS
    write_out(row_out(b, h, t0 + $Ru), lane + $Su * $LANESu, o_$S_$R * scale_$R);
#end
#if LOG_SUM
    if (lane == $Ru) {
      let log_sum = select(0.0, m_$R + precise_log(total_$R), total_$R > 0.0);
      store_log_sum((b * params.heads + h) * params.queries + t0 + $Ru, log_sum);
    }
#end
  }
#end
}

