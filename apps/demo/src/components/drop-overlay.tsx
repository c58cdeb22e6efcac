import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { words } from '../i18n/language.js';
import type { TextSource } from '../protocol.js';
import { busy } from '../state/session.js';
import { useText } from '../state/trainer.js';

/** Which way of giving a text is shown; a dropped file chooses its own. */
export const sourceKind = signal<TextSource['kind']>('builtin');

/** A file may be dropped anywhere on the page; while one hovers, the page says so. */
export function DropOverlay() {
  const hovering = useDrop();
  if (!hovering) return null;
  return (
    <div class="drop-overlay" aria-hidden="true">
      <p>{words.value.text.dropAnywhere}</p>
    </div>
  );
}

const hovering = signal(false);

function useDrop(): boolean {
  useEffect(() => {
    const hasFile = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const over = (event: DragEvent) => {
      if (!hasFile(event)) return;
      // Without this the browser opens the file in place of the page, and the run is lost.
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = busy.value ? 'none' : 'copy';
      hovering.value = !busy.value;
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) hovering.value = false;
    };
    const drop = (event: DragEvent) => {
      if (!hasFile(event)) return;
      event.preventDefault();
      hovering.value = false;
      const file = event.dataTransfer?.files[0];
      if (!file || busy.value) return;
      sourceKind.value = 'file';
      useText({ kind: 'file', name: file.name, file });
    };
    window.addEventListener('dragover', over);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragover', over);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
    };
  }, []);
  return hovering.value;
}
