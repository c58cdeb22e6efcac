
// What a workgroup of attention owns, and whom that sees: the same for all kernels of attention.
struct Place { first: u32, head: u32, batch: u32 }

// The place of a workgroup that owns `rows` positions of one head.
fn place_of(group: u32, rows: u32, heads: u32) -> Place {
  return Place(group % params.tiles * rows, group / params.tiles % heads, group / (params.tiles * heads));
}

// One beyond the last key that some query up to `last` sees.
fn end_of_keys(last: u32) -> u32 {
#if CAUSAL
  return u32(clamp(i32(last) + params.causal + 1, 0, i32(params.key_length)));
#else
  return params.key_length;
#end
}

// The first query that sees some key from `first` on.
fn first_query(first: u32) -> u32 {
#if CAUSAL
  return u32(clamp(i32(first) - params.causal, 0, i32(params.queries)));
#else
  return 0u;
#end
}
