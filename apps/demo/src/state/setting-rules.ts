/** Which settings there are, what each may be, and the sizes offered ready-made. */
import type { Settings } from '../protocol.js';

export type SettingName = keyof Settings;

export interface SettingRule {
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}

/** Bounds that keep a slip of the pen from freezing the tab; a model of the largest values needs a good GPU. */
export const settingRules: Record<SettingName, SettingRule> = {
  layers: { min: 1, max: 24, whole: true },
  heads: { min: 1, max: 32, whole: true },
  width: { min: 8, max: 1024, whole: true },
  block: { min: 4, max: 1024, whole: true },
  batch: { min: 1, max: 256, whole: true },
  learningRate: { min: 0.000001, max: 1, whole: false },
  // torch.manual_seed takes more; this is what a double holds exactly.
  seed: { min: 0, max: Number.MAX_SAFE_INTEGER, whole: true },
  steps: { min: 1, max: 1_000_000, whole: true },
};

export type SizeName = 'tiny' | 'small' | 'medium';
type Size = Pick<Settings, 'layers' | 'heads' | 'width' | 'block' | 'batch' | 'learningRate'>;

/**
 * Tiny learns in a minute on a phone's CPU; medium is the character model of nanoGPT and wants a GPU. The narrower a
 * model, the higher the learning rate that it bears.
 */
export const sizes: Record<SizeName, Size> = {
  tiny: { layers: 2, heads: 2, width: 64, block: 32, batch: 16, learningRate: 0.003 },
  small: { layers: 4, heads: 4, width: 128, block: 64, batch: 16, learningRate: 0.002 },
  medium: { layers: 6, heads: 6, width: 384, block: 256, batch: 64, learningRate: 0.001 },
};

/** Why what was typed cannot be used. */
export type SettingProblem =
  | ({ readonly kind: 'range'; readonly name: SettingName; readonly value: string } & SettingRule)
  | { readonly kind: 'multiple'; readonly name: 'width'; readonly width: number; readonly heads: number };

/** The typed values as settings, or the first problem in the order of the page. */
export function readSettings(
  typed: Readonly<Record<SettingName, string>>,
):
  | { readonly settings: Settings; readonly problem: null }
  | { readonly settings: null; readonly problem: SettingProblem } {
  const values: Partial<Record<SettingName, number>> = {};
  for (const [name, rule] of Object.entries(settingRules) as [SettingName, SettingRule][]) {
    const text = typed[name].trim();
    const value = Number(text);
    const fits =
      text !== '' && value >= rule.min && value <= rule.max && (!rule.whole || Number.isInteger(value));
    if (!fits) return { settings: null, problem: { kind: 'range', name, value: text, ...rule } };
    values[name] = value;
  }
  const settings = values as unknown as Settings;
  const { width, heads } = settings;
  if (width % heads !== 0)
    return { settings: null, problem: { kind: 'multiple', name: 'width', width, heads } };
  return { settings, problem: null };
}
