// A recurrent layer over a sequence, backward through time; rows, units and dispatches as in recurrent.wgsl.
//
// In each step, from the last computed to the first,
//   1. ds of the step computed before is brought to workgroup memory, $CHUNK elements of a row at a time;
//   2. a lane owns $VEC units: dh = ds' U, weights read next to each other by lanes, then the cell's derivative.
// What goes from step to step beside ds, dc of an LSTM and z dh of a GRU, lies in dc0 and dh0, each element written and
// read by one lane. Step number `steps` is the gradient of the initial state.
// Needs 4 $ROWS $CHUNK bytes of workgroup memory.

var<workgroup> sums: array<f32, $ROWSu * $CHUNKu>;

fn load_sum(i: u32) -> f32 {
#if GRU
  return load_ds(i);
#else
  return load_dx(i);
#end
}

// The step's row in x for step number i in the order of computation.
fn time_of(i: u32) -> u32 {
  return select(params.steps - 1u - i, i, params.reverse == 1u);
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
    let last = i == params.steps;
    let t = time_of(min(i, params.steps - 1u));
    let later = time_of(max(i, 1u) - 1u) * params.batch;
    let before = (t + params.reverse) * params.batch * hidden;
    let after = (t + 1u - params.reverse) * params.batch * hidden;
    // Nothing comes from later before the first step.
    let terms = select(wide, 0u, i == 0u);
    for (var base = unit0; base < unit_end; base += $LANESu * $VECu) {
      let first_unit = base + lane * $VECu;
#for R ROWS
      var dh_$R = $SUMS();
#end
      for (var j0 = 0u; j0 < terms; j0 += $CHUNKu) {
        let count = min(terms - j0, $CHUNKu);
        // What fits as a whole stays there for all units of a step.
        if (base == unit0 || terms > $CHUNKu) {
          if (base > unit0 || j0 > 0u) { workgroupBarrier(); }
          for (var j = lane; j < count; j += $LANESu) {
#for R ROWS
            sums[j * $ROWSu + $Ru] = load_sum((later + row_$R) * wide + j0 + j);
#end
          }
          workgroupBarrier();
        }
        if (first_unit < unit_end) {
          for (var j = 0u; j < count; j++) {
            let w = $LOAD_weight((j0 + j) * params.pitch + first_unit);
#for R ROWS
            dh_$R = fma(w, $SUMS(sums[j * $ROWSu + $Ru]), dh_$R);
#end
          }
        }
      }
      for (var e = 0u; e < $VECu * $ROWSu; e++) {
        let r = e / $VECu;
        let u = first_unit + e % $VECu;
        if (u >= unit_end || row0 + r >= params.batch) { continue; }
        // The sum of this row, out of registers that have no index.
        var dh = dh_0;
#for R ROWS
        if (r == $Ru) { dh = dh_$R; }
#end
#if VECTOR
        let from_later = dh[e % 4u];
#else
        let from_later = dh;
#end
        derive(i, last, t * params.batch + row0 + r, (row0 + r) * hidden + u, u, before, after, from_later);
      }
    }
    // The next step reads what all lanes have stored.
    storageBarrier();
    workgroupBarrier();
  }
}

// One unit of one row: `row` among steps * batch, `own` its place in [batch, hidden].
fn derive(i: u32, last: bool, row: u32, own: u32, u: u32, before: u32, after: u32, from_later: f32) {
  let hidden = params.hidden;
  var dh = from_later;
#if GRU
  if (i > 0u) { dh += load_dh0(own); }
#end
  if (last) {
    store_dh0(own, dh);
    return;
  }
  dh += load_dout(row * hidden + u);
  let at = row * $GATESu * hidden + u;
  let saved_at = row * 4u * hidden + u;
#if LSTM
  let gate_i = load_saved(saved_at);
  let gate_f = load_saved(saved_at + hidden);
  let gate_g = load_saved(saved_at + 2u * hidden);
  let gate_o = load_saved(saved_at + 3u * hidden);
  let y = precise_tanh(load_cells(after + own));
  var dc = dh * gate_o * fma(-y, y, 1.0);
#if LAST_CELL
  if (i == 0u) { dc += load_dlast(own); }
#end
  if (i > 0u) { dc += load_dc0(own); }
  store_dx(at, dc * gate_g * gate_i * (1.0 - gate_i));
  store_dx(at + hidden, dc * load_cells(before + own) * gate_f * (1.0 - gate_f));
  store_dx(at + 2u * hidden, dc * gate_i * fma(-gate_g, gate_g, 1.0));
  store_dx(at + 3u * hidden, dh * y * gate_o * (1.0 - gate_o));
  store_dc0(own, dc * gate_f);
#end
#if GRU
  let gate_r = load_saved(saved_at);
  let gate_z = load_saved(saved_at + hidden);
  let gate_n = load_saved(saved_at + 2u * hidden);
  let s_n = load_saved(saved_at + 3u * hidden);
  let dn = dh * (1.0 - gate_z) * fma(-gate_n, gate_n, 1.0);
  let dr = dn * s_n * gate_r * (1.0 - gate_r);
  let dz = dh * (load_states(before + own) - gate_n) * gate_z * (1.0 - gate_z);
  store_dx(at, dr);
  store_ds(at, dr);
  store_dx(at + hidden, dz);
  store_ds(at + hidden, dz);
  store_dx(at + 2u * hidden, dn);
  store_ds(at + 2u * hidden, dn * gate_r);
  store_dh0(own, dh * gate_z);
#end
#if TANH
  let y = load_states(after + own);
  store_dx(at, dh * fma(-y, y, 1.0));
#end
#if RELU
  store_dx(at, select(0.0, dh, load_states(after + own) > 0.0));
#end
}
