import { useSignal } from '@preact/signals';
import { words } from '../i18n/language.js';
import { busy, text, textLoading } from '../state/session.js';
import { forgetText, useText } from '../state/trainer.js';
import { sourceKind } from './drop-overlay.js';
import { Segmented } from './segmented.js';

/** The text to train on: the built-in one, a file, or what is pasted. */
export function TextCard() {
  const w = words.value.text;
  const kind = sourceKind.value;
  return (
    <section class="card" aria-labelledby="text-title">
      <h2 id="text-title">{w.title}</h2>
      <Segmented
        label={w.source}
        value={kind}
        disabled={busy.value}
        choices={[
          { value: 'builtin', label: w.builtin },
          { value: 'file', label: w.file },
          { value: 'typed', label: w.typed },
        ]}
        onChoose={(choice) => {
          sourceKind.value = choice;
          if (choice === 'builtin') useText({ kind: 'builtin' });
          else forgetText();
        }}
      />
      {kind === 'builtin' && <p class="about">{w.builtinAbout}</p>}
      {kind === 'file' && <FileChooser />}
      {kind === 'typed' && <TypedText />}
      <Facts />
    </section>
  );
}

function FileChooser() {
  const w = words.value.text;
  return (
    <label class="drop-zone">
      <input
        class="hidden"
        type="file"
        accept=".txt,.md,.csv,.json,.tsv,text/*"
        disabled={busy.value}
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0];
          // The same file chosen again is a change too: it may have been edited.
          currentTarget.value = '';
          if (file) useText({ kind: 'file', name: file.name, file });
        }}
      />
      <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
        <path d="M12 15V4m0 0L8 8m4-4 4 4M5 15v3.5A1.5 1.5 0 0 0 6.5 20h11a1.5 1.5 0 0 0 1.5-1.5V15" />
      </svg>
      <strong>{w.drop}</strong>
      <span>{w.choose}</span>
    </label>
  );
}

function TypedText() {
  const w = words.value.text;
  const typed = useSignal('');
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        useText({ kind: 'typed', text: typed.value });
      }}
    >
      <textarea
        aria-label={w.typedLabel}
        placeholder={w.typedPlaceholder}
        rows={7}
        disabled={busy.value}
        value={typed.value}
        onInput={({ currentTarget }) => {
          typed.value = currentTarget.value;
          if (text.value) forgetText();
        }}
      />
      <button type="submit" disabled={busy.value || text.value !== null || typed.value === ''}>
        {w.useTyped}
      </button>
    </form>
  );
}

function Facts() {
  const w = words.value.text;
  const facts = text.value;
  if (textLoading.value) return <p class="about">{w.reading}</p>;
  if (!facts) return null;
  return (
    <div class="stack" aria-live="polite">
      <p class="facts">
        {facts.name !== null && <strong>{facts.name}</strong>}
        <span>{w.characters(facts.characters)}</span>
        <span>{w.distinct(facts.distinct)}</span>
      </p>
      <pre class="opening" role="img" aria-label={w.openingOf}>
        {facts.opening}
      </pre>
    </div>
  );
}
