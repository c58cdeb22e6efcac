import { useEffect } from 'preact/hooks';
import { DeviceCard } from './components/device-card.js';
import { DropOverlay } from './components/drop-overlay.js';
import { FailureLine } from './components/failure-line.js';
import { Header } from './components/header.js';
import { RunCard } from './components/run-card.js';
import { SamplesCard } from './components/samples-card.js';
import { SettingsCard } from './components/settings-card.js';
import { TextCard } from './components/text-card.js';
import { WriteCard } from './components/write-card.js';
import { words } from './i18n/language.js';
import { busy } from './state/session.js';

/** The whole page: what to train on the left, how it goes on the right; one column on a phone. */
export function App() {
  useWarningBeforeLeaving();
  return (
    <div class="page">
      <Header />
      <FailureLine />
      <main class="columns">
        <div class="column setup">
          <TextCard />
          <SettingsCard />
          <DeviceCard />
        </div>
        <div class="column results">
          <RunCard />
          <div class="pair">
            <SamplesCard />
            <WriteCard />
          </div>
        </div>
      </main>
      <footer class="footer">{words.value.privacy}</footer>
      <DropOverlay />
    </div>
  );
}

/** A reload in the middle of a run would lose it: let the browser ask. */
function useWarningBeforeLeaving() {
  const warn = busy.value;
  useEffect(() => {
    if (!warn) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [warn]);
}
