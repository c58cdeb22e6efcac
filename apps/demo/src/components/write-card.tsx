import { useSignal } from '@preact/signals';
import { words } from '../i18n/language.js';
import { model, writing, written } from '../state/session.js';
import { stopWriting, write } from '../state/trainer.js';

/** The model goes on from a prompt, during training or after. */
export function WriteCard() {
  const w = words.value.write;
  const prompt = useSignal('');
  const temperature = useSignal(0.8);
  const topK = useSignal(40);
  const length = useSignal(200);
  return (
    <section class="card" aria-labelledby="write-title">
      <h2 id="write-title">{w.title}</h2>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          write({
            prompt: prompt.value,
            temperature: temperature.value,
            topK: topK.value,
            length: length.value,
          });
        }}
      >
        <label class="field">
          <span>
            {w.prompt} <small>({words.value.optional})</small>
          </span>
          <input
            name="prompt"
            autocomplete="off"
            placeholder={w.promptPlaceholder}
            value={prompt.value}
            onInput={({ currentTarget }) => {
              prompt.value = currentTarget.value;
            }}
          />
        </label>
        <div class="sliders">
          <Slider
            name="temperature"
            label={w.temperature}
            shown={temperature.value.toFixed(2)}
            min={0}
            max={2}
            step={0.05}
            value={temperature.value}
            onChange={(value) => {
              temperature.value = value;
            }}
          />
          <Slider
            name="top-k"
            label={w.topK}
            shown={topK.value === 0 ? w.allCharacters : String(topK.value)}
            min={0}
            max={200}
            step={1}
            value={topK.value}
            onChange={(value) => {
              topK.value = value;
            }}
          />
          <Slider
            name="length"
            label={w.length}
            shown={String(length.value)}
            min={20}
            max={1000}
            step={20}
            value={length.value}
            onChange={(value) => {
              length.value = value;
            }}
          />
        </div>
        {writing.value ? (
          <button type="button" onClick={stopWriting}>
            {w.stop}
          </button>
        ) : (
          <button type="submit" disabled={!model.value}>
            {w.write}
          </button>
        )}
      </form>
      {written.value ? (
        <p class="prose written" role="log" aria-label={w.output} aria-busy={writing.value}>
          <span class="prompt">{written.value.prompt}</span>
          <span data-written>{written.value.text}</span>
        </p>
      ) : (
        <p class="about">{w.empty}</p>
      )}
    </section>
  );
}

interface SliderProps {
  readonly name: string;
  readonly label: string;
  /** The value as people read it. */
  readonly shown: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly value: number;
  onChange(value: number): void;
}

function Slider({ label, shown, onChange, ...input }: SliderProps) {
  return (
    <label class="slider">
      <span>
        {label} <output>{shown}</output>
      </span>
      <input
        type="range"
        {...input}
        aria-valuetext={shown}
        onInput={({ currentTarget }) => onChange(currentTarget.valueAsNumber)}
      />
    </label>
  );
}
