// y[r, j] = sum over l of x[r, l] * q[j, l] * scale[j, l / group], q packed into words along l (core: quantised.ts).
//
// $LANES lanes share an element of y: neighbours read neighbouring words of a row of weights, and each word meets
// $QUADS vectors of x. A word lies in one group, as groups are whole words.

// Values 4 q to 4 q + 3 of a word: moved up, so that coming down spreads their signs.
fn widen(word: i32, q: u32) -> vec4<f32> {
  let first = $BITSu * 4u * q;
  let up = vec4<u32>(32u - $BITSu - first) - vec4<u32>(0u, $BITSu, 2u * $BITSu, 3u * $BITSu);
  return vec4<f32>((vec4<i32>(word) << up) >> vec4<u32>(32u - $BITSu));
}

@compute @workgroup_size($WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let element = (workgroup.x + workgroup.y * workgroups.x) * $ROWSu + lane / $LANESu;
  let part = lane % $LANESu;
  let live = element < params.outputs;
  // Every lane meets every barrier, so an element beyond the end has no words instead of returning.
  let end = select(0u, params.words, live);
  let row = element / params.columns;
  let column = element % params.columns;
  let base = row * params.depth;
  var sum = 0.0;
  for (var w = part; w < end; w += $LANESu) {
    let word = load_weight(column * params.words + w);
    let l = w * $PER_WORDu;
    var products = 0.0;
#for Q QUADS
#if VECTORS
    products += dot(load4_x(base + l + 4u * $Qu), widen(word, $Qu));
#else
    {
      let values = widen(word, $Qu);
      for (var c = 0u; c < 4u; c++) {
        let at = l + 4u * $Qu + c;
        if (at < params.depth) { products += load_x(base + at) * values[c]; }
      }
    }
#end
#end
    sum += products * load_scale(column * params.groups + w / params.words_of_group);
  }
  sum = group_sum(sum, lane);
  if (live && part == 0u) { store_y(element, sum); }
}
