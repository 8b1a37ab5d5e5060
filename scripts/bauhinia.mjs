// The program `bauhinia` from a checkout: compiles first where that is needed, then runs in this very process, so that a
// signal for it reaches it.
import './build.mjs';
import { fileURLToPath } from 'node:url';

const program = new URL('../dist/src/main.js', import.meta.url);
process.argv[1] = fileURLToPath(program);
await import(program.href);
