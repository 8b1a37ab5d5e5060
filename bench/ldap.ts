// LDAP beside slapd: the same generated people in both, the same requests from the same generator, in alternating runs.
// Prints the median of each and the median of the ratios of neighbouring runs, which hold when the machine's speed drifts.
//
//   npm run bench -- ldap            100,000 people, 5 runs of 5 seconds
//   tsx bench/ldap.ts --people 10000 --runs 3 --seconds 2 [--workers 2] [--connections 16] [--json]
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { packageRoot } from '../src/package_root.ts';
import { freePorts, runProgram, startServer } from '../test/journeys/running_server.ts';
import type { LoadKind, LoadResult } from './ldap_load.ts';
import { startSlapd } from './slapd.ts';

const { values } = parseArgs({
  options: {
    people: { type: 'string', default: '100000' },
    runs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    workers: { type: 'string', default: '2' },
    connections: { type: 'string', default: '16' },
    json: { type: 'boolean', default: false },
  },
});

const suffix = 'dc=gov,dc=hk';
const password = 'Bench-mark-2026';
const kinds = ['equality', 'base', 'paged', 'substring'] as const satisfies LoadKind[];
const run = promisify(execFile);

interface Target {
  port: number;
  bindDn: string;
}

function say(text: string): void {
  if (!values.json) process.stdout.write(`${text}\n`);
}

/** One load run in a process of its own, so that the generator shares nothing with this one. */
async function load(target: Target, kind: LoadKind): Promise<LoadResult> {
  const options = {
    host: '127.0.0.1',
    port: target.port,
    bindDn: target.bindDn,
    password,
    suffix,
    kind,
    connections: values.connections,
    seconds: values.seconds,
    uids: values.people,
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const program = join(packageRoot, 'bench/ldap_load.ts');
  const { stdout } = await run(process.execPath, ['--import', 'tsx', program, ...args]);
  return JSON.parse(stdout);
}

/** Entries a second for enumeration, operations a second for all else. */
function rateOf(kind: LoadKind, result: LoadResult): number {
  return (kind === 'paged' ? result.entries : result.operations) / result.seconds;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

interface Figures {
  kind: LoadKind;
  unit: string;
  bauhinia: number;
  slapd: number;
  ratio: number;
  ratios: number[];
  p99: { bauhinia: number; slapd: number }; // milliseconds
  generatorCpu: number; // share of one core that the generator took, highest of all runs
  errors: number;
}

async function measure(kind: LoadKind, ours: Target, theirs: Target): Promise<Figures> {
  const pairs: { ours: LoadResult; theirs: LoadResult }[] = [];
  for (let round = 0; round < Number(values.runs); round++) {
    // Who goes first alternates, so that neither always profits from a warm or a cool machine.
    const first = await load(round % 2 === 0 ? ours : theirs, kind);
    const second = await load(round % 2 === 0 ? theirs : ours, kind);
    pairs.push(round % 2 === 0 ? { ours: first, theirs: second } : { ours: second, theirs: first });
  }
  const ratios = pairs.map((pair) => rateOf(kind, pair.ours) / rateOf(kind, pair.theirs));
  const all = pairs.flatMap((pair) => [pair.ours, pair.theirs]);
  return {
    kind,
    unit: kind === 'paged' ? 'entries/s' : 'operations/s',
    bauhinia: Math.round(median(pairs.map((pair) => rateOf(kind, pair.ours)))),
    slapd: Math.round(median(pairs.map((pair) => rateOf(kind, pair.theirs)))),
    ratio: Number(median(ratios).toFixed(3)),
    ratios: ratios.map((ratio) => Number(ratio.toFixed(3))),
    p99: {
      bauhinia: median(pairs.map((pair) => pair.ours.p99)),
      slapd: median(pairs.map((pair) => pair.theirs.p99)),
    },
    generatorCpu: Number(Math.max(...all.map((result) => result.cpu / result.seconds)).toFixed(2)),
    errors: all.reduce((sum, result) => sum + result.errors, 0),
  };
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bauhinia-bench-'));
  const ldif = join(folder, 'directory.ldif');
  const environment = {
    BAUHINIA_DATA_DIR: join(folder, 'data'),
    BAUHINIA_DEMO: '1',
    BAUHINIA_WORKERS: values.workers,
  };
  const closing: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  try {
    const began = performance.now();
    for (const args of [
      ['seed', '--staff', values.people, '--password', password],
      ['export', 'ldif', '--user-attributes', '--out', ldif],
    ]) {
      const result = await runProgram(args, environment);
      if (result.status !== 0) throw new Error(`bauhinia ${args.join(' ')}: ${result.stderr}`);
    }
    say(
      `${values.people} people generated and exported in ${((performance.now() - began) / 1000).toFixed(1)} s`,
    );
    const server = await startServer({ environment, dataDir: join(folder, 'data') });
    closing.push(() => server.remove());
    const [port = 0] = await freePorts(1);
    const rootDn = `cn=root,${suffix}`;
    const slapd = await startSlapd({ folder, port, suffix, rootDn, password, ldif });
    closing.push(() => slapd.stop());
    say(
      `${slapd.version} loaded in ${slapd.loadSeconds.toFixed(1)} s; ${values.workers} workers, ${values.connections} connections`,
    );
    const ours = { port: server.ports.ldap, bindDn: `uid=u000001,ou=people,${suffix}` };
    const theirs = { port, bindDn: rootDn };
    const results: Figures[] = [];
    for (const kind of kinds) {
      const figures = await measure(kind, ours, theirs);
      results.push(figures);
      say(
        `${kind.padEnd(10)} bauhinia ${figures.bauhinia} slapd ${figures.slapd} ${figures.unit}  ratio ${figures.ratio}  ` +
          `(${figures.ratios.join(', ')})  p99 ${figures.p99.bauhinia.toFixed(2)} / ${figures.p99.slapd.toFixed(2)} ms  ` +
          `generator ${figures.generatorCpu} core  errors ${figures.errors}`,
      );
    }
    if (values.json)
      process.stdout.write(
        `${JSON.stringify({ peer: slapd.version, people: Number(values.people), results })}\n`,
      );
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

await main();
