import { cpu } from '@inkstone/backend-cpu';
import { open } from '@inkstone/core';
import { paritySuite } from './suite.js';

paritySuite('cpu', () => open(cpu({ threads: 2 })));
