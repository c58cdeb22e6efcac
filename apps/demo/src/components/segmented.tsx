import { useId } from 'preact/hooks';

interface Choice<Value extends string> {
  readonly value: Value;
  readonly label: string;
  readonly lang?: string;
}

interface SegmentedProps<Value extends string> {
  /** For screen readers; on the page the choices speak for themselves. */
  readonly label: string;
  readonly value: Value;
  readonly choices: readonly Choice<Value>[];
  readonly disabled?: boolean;
  /** Smaller, for what is beside the point. */
  readonly quiet?: boolean;
  onChoose(value: Value): void;
}

/** One of a few, as a row of buttons: radio buttons underneath, so arrow keys and screen readers know them. */
export function Segmented<Value extends string>(props: SegmentedProps<Value>) {
  const name = useId();
  return (
    <fieldset class={`segmented${props.quiet ? ' quiet' : ''}`} disabled={props.disabled}>
      <legend class="hidden">{props.label}</legend>
      {props.choices.map(({ value, label, lang }) => (
        <label key={value} lang={lang}>
          <input
            type="radio"
            name={name}
            value={value}
            checked={props.value === value}
            onChange={() => props.onChoose(value)}
          />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  );
}
