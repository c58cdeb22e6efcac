import type { ComponentChildren } from 'preact';
import { language, words } from '../i18n/language.js';
import {
  loss,
  model,
  phase,
  runSettings,
  secondsLeft,
  step,
  tokensPerSecond,
  validationLoss,
} from '../state/session.js';
import { Actions } from './actions.js';
import { DownloadButton } from './download-button.js';
import { LossChart } from './loss-chart.js';

/** How the run goes: figures, progress, the loss curve. */
export function RunCard() {
  const w = words.value.run;
  const now = phase.value;
  return (
    <section class="card" id="run" aria-labelledby="run-title">
      <div class="run-head">
        <h2 id="run-title">{w.title}</h2>
        <p class={`state ${now}`} role="status" data-phase={now}>
          {w.states[now]}
        </p>
        <DownloadButton />
        <Actions />
      </div>
      <Progress />
      <Figures />
      <LossChart />
      <p class="about model-facts">
        {model.value && w.parameters(model.value.parameters, model.value.vocabulary)}
      </p>
    </section>
  );
}

function Progress() {
  const steps = runSettings.value?.steps ?? 1;
  return <progress aria-label={words.value.run.progress} max={steps} value={step.value} />;
}

function Figures() {
  const w = words.value.run;
  const steps = runSettings.value?.steps;
  const left = secondsLeft.value;
  return (
    <dl class="figures">
      <Figure name="step" label={w.step} note={steps === undefined ? '' : w.of(steps)}>
        {step.value.toLocaleString(language.value)}
      </Figure>
      <Figure name="loss" label={w.loss}>
        {formatLoss(loss.value)}
      </Figure>
      <Figure name="validation" label={w.validation}>
        {formatLoss(validationLoss.value)}
      </Figure>
      <Figure name="speed" label={w.speed}>
        {tokensPerSecond.value === null
          ? '–'
          : Math.round(tokensPerSecond.value).toLocaleString(language.value)}
      </Figure>
      <Figure name="time-left" label={w.timeLeft}>
        {left === null ? '–' : words.value.duration(left)}
      </Figure>
    </dl>
  );
}

interface FigureProps {
  readonly name: string;
  readonly label: string;
  readonly note?: string;
  readonly children: ComponentChildren;
}

function Figure({ name, label, note, children }: FigureProps) {
  return (
    <div class="figure">
      <dt>{label}</dt>
      <dd data-figure={name}>
        {children}
        {note && <small> {note}</small>}
      </dd>
    </div>
  );
}

function formatLoss(value: number | null): string {
  return value === null ? '–' : value.toFixed(3);
}
