// Reductions over the lanes of one row inside a workgroup: a tree through workgroup memory, the same order every time.
//
// A workgroup of $WORKGROUP invocations is cut into rows of $LANES (a power of two) neighbouring invocations; every
// lane of a row gets the row's result. With one lane a row there is nothing to do, and no barrier: that is what
// adapters that run on a CPU want, where a barrier is a switch of stacks.

var<workgroup> group_values: array<f32, $WORKGROUP>;
var<workgroup> group_weights: array<f32, $WORKGROUP>;

fn group_sum(value: f32, lane: u32) -> f32 {
  if ($LANESu == 1u) { return value; }
  workgroupBarrier();
  group_values[lane] = value;
  workgroupBarrier();
  for (var step = $LANESu / 2u; step > 0u; step = step / 2u) {
    if (lane % $LANESu < step) { group_values[lane] += group_values[lane + step]; }
    workgroupBarrier();
  }
  return group_values[lane - lane % $LANESu];
}

// Maximum and sum of exponentials of a softmax row, carried together: (m, s) stands for s exp(m).
fn join_softmax(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  let m = max(a.x, b.x);
  return vec2<f32>(m, a.y * exp_not_positive(a.x - m) + b.y * exp_not_positive(b.x - m));
}

fn group_softmax(value: vec2<f32>, lane: u32) -> vec2<f32> {
  if ($LANESu == 1u) { return value; }
  workgroupBarrier();
  group_values[lane] = value.x;
  group_weights[lane] = value.y;
  workgroupBarrier();
  for (var step = $LANESu / 2u; step > 0u; step = step / 2u) {
    if (lane % $LANESu < step) {
      let joined = join_softmax(
        vec2<f32>(group_values[lane], group_weights[lane]),
        vec2<f32>(group_values[lane + step], group_weights[lane + step]),
      );
      group_values[lane] = joined.x;
      group_weights[lane] = joined.y;
    }
    workgroupBarrier();
  }
  let first = lane - lane % $LANESu;
  return vec2<f32>(group_values[first], group_weights[first]);
}
