// A recurrent layer (RNN, LSTM, GRU) over a sequence, forward: https://doi.org/10.1162/neco.1997.9.8.1735,
// https://arxiv.org/abs/1406.1078. What comes from the input was multiplied for all steps before; this is the rest.
//
// A workgroup of $LANES lanes owns $ROWS rows (elements of the batch) and a range of hidden units, and goes through steps
// first ... end - 1. In each
//   1. h of its rows is brought to workgroup memory, $CHUNK elements of a row at a time;
//   2. a lane owns $VEC units: all gates' products with h, a weight once in registers for all rows, then the cell. Weights
//      come transposed ([hidden, gates, hidden]), so that lanes read next to each other.
// With all units in one workgroup the whole sequence is one dispatch: nothing but this workgroup reads its rows. With the
// units shared out, which is better where the weights are too many for the caches of one core, a dispatch is one step.
// Needs 4 $ROWS $CHUNK bytes of workgroup memory.

var<workgroup> h: array<f32, $ROWSu * $CHUNKu>;

fn state_before(i: u32, before: u32, at: u32) -> f32 {
  if (i == 0u) { return load_h0(at); }
  return load_states(before + at);
}

@compute @workgroup_size($LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let group = workgroup.x + workgroup.y * workgroups.x;
  if (group >= params.groups) { return; }
  let hidden = params.hidden;
  let wide = $GATESu * hidden;
  let row0 = (group % params.row_tiles) * $ROWSu;
  let unit0 = (group / params.row_tiles) * params.units;
  let unit_end = min(unit0 + params.units, hidden);
#for R ROWS
  let row_$R = min(row0 + $Ru, params.batch - 1u);
#end
  for (var i = params.first; i < params.end; i++) {
    let t = select(i, params.steps - 1u - i, params.reverse == 1u);
    let before = (t + params.reverse) * params.batch * hidden;
    let after = (t + 1u - params.reverse) * params.batch * hidden;
    for (var base = unit0; base < unit_end; base += $LANESu * $VECu) {
      let first_unit = base + lane * $VECu;
#for G GATES
#for R ROWS
      var s_$G_$R = $SUMS();
#end
#end
      for (var k0 = 0u; k0 < hidden; k0 += $CHUNKu) {
        let count = min(hidden - k0, $CHUNKu);
        // What fits as a whole stays there for all units of a step.
        if (base == unit0 || hidden > $CHUNKu) {
          if (base > unit0 || k0 > 0u) { workgroupBarrier(); }
          for (var k = lane; k < count; k += $LANESu) {
#for R ROWS
            h[k * $ROWSu + $Ru] = state_before(i, before, row_$R * hidden + k0 + k);
#end
          }
          workgroupBarrier();
        }
        if (first_unit < unit_end) {
          var w_at = k0 * $GATESu * params.pitch + first_unit;
          for (var k = 0u; k < count; k++) {
#for G GATES
            let w_$G = $LOAD_weight(w_at + $Gu * params.pitch);
#end
#for R ROWS
            let h_$R = $SUMS(h[k * $ROWSu + $Ru]);
#for G GATES
            s_$G_$R = fma(w_$G, h_$R, s_$G_$R);
#end
#end
            w_at += $GATESu * params.pitch;
          }
        }
      }
      for (var e = 0u; e < $VECu * $ROWSu; e++) {
        let r = e / $VECu;
        let u = first_unit + e % $VECu;
        if (u >= unit_end || row0 + r >= params.batch) { continue; }
        // The sums of this row, out of registers that have no index.
#for G GATES
        var sums_$G = s_$G_0;
#end
#for R ROWS
        if (r == $Ru) {
#for G GATES
          sums_$G = s_$G_$R;
#end
        }
#end
#for G GATES
#if VECTOR
        var s_$G = sums_$G[e % 4u];
#else
        var s_$G = sums_$G;
#end
#if BIAS
        s_$G += load_bias($Gu * hidden + u);
#end
#end
        let own = (row0 + r) * hidden + u;
        let row = t * params.batch + row0 + r;
        let at = row * wide + u;
        let kept = row * 4u * hidden + u;
        if (i == 0u) { store_states(before + own, load_h0(own)); }
#if LSTM
        if (i == 0u) { store_cells(before + own, load_c0(own)); }
        let gate_i = precise_sigmoid(load_x(at) + s_0);
        let gate_f = precise_sigmoid(load_x(at + hidden) + s_1);
        let gate_g = precise_tanh(load_x(at + 2u * hidden) + s_2);
        let gate_o = precise_sigmoid(load_x(at + 3u * hidden) + s_3);
        let cell = fma(gate_f, load_cells(before + own), gate_i * gate_g);
        store_cells(after + own, cell);
        store_states(after + own, gate_o * precise_tanh(cell));
        keep(kept, gate_i, gate_f, gate_g, gate_o);
#end
#if GRU
        let gate_r = precise_sigmoid(load_x(at) + s_0);
        let gate_z = precise_sigmoid(load_x(at + hidden) + s_1);
        let gate_n = precise_tanh(fma(gate_r, s_2, load_x(at + 2u * hidden)));
        store_states(after + own, fma(gate_z, state_before(i, before, own) - gate_n, gate_n));
        keep(kept, gate_r, gate_z, gate_n, s_2);
#end
#if TANH
        store_states(after + own, precise_tanh(load_x(at) + s_0));
#end
#if RELU
        store_states(after + own, nan_max(load_x(at) + s_0, 0.0));
#end
      }
    }
    // The next step reads what all lanes have stored.
    storageBarrier();
    workgroupBarrier();
  }
}

#if GATED
fn keep(at: u32, a: f32, b: f32, c: f32, d: f32) {
#if SAVED
  store_saved(at, a);
  store_saved(at + params.hidden, b);
  store_saved(at + 2u * params.hidden, c);
  store_saved(at + 3u * params.hidden, d);
#end
}
#end
