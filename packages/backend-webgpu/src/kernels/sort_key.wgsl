// What sorting compares: floats (NaN above all, 0 and -0 alike) or integers as integers that are smaller the earlier they come.

fn sort_key(x: $TYPE) -> i32 {
#if FLOATS
  let size = bitcast<u32>(x) & 0x7fffffffu;
  var key = order_key(x);
  if (size > 0x7f800000u) { key = 0x7fffffff; }
  if (size == 0u) { key = 0; }
#else
  let key = x;
#end
#if DESCENDING
  return ~key;
#else
  return key;
#end
}
