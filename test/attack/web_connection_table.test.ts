// Hosts that connect to the web ports and never ask, on a server whose processes may open a thousand files: neither they
// nor their number take LDAP, the web or the database from anybody, and nothing is left of them afterwards.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { demoUids } from '../../seeds/demo_facts.ts';
import { demoPassword } from '../../seeds/demo_secrets.ts';
import { type RunningServer, startServer } from '../journeys/running_server.ts';
import { soon } from '../journeys/soon.ts';
import { personDn } from '../journeys/systems.ts';
import { bindRequest, RawClient } from '../ldap/raw_client.ts';

const openFiles = 1_024;
const honest = '127.0.67.1';
const hostile = '127.0.67.2';
const patienceMs = 5_000;

/** What an honest client was answered; `failed` where it was not. */
async function within<T>(answered: Promise<T>): Promise<T | string> {
  const late = new AbortController();
  const failed = pause(patienceMs, 'no answer', { signal: late.signal });
  failed.catch(() => undefined); // given up
  try {
    return await Promise.race([answered.catch((error: Error) => error.message), failed]);
  } finally {
    late.abort();
  }
}

describe('a table of web connections that strangers fill', function () {
  this.timeout(240_000);
  let server: RunningServer;
  before(async () => {
    server = await startServer({ environment: { BAUHINIA_WORKERS: '2' }, openFiles });
  });
  after(() => server.remove());

  async function bind(): Promise<number> {
    const socket = connect({ port: server.ports.ldap, host: '127.0.0.1', localAddress: honest });
    socket.on('error', () => undefined); // its end answers
    const client = new RawClient(socket);
    try {
      return (await client.ask(1, bindRequest(1, personDn(demoUids.clerk), demoPassword))).code;
    } finally {
      socket.destroy();
    }
  }
  function status(get: typeof getHttp, port: number, path: string): Promise<number | undefined> {
    const to = { host: '127.0.0.1', port, path, localAddress: honest, agent: false as const };
    return new Promise((resolve, reject) => {
      const sent = get({ ...to, rejectUnauthorized: false } as typeof to, (response) => {
        response.resume().once('end', () => resolve(response.statusCode));
      });
      sent.once('error', reject);
      sent.setTimeout(patienceMs, () => sent.destroy(new Error('no answer')));
    });
  }
  const askAll = () =>
    Promise.all([
      within(bind()),
      within(status(getHttp, server.ports.http, '/readyz')),
      within(status(getHttps as typeof getHttp, server.ports.https, '/readyz')),
      within(status(getHttp, server.ports.http, '/pki/issuing.crl')),
    ]);
  const served = [0, 200, 200, 200];

  /** Connects to both web ports without end, and keeps what is not closed. */
  function attack(): { stop(): { opened: number } } {
    const held = new Set<Socket>();
    let opened = 0;
    let stopped = false;
    async function line(port: number): Promise<void> {
      while (!stopped) {
        const socket = connect({ port, host: '127.0.0.1', localAddress: hostile });
        socket.on('error', () => undefined); // to be cut off is what it provokes
        socket.once('close', () => held.delete(socket));
        held.add(socket);
        await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => undefined);
        socket.resume();
        opened++;
        await pause(5);
      }
    }
    for (const port of [server.ports.http, server.ports.https])
      for (let number = 0; number < 8; number++) void line(port);
    return {
      stop() {
        stopped = true;
        for (const socket of held) socket.destroy();
        return { opened };
      },
    };
  }

  it('leaves LDAP, HTTP and HTTPS to others while it lasts, and everything after it', async () => {
    const workers = server.workers();
    const flood = attack();
    const answers: unknown[] = [];
    const most: number[] = [];
    const end = performance.now() + 12_000;
    while (performance.now() < end) {
      answers.push(await askAll());
      most.push(...workers.map((pid) => readdirSync(`/proc/${pid}/fd`).length));
      await pause(100);
    }
    const { opened } = flood.stop();
    expect(opened).to.be.greaterThan(2 * openFiles);
    expect(answers.filter((answer) => JSON.stringify(answer) !== JSON.stringify(served))).to.deep.equal([]);
    expect(Math.max(...most), 'open files of a worker').to.be.below(openFiles - 64);
    expect(await askAll()).to.deep.equal(served);
    expect(server.workers()).to.deep.equal(workers);
    expect(server.log()).to.contain('the limit of open files is below');
    expect(server.log()).to.not.match(/EMFILE|too many open files|worker died/i);
  });

  it('does not close the ports for good: workers that can take nothing are replaced', async () => {
    const workers = server.workers();
    for (const pid of workers) {
      const files = readdirSync(`/proc/${pid}/fd`).length;
      await promisify(execFile)('prlimit', [`--pid=${pid}`, `--nofile=${files}:${openFiles}`]);
    }
    const flood = attack();
    const replaced = () => server.workers().every((pid) => !workers.includes(pid));
    await soon(async () => replaced(), Boolean, 90_000).finally(() => flood.stop());
    expect(server.log()).to.contain('a worker takes no connections and is replaced');
    const after = await soon(askAll, (answer) => JSON.stringify(answer) === JSON.stringify(served));
    expect(after).to.deep.equal(served);
    expect(server.workers()).to.have.length(2);
  });
});
