// The score of query t and key s, or `unseen`.
fn score(product: f32, b: u32, h: u32, t: u32, s: u32) -> f32 {
  if (!sees(t, s)) { return unseen; }
#if MASK
#if BOOL_MASK
  if (!load_mask(row_mask(b, h, t) + s * params.mask_key)) { return unseen; }
  return product * params.scale;
#else
  return max(product * params.scale + load_mask(row_mask(b, h, t) + s * params.mask_key), unseen);
#end
#else
  return product * params.scale;
#end
}
