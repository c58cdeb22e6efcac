import { words } from '../i18n/language.js';
import { busy } from '../state/session.js';
import type { SettingName, SizeName } from '../state/setting-rules.js';
import { settingRules } from '../state/setting-rules.js';
import { chooseSize, readNow, sizeName, typedSettings, typeSetting } from '../state/settings.js';
import { Segmented } from './segmented.js';

const modelFields: readonly SettingName[] = ['layers', 'heads', 'width', 'block'];
const trainingFields: readonly SettingName[] = ['steps', 'batch', 'learningRate', 'seed'];

/** The model's size and how it is trained. */
export function SettingsCard() {
  const w = words.value;
  const size = sizeName.value;
  const custom = { value: 'custom' as const, label: w.model.custom };
  const { problem } = readNow.value;
  return (
    <section class="card" aria-labelledby="model-title">
      <h2 id="model-title">{w.model.title}</h2>
      <Segmented<SizeName | 'custom'>
        label={w.model.size}
        value={size}
        disabled={busy.value}
        choices={[
          { value: 'tiny', label: w.model.tiny },
          { value: 'small', label: w.model.small },
          { value: 'medium', label: w.model.medium },
          ...(size === 'custom' ? [custom] : []),
        ]}
        onChoose={(choice) => {
          if (choice !== 'custom') chooseSize(choice);
        }}
      />
      <div class="fields">
        {modelFields.map((name) => (
          <SettingField key={name} name={name} />
        ))}
      </div>
      <h2>{w.training.title}</h2>
      <div class="fields">
        {trainingFields.map((name) => (
          <SettingField key={name} name={name} />
        ))}
      </div>
      <p class="problem" id="settings-problem" role="alert">
        {problem && describeProblem(problem)}
      </p>
    </section>
  );
}

function SettingField({ name }: { name: SettingName }) {
  const { problem } = readNow.value;
  const wrong = problem?.name === name;
  return (
    <label class="field">
      <span>{labelOf(name)}</span>
      <input
        name={name}
        inputMode={settingRules[name].whole ? 'numeric' : 'decimal'}
        autocomplete="off"
        spellcheck={false}
        disabled={busy.value}
        value={typedSettings.value[name]}
        aria-invalid={wrong}
        aria-describedby={wrong ? 'settings-problem' : undefined}
        onInput={({ currentTarget }) => typeSetting(name, currentTarget.value)}
      />
    </label>
  );
}

function labelOf(name: SettingName): string {
  const w = words.value;
  switch (name) {
    case 'layers':
    case 'heads':
    case 'width':
    case 'block':
      return w.model[name];
    default:
      return w.training[name];
  }
}

function describeProblem(problem: NonNullable<(typeof readNow.value)['problem']>): string {
  const w = words.value.problems;
  if (problem.kind === 'multiple') return w.multiple(problem.width, problem.heads);
  return w.range(problem, labelOf(problem.name));
}
