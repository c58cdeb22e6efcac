import { words } from '../i18n/language.js';
import { device, phase, text } from '../state/session.js';
import { readNow } from '../state/settings.js';
import { pause, resume, start, stop } from '../state/trainer.js';

/** Start, pause and stop: in the corner of the page on a desktop, at the thumb on a phone. */
export function Actions() {
  const w = words.value.run;
  const now = phase.value;
  if (now === 'idle' || now === 'finished' || now === 'stopped') {
    const { settings } = readNow.value;
    return (
      <div class="actions">
        <button
          type="button"
          class="primary"
          disabled={!settings || !device.value || !text.value}
          onClick={() => {
            if (!settings) return;
            start(settings);
            showRun();
          }}
        >
          {now === 'idle' ? w.start : w.again}
        </button>
      </div>
    );
  }
  return (
    <div class="actions">
      {now === 'paused' ? (
        <button type="button" class="primary" onClick={resume}>
          {w.resume}
        </button>
      ) : (
        <button type="button" class="primary" disabled={now !== 'running'} onClick={pause}>
          {now === 'pausing' ? w.states.pausing : w.pause}
        </button>
      )}
      <button type="button" disabled={now === 'stopping'} onClick={stop}>
        {now === 'stopping' ? w.states.stopping : w.stop}
      </button>
    </div>
  );
}

/** On a phone the run is below the settings: bring it up. */
function showRun(): void {
  const run = document.getElementById('run');
  if (run && run.getBoundingClientRect().top > window.innerHeight / 2) run.scrollIntoView({ block: 'start' });
}
