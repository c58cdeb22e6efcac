import { useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { words } from '../i18n/language.js';
import {
  curves,
  curvesVersion,
  loss,
  runEntropy,
  runSettings,
  step,
  text,
  validationLoss,
} from '../state/session.js';
import { readNow } from '../state/settings.js';
import { isDark } from '../state/theme.js';

/** The loss curves, drawn as they grow. */
export function LossChart() {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const frame = useRef(0);

  // A new chart for new words or colours, which a canvas cannot take over from the page.
  useSignalEffect(() => {
    const w = words.value.chart;
    void isDark.value;
    chart.current?.destroy();
    if (place.current) chart.current = createChart(place.current, w);
  });
  // New points are drawn at most once a frame, and not at all while the tab is hidden.
  useSignalEffect(() => {
    void curvesVersion.value;
    void isDark.value;
    void words.value;
    // Before the first run, the frame that it would be drawn in.
    const steps = (runSettings.value ?? readNow.value.settings)?.steps ?? 0;
    const entropy = runSettings.value ? runEntropy.value : (text.value?.entropy ?? null);
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(() => chart.current && draw(chart.current, steps, entropy));
  });
  useEffect(() => {
    if (!place.current) return;
    const observer = new ResizeObserver(([entry]) => {
      chart.current?.setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    observer.observe(place.current);
    return () => {
      observer.disconnect();
      cancelAnimationFrame(frame.current);
      chart.current?.destroy();
    };
  }, []);

  const w = words.value.chart;
  const started = loss.value !== null;
  return (
    <figure class="chart-figure">
      <figcaption class="legend">
        <Key kind="train" label={w.train} />
        <Key kind="validation" label={w.validation} />
        <Key kind="entropy" label={w.entropy} />
      </figcaption>
      <div class="chart">
        <div ref={place} class="canvas" role="img" aria-label={started ? describe() : w.empty} />
        {!started && <p class="about">{w.empty}</p>}
      </div>
    </figure>
  );
}

function Key({ kind, label }: { kind: string; label: string }) {
  return (
    <span class="key">
      <i class={kind} aria-hidden="true" /> {label}
    </span>
  );
}

function describe(): string {
  const w = words.value.chart;
  const shown = (value: number | null) => value?.toFixed(3) ?? w.none;
  return w.describe(step.value, shown(loss.value), shown(validationLoss.value));
}

function createChart(place: HTMLElement, w: { step: string; train: string; validation: string }): uPlot {
  const color = (name: string) => colorOf(place, name);
  const font = `12px ${getComputedStyle(place).fontFamily}`;
  const axis: uPlot.Axis = {
    stroke: color('--ink-soft'),
    grid: { stroke: color('--line'), width: 1 },
    ticks: { stroke: color('--line'), width: 1, size: 4 },
    font,
    labelFont: font,
  };
  const train = color('--train');
  return new uPlot(
    {
      width: Math.max(1, place.clientWidth),
      height: Math.max(1, place.clientHeight),
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { size: 6 } },
      scales: { x: { time: false }, y: { range: (_, low, high) => padded(low, high) } },
      axes: [
        { ...axis, size: 32 },
        { ...axis, size: 44 },
      ],
      series: [
        {},
        { stroke: `color-mix(in srgb, ${train} 30%, transparent)`, width: 1, points: { show: false } },
        { label: w.train, stroke: train, width: 2, points: { show: false } },
        { label: w.validation, stroke: color('--validation'), width: 2, spanGaps: true, points: { size: 5 } },
        { stroke: color('--ink-soft'), width: 1, dash: [4, 4], points: { show: false }, spanGaps: true },
      ],
    },
    [[0], [null], [null], [null], [null]],
    place,
  );
}

/** A colour of the page as a canvas takes it: the browser works out what the variable comes to here. */
function colorOf(place: HTMLElement, variable: string): string {
  place.style.color = `var(${variable})`;
  const { color } = getComputedStyle(place);
  place.style.color = '';
  return color;
}

/** Room above and below the curves, whatever the range. */
function padded(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high)) return [0, 5];
  // A run that has not begun has only the line of the entropy: show it below the middle.
  if (high - low < 0.1) return [0, Math.max(1, high * 1.6)];
  const room = (high - low) * 0.06;
  return [Math.max(0, low - room), high + room];
}

function draw(chart: uPlot, steps: number, entropy: number | null): void {
  const { train, validation } = curves;
  // The x axis spans the whole run from the start, so that the curve shows how far it has come.
  const last = Math.max(steps, train.steps.at(-1) ?? 0, 1);
  const ends: uPlot.AlignedData = [[0, last], entropy === null ? [null, null] : [entropy, entropy]];
  chart.setData(
    uPlot.join([[train.steps, train.losses, train.smoothed()], [validation.steps, validation.losses], ends]),
  );
}
