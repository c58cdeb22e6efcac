/** The worker: takes the page's commands in turn, and owns what they act on. */
import type { Command, DeviceChoice, Report } from './protocol.js';
import { openDevice } from './worker/devices.js';
import { failureOf } from './worker/failure-error.js';
import { Run } from './worker/run.js';
import { loadText } from './worker/texts.js';

/** What of the worker's global scope is used here; the types of a page's are in the way. */
interface Scope {
  onmessage: (event: MessageEvent<Command>) => void;
  postMessage(report: Report, transfer?: Transferable[]): void;
}

const scope = self as unknown as Scope;
const post = (report: Report) => scope.postMessage(report);

/** The choice of a device that was opened; each run asks for it anew, since a GPU may be lost in between. */
let choice: DeviceChoice | null = null;
let text: string | null = null;
let run: Run | null = null;
/** The last command of each type: of two devices or texts that load at once, the one chosen last counts. */
const latest = new Map<Command['type'], Command>();

scope.onmessage = ({ data: command }) => {
  latest.set(command.type, command);
  obey(command).catch((error: unknown) => {
    const turn = 'turn' in command ? { turn: command.turn } : {};
    post({ type: 'failed', during: command.type, ...turn, failure: failureOf(error) });
  });
};

const superseded = (command: Command) => latest.get(command.type) !== command;

async function obey(command: Command): Promise<void> {
  switch (command.type) {
    case 'use-device': {
      choice = null;
      const { report } = await openDevice(command.choice);
      if (superseded(command)) return;
      choice = command.choice;
      return post({ type: 'device', turn: command.turn, device: report });
    }
    case 'use-text': {
      text = null;
      const loaded = await loadText(command.source);
      if (superseded(command)) return;
      text = loaded.text;
      return post({ type: 'text', turn: command.turn, text: loaded.facts });
    }
    case 'start': {
      if (choice === null || text === null) throw new Error('there is no device or no text yet');
      run?.stopWriting();
      const { device } = await openDevice(choice);
      run = new Run(text, command.settings, device, post);
      return run.train();
    }
    case 'pause':
      return run?.pause();
    case 'resume':
      return run?.resume();
    case 'stop':
      return run?.stop();
    case 'write':
      return run?.write(command.writing);
    case 'stop-writing':
      return run?.stopWriting();
    case 'download': {
      if (!run) return;
      const archive = await run.pack();
      return scope.postMessage({ type: 'checkpoint', name: 'inkstone-checkpoint.zip', archive }, [
        archive.buffer,
      ]);
    }
  }
}
