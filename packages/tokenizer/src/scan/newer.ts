/**
 * Characters that are newer than Unicode 16.0, which the reference implementation's regular expressions know.
 * For each range its distance from the end of the one before and its length less one, in base 36.
 */
export const NEWER_CHARACTERS =
  '1ov,0,r1,0,3k,0,2r7,e,3,b,15i,0,251,0,ojc,1,3,0,2,0,t,0,gk2,f,ce,1,1j,6,29e,p,12k,2,9,8,y,1,2g5,7,g9,17,5,9,fxz,o,3,o,7z,4,4qq,7,zu,l,2q,36,cg8,2,ce,m,g,g,4pc,u,2,l,9,1,34p,0,4f,3,9i,8,ak,3,1f,0,4,0,1m,0,5,0,t,0,5,0,7f,0,10zk,5,4mb,b,gsj,3bd';

/** The ranges of such a list: first and last code point, flat. */
export function rangesOf(list: string): number[] {
  const ranges: number[] = [];
  let at = 0;
  for (const [i, number] of list.split(',').entries()) {
    at += Number.parseInt(number, 36);
    ranges[i] = at;
  }
  return ranges;
}
