import { words } from '../i18n/language.js';
import { samples } from '../state/session.js';

/** What the model wrote on its own while it learned. */
export function SamplesCard() {
  const w = words.value.samples;
  return (
    <section class="card" aria-labelledby="samples-title">
      <h2 id="samples-title">{w.title}</h2>
      {samples.value.length === 0 ? (
        <p class="about">{w.empty}</p>
      ) : (
        <ol class="samples">
          {samples.value.map(({ step, text }) => (
            <li key={step}>
              <span class="tag">{w.at(step)}</span>
              <p class="prose" data-sample={step}>
                {text.trim()}
              </p>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
