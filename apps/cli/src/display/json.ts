/** One JSON object a line, for programs. */
import type { FetchEvent, Reporter } from '../train/events.js';

export function jsonReporter(write: (text: string) => void): Reporter {
  const wanted = sparse();
  return {
    report(event) {
      if (event.event !== 'fetch' || wanted(event)) write(`${JSON.stringify(event)}\n`);
    },
    recall() {},
    close() {},
  };
}

/** A download reports ten times a second; a tenth of it more each time is enough for a log. */
export function sparse(): (event: FetchEvent) => boolean {
  let last: FetchEvent | undefined;
  return (event) => {
    const tenth = ({ done, total }: FetchEvent) => Math.floor((10 * done) / total);
    const wanted =
      last === undefined ||
      event.phase !== last.phase ||
      (event.phase === 'download' && tenth(event) > tenth(last));
    if (wanted) last = event;
    return wanted;
  };
}
