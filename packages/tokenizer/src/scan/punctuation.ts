import { CharSet } from './charset.js';

/** What has come to the class since the tables that the reference implementation uses for BERT; written as in `newer.ts`. */
const NEWER =
  '17h,0,rk,0,3d,0,e9,0,d,0,2x6,1,1a,2,3pg,c,3,b,1829,0,8v,0,z,0,3p,4,19,3,uj,1,2,1,37,4,b,1,2,0,eb,c,25,0,aq,0,7d,2,4c,0,2l,7,2c,2,2,4,2m,9,60,0,2o,4,17,1,hy,1,23,c,4w,0,35e,1,c57,2,88,3,94,0,nbx,0,nz,1';

/** ASCII's symbols count as punctuation here. */
export const PUNCTUATION = /* @__PURE__ */ new CharSet('\\p{P}$+<=>^`|~\\u166d\\u{111c9}', NEWER);
