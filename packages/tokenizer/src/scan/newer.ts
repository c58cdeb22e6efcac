/**
 * Characters that are newer than Unicode 16.0, which the reference implementation's regular expressions know.
 * For each range its distance from the end of the one before and its length less one, in base 36.
 */
export const NEWER_CHARACTERS =
  '1ov,0,r1,0,3k,0,2r7,e,3,b,15i,0,251,0,ojc,1,3,0,2,0,t,0,gk2,f,ce,1,1j,6,29e,p,12k,2,9,8,y,1,2g5,7,g9,17,5,9,fxz,o,3,o,7z,4,4qq,7,zu,l,2q,36,cg8,2,ce,m,g,g,4pc,u,2,l,9,1,34p,0,4f,3,9i,8,ak,3,1f,0,4,0,1m,0,5,0,t,0,5,0,7f,0,10zk,5,4mb,b,gsj,3bd';

/**
 * Characters that Unicode has put in a class since the tables that the reference implementation uses for
 * BERT, and that therefore do not count here: a model's ids must not depend on when its reader was built. Written as above.
 */
export const NEWER_PUNCTUATION =
  '17h,0,rk,0,3d,0,e9,0,d,0,2x6,1,1a,2,3pg,c,3,b,1829,0,8v,0,z,0,3p,4,19,3,uj,1,2,1,37,4,b,1,2,0,eb,c,25,0,aq,0,7d,2,4c,0,2l,7,2c,2,2,4,2m,9,60,0,2o,4,17,1,hy,1,23,c,4w,0,35e,1,c57,2,88,3,94,0,nbx,0,nz,1';
/** Marks that are newer than Unicode 9, which is what the reference normalizes and strips accents by. */
export const NEWER_MARKS =
  '1kt,0,4a,8,17,9,8b,0,70,5,2e,0,4v,0,1k,0,53,0,d,0,1n,1,1x,0,8p,0,k,0,1mv,0,6y,0,j4,u,3,b,ek,0,73,4,raq,0,5v,0,js5,3,1u,4,8u,1,26,5,1z,a,1e,3,6j,0,3,1,26,0,3n,1,3n,0,5,1,36,0,6y,0,3h,8,2,0,3,0,2,3,2,4,2,0,f,1,3g,0,r2,e,6u,5,2,1,3,3,2,0,2,1,3y,6,3,6,4,0,t,9,15,6,2,3,9,0,a,a,1b,f,5j,7,cq,5,4,0,2,1,2,6,2,0,1v,4,2,1,2,4,9o,3,a,1,2,0,1d,6,4,4,o,0,44m,0,7,e,8uh,h,2sg,0,1c,8,2l,0,c,1,irz,19,3,m,3ex,0,4h,6,ag,0,1q,3,e5,3,73,1,6s,0,3,0,8,1,6,0';
/** Those that came with Unicode 9, and so are newer to BERT's accents alone. */
export const MARKS_OF_UNICODE_9 = '1qs,d,338,1,12t,0,rey,0,6w,0,kn5,0,e2,e,1ka,3q,12kq,16,1sq,6';
export const NEWER_FORMAT_CHARACTERS = '1ow,1,29,0,1g4r,0,6zn,f';

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
