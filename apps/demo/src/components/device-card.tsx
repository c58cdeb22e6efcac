import { words } from '../i18n/language.js';
import { busy, device, deviceChoice, failure } from '../state/session.js';
import { useDevice } from '../state/trainer.js';
import { Segmented } from './segmented.js';

/** Where it computes: what was asked for, what it got, and why not the other. */
export function DeviceCard() {
  const w = words.value.device;
  return (
    <section class="card" aria-labelledby="device-title">
      <h2 id="device-title">{w.title}</h2>
      <Segmented
        label={w.title}
        value={deviceChoice.value}
        disabled={busy.value}
        choices={[
          { value: 'auto', label: w.auto },
          { value: 'webgpu', label: w.names.webgpu },
          { value: 'cpu', label: w.names.cpu },
        ]}
        onChoose={useDevice}
      />
      <div class="device" aria-live="polite">
        <Got />
      </div>
    </section>
  );
}

function Got() {
  const w = words.value.device;
  const got = device.value;
  if (!got) return failure.value?.code === 'no-device' ? null : <p class="about">{w.opening}</p>;
  return (
    <>
      <p>
        <span class="lamp" aria-hidden="true" /> <strong>{w.runsOn(got.name)}</strong>
        <br />
        {got.description}
      </p>
      <p class="about">
        {deviceChoice.value === 'auto' && w.notUsed(got.other.name, got.other.notUsed)}
        {got.name === 'cpu' && !got.isolated && ` ${w.oneThread}`}
      </p>
    </>
  );
}
