/** A matcher for split patterns that are not built in: `import { compileRegex } from '@inkstone/tokenizer/regex'`. */
export { compileRegex } from './regex/matcher.js';
