import { chooseLanguage, language, words } from '../i18n/language.js';
import { chooseTheme, theme } from '../state/theme.js';
import { Segmented } from './segmented.js';

export function Header() {
  const w = words.value;
  return (
    <header class="header">
      <div class="brand">
        <img src="./inkstone.svg" alt="" width="40" height="40" />
        <div>
          <h1>Inkstone</h1>
          <p>{w.tagline}</p>
        </div>
      </div>
      <div class="preferences">
        <Segmented
          label={w.theme.label}
          quiet
          value={theme.value}
          choices={[
            { value: 'auto', label: w.theme.auto },
            { value: 'light', label: w.theme.light },
            { value: 'dark', label: w.theme.dark },
          ]}
          onChoose={chooseTheme}
        />
        <Segmented
          label={w.language}
          quiet
          value={language.value}
          choices={[
            { value: 'zh', label: '中文', lang: 'zh' },
            { value: 'en', label: 'English', lang: 'en' },
          ]}
          onChoose={chooseLanguage}
        />
      </div>
    </header>
  );
}
