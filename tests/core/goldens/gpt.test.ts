import { cpu } from '@inkstone/backend-cpu';
import { open } from '@inkstone/core';
import { gptSuite } from './gpt-suite.js';

gptSuite('cpu', () => open(cpu({ threads: 1 })), 100);
