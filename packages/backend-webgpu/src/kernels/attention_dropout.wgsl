// Dropout of the probabilities of attention: factors that lie in memory, or that are computed where they are used, from a seed
// and the place in [batch, heads, queries, keys] (packages/core/src/backend/dropout.ts has the definition).
#if DROPOUT

// The place of query t's first key.
fn dropout_row(b: u32, h: u32, t: u32) -> u32 {
#if PART
  return ((b * params.heads + h) * params.queries + t) * params.keys + params.dropout_from;
#else
  return ((b * params.heads + h) * params.queries + t) * params.keys;
#end
}
#if SEEDED

// Read once, at the beginning.
var<private> dropout_seed: u32;

fn begin_dropout() {
  dropout_seed = bitcast<u32>(load_dropout(0u));
}

fn dropout_factor(place: u32) -> f32 {
  var x = place + dropout_seed;
  x = (x ^ (x >> 16u)) * 0x7feb352du;
  x = (x ^ (x >> 15u) ^ (dropout_seed * 0x9e3779b9u)) * 0x846ca68bu;
  x = (x ^ (x >> 16u)) >> 8u;
  return select(params.dropout_scale, 0.0, x < params.dropout_limit);
}
#else

fn begin_dropout() {}

fn dropout_factor(place: u32) -> f32 {
  return load_dropout(place);
}
#end
#end
