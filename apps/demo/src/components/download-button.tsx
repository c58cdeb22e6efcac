import { words } from '../i18n/language.js';
import { model, packing, phase } from '../state/session.js';
import { download } from '../state/trainer.js';

export function DownloadButton() {
  const w = words.value.checkpoint;
  if (!model.value || phase.value === 'preparing') return null;
  return (
    <button type="button" class="download" title={w.about} disabled={packing.value} onClick={download}>
      {packing.value ? w.packing : w.download}
    </button>
  );
}
