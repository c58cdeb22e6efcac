/** WGSL sources are imported as text (by tsup's loader in a build, by a plugin in the tests). */
declare module '*.wgsl' {
  const source: string;
  export default source;
}
