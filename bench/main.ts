// `npm run bench -- [ldap|replica|issuance …] [--short] [--json]`: measures this product beside a peer in the same run.
// Each benchmark is a program of its own; this one runs those that are named (all, when none is) one after the other.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../src/package_root.ts';

/** Each with the arguments of its short form, which CI runs to see that it still works. */
const benchmarks: Record<string, { about: string; short: readonly string[] }> = {
  ldap: {
    about: 'searches, reads and enumeration beside slapd',
    short: ['--people', '2000', '--seconds', '1', '--runs', '1'],
  },
  replica: { about: 'load time, memory and lookups of one worker', short: ['--people', '5000'] },
  issuance: { about: 'certificates beside raw signatures', short: ['--count', '500'] },
};

const help = `Usage: npm run bench -- [name …] [--short] [--json]

${Object.entries(benchmarks)
  .map(([name, { about }]) => `  ${name.padEnd(10)} ${about}`)
  .join('\n')}

Example: npm run bench -- ldap
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

async function run(name: string, short: readonly string[]): Promise<number> {
  const args = [
    '--import',
    'tsx',
    join(packageRoot, 'bench', `${name}.ts`),
    ...(values.short ? short : []),
    ...(values.json ? ['--json'] : []),
  ];
  if (!values.json) process.stdout.write(`\n== ${name}\n`);
  const [status] = await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'exit');
  return typeof status === 'number' ? status : 1;
}

const unknown = positionals.filter((name) => !(name in benchmarks));
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) process.stderr.write(`no such benchmark: ${unknown.join(', ')}\n`);
  process.stdout.write(help);
  process.exitCode = values.help ? 0 : 2;
} else {
  for (const [name, { short }] of Object.entries(benchmarks)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    const status = await run(name, short);
    if (status !== 0) process.exitCode = status;
  }
}
