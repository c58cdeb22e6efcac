/**
 * Characters that Unicode has put in a class since the tables that the reference implementation uses for
 * BERT, and that therefore do not count here: a model's ids must not depend on when its reader was built.
 * Written as in `newer.ts`.
 */
export const NEWER_PUNCTUATION =
  '17h,0,rk,0,3d,0,e9,0,d,0,2x6,1,1a,2,3pg,c,3,b,1829,0,8v,0,z,0,3p,4,19,3,uj,1,2,1,37,4,b,1,2,0,eb,c,25,0,aq,0,7d,2,4c,0,2l,7,2c,2,2,4,2m,9,60,0,2o,4,17,1,hy,1,23,c,4w,0,35e,1,c57,2,88,3,94,0,nbx,0,nz,1';
/** Marks that are newer than Unicode 9, which is what the reference normalizes and strips accents by. */
export const NEWER_MARKS =
  '1kt,0,4a,8,17,9,8b,0,70,5,2e,0,4v,0,1k,0,53,0,d,0,1n,1,1x,0,8p,0,k,0,1mv,0,6y,0,j4,u,3,b,ek,0,73,4,raq,0,5v,0,js5,3,1u,4,8u,1,26,5,1z,a,1e,3,6j,0,3,1,26,0,3n,1,3n,0,5,1,36,0,6y,0,3h,8,2,0,3,0,2,3,2,4,2,0,f,1,3g,0,r2,e,6u,5,2,1,3,3,2,0,2,1,3y,6,3,6,4,0,t,9,15,6,2,3,9,0,a,a,1b,f,5j,7,cq,5,4,0,2,1,2,6,2,0,1v,4,2,1,2,4,9o,3,a,1,2,0,1d,6,4,4,o,0,44m,0,7,e,8uh,h,2sg,0,1c,8,2l,0,c,1,irz,19,3,m,3ex,0,4h,6,ag,0,1q,3,e5,3,73,1,6s,0,3,0,8,1,6,0';
/** Those that came with Unicode 9, and so are newer to BERT's accents alone. */
export const MARKS_OF_UNICODE_9 = '1qs,d,338,1,12t,0,rey,0,6w,0,kn5,0,e2,e,1ka,3q,12kq,16,1sq,6';
export const NEWER_FORMAT_CHARACTERS = '1ow,1,29,0,1g4r,0,6zn,f';
