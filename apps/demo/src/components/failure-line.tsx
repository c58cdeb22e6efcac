import { words } from '../i18n/language.js';
import { failure } from '../state/session.js';

/** The last thing that went wrong, in one line, until it is dismissed or something else is tried. */
export function FailureLine() {
  const w = words.value.problems;
  return (
    <div class="failure-place" role="alert">
      {failure.value && (
        <p class="failure">
          <span>{w.failure(failure.value)}</span>
          <button
            type="button"
            class="plain"
            aria-label={w.dismiss}
            onClick={() => {
              failure.value = null;
            }}
          >
            ×
          </button>
        </p>
      )}
    </div>
  );
}
