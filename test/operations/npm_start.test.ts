// `npm start` as its operator stops it: the signal goes to npm, or to what npm started, and everything ends.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { packageRoot } from '../../src/package_root.ts';
import { databasePid, discard, newSettings } from '../journeys/running_server.ts';
import { soon } from '../journeys/soon.ts';

interface Started {
  npm: ChildProcess;
  dataDir: string;
  /** Every process that npm started, by parentage, npm itself and the database apart. */
  descendants: number[];
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('npm start', function () {
  this.timeout(120_000);
  let started: Started;

  beforeEach(async () => {
    const environment = await newSettings();
    const npm = spawn('npm', ['start'], {
      cwd: packageRoot,
      env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...environment },
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    for await (const line of createInterface(npm.stdout)) if (line.startsWith('bauhinia ready')) break;
    started = {
      npm,
      dataDir: environment.BAUHINIA_DATA_DIR ?? '',
      descendants: descendantsOf(npm.pid ?? 0),
    };
  });
  afterEach(() => {
    for (const pid of [started.npm.pid ?? 0, ...started.descendants])
      if (lives(pid)) process.kill(pid, 'SIGKILL');
    discard(started.dataDir);
  });

  async function allEnd(): Promise<void> {
    const left = async (): Promise<number[]> => started.descendants.filter(lives);
    expect(await soon(left, (pids) => pids.length === 0, 20_000)).to.deep.equal([]);
    expect(databasePid(started.dataDir)).to.equal(undefined);
  }

  it('ends with everything it started when npm is told to stop', async () => {
    const database = databasePid(started.dataDir);
    expect(database).to.be.a('number');
    expect(started.descendants.length).to.be.at.least(3); // the primary and two workers
    const exit = once(started.npm, 'exit');
    started.npm.kill('SIGTERM');
    const [status, signal] = await exit;
    expect([0, 143, 'SIGTERM']).to.include(signal ?? status);
    await allEnd();
  });

  it('ends when the process that npm started is told to stop', async () => {
    const exit = once(started.npm, 'exit');
    process.kill(started.descendants[0] ?? 0, 'SIGTERM');
    const [status] = await exit;
    expect(status).to.equal(0);
    await allEnd();
  });
});
