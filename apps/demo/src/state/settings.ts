/** The settings as they are typed, which may be no settings at all for a moment. */
import { computed, signal } from '@preact/signals';
import { readSettings, type SettingName, type SizeName, sizes } from './setting-rules.js';

const defaults = { ...sizes.tiny, seed: 1337, steps: 1000 };

const typedOf = (values: Partial<Record<SettingName, number>>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));

export const typedSettings = signal<Readonly<Record<SettingName, string>>>(
  typedOf(defaults) as Record<SettingName, string>,
);

export const readNow = computed(() => readSettings(typedSettings.value));

/** The ready-made size that the fields show, or 'custom'. */
export const sizeName = computed<SizeName | 'custom'>(() => {
  const names = Object.keys(sizes) as SizeName[];
  return names.find((name) => shows(typedOf(sizes[name]))) ?? 'custom';
});

function shows(typed: Record<string, string>): boolean {
  return Object.entries(typed).every(([name, value]) => typedSettings.value[name as SettingName] === value);
}

export function typeSetting(name: SettingName, value: string): void {
  typedSettings.value = { ...typedSettings.value, [name]: value };
}

export function chooseSize(name: SizeName): void {
  typedSettings.value = { ...typedSettings.value, ...typedOf(sizes[name]) };
}
