/** Which language the page speaks: the one chosen, else the browser's. */
import { computed, effect, signal } from '@preact/signals';
import { recall, remember } from '../state/memory.js';
import { chinese } from './chinese.js';
import { english, type Messages } from './english.js';

export type Language = 'en' | 'zh';

const tables: Record<Language, Messages> = { en: english, zh: chinese };

function preferred(): Language {
  const chosen = recall('language');
  if (chosen === 'en' || chosen === 'zh') return chosen;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

export const language = signal<Language>(preferred());

/** All words of the page: `words.value.run.start`. */
export const words = computed(() => tables[language.value]);

export function chooseLanguage(choice: Language): void {
  language.value = choice;
  remember('language', choice);
}

effect(() => {
  document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en';
  document.title = `Inkstone · ${words.value.tagline}`;
});
