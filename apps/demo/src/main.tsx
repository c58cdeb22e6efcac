import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import './styles/tokens.css';
import './styles/controls.css';
import './styles/page.css';
import { App } from './app.js';
import { useDevice, useText } from './state/trainer.js';

useDevice('auto');
useText({ kind: 'builtin' });

const root = document.getElementById('app');
if (root) render(<App />, root);
