import { reference } from '@inkstone/backend-cpu/reference';
import { open } from '@inkstone/core';
import { paritySuite } from './suite.js';

paritySuite('reference', () => open(reference()));
