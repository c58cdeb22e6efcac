/** Where in the user's program something happened. */

const here = new URL('.', import.meta.url).href;

/** ' (at file:line)' of the nearest caller outside of this package; '' where the engine does not say. */
export function callSite(): string {
  const frames = (new Error().stack ?? '').split('\n').slice(1);
  // Sources lie in folders next to this one's, the built package in one folder.
  const own = here.replace(/compile\/$/, '');
  const frame = frames.find((line) => line.includes(':') && !line.includes(own.replace('file://', '')));
  return frame ? ` (${frame.trim()})` : '';
}
