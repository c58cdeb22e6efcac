/** Light or dark: the one chosen, else the system's. */
import { computed, effect, signal } from '@preact/signals';
import { recall, remember } from './memory.js';

export type Theme = 'auto' | 'light' | 'dark';

const remembered = recall('theme');
export const theme = signal<Theme>(remembered === 'light' || remembered === 'dark' ? remembered : 'auto');

const system = window.matchMedia('(prefers-color-scheme: dark)');
const systemIsDark = signal(system.matches);
system.addEventListener('change', (event) => {
  systemIsDark.value = event.matches;
});

/** What is shown now. A canvas, which does not follow the page's colours, is drawn anew when it changes. */
export const isDark = computed(
  () => theme.value === 'dark' || (theme.value === 'auto' && systemIsDark.value),
);

effect(() => {
  const { dataset } = document.documentElement;
  if (theme.value === 'auto') delete dataset.theme;
  else dataset.theme = theme.value;
});

export function chooseTheme(choice: Theme): void {
  theme.value = choice;
  remember('theme', choice);
}
