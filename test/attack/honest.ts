// What honest clients meet while somebody attacks: the mail system's searches, root DSE reads, right binds on fresh
// connections and a web page, at a fixed pace whatever the answers take. Quiet and attacked periods alternate in one
// run, so that a slow machine slows both; only their ratio is asserted.
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import {
  bindRequest,
  equality,
  present,
  type RawAnswer,
  readAnswer,
  searchRequest,
  sizeOfFirst,
  TAG,
} from '../ldap/raw_client.ts';
import { type Attack, type AttackCounts, startAttacker } from './attacker.ts';
import type { BindName, City } from './city.ts';

export type Act = 'search' | 'root DSE' | 'bind' | 'page';
const acts: readonly Act[] = ['search', 'root DSE', 'bind', 'page'];

export interface Latencies {
  p50: number; // milliseconds
  p99: number;
  count: number;
  /** What went wrong, in words; empty when everything was answered rightly. */
  errors: string[];
}
export type Measurement = Record<Act, Latencies>;

export interface Comparison {
  /** Each the median of its periods. */
  quiet: Measurement;
  attacked: Measurement;
  /** What the attacker did in each attacked period. */
  attacks: AttackCounts[];
}

export interface UnderOptions {
  /** Quiet and attacked periods each, at least; 3. */
  rounds?: number;
  /** Milliseconds of one period; 3,000. */
  periodMs?: number;
}

const pace = { search: 10, 'root DSE': 20, bind: 100, page: 50 } as const satisfies Record<Act, number>; // ms between two
const connections = 8;
const knownAccounts = 20;
/** An answer that is not there by then does not come; it counts as this long. */
const patienceMs = 5_000;
/** A server that is not itself again this long after an attack was stopped has fallen. */
const recoveryMs = 20_000;
/** Below this a quiet p99 says more about the scheduler of a shared machine than about the server. */
const noiseFloorMs = 5;
const allowedRatio = 10;

/** One connection that many requests may be under way on. */
class Line {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (answer: RawAnswer | null) => void>();
  #rest: Buffer = Buffer.alloc(0);
  #last = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', () => {
      for (const answered of this.#waiting.values()) answered(null);
    });
    socket.on('data', (chunk: Buffer) => {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      for (let size = sizeOfFirst(this.#rest); size <= this.#rest.length; size = sizeOfFirst(this.#rest)) {
        const answer = readAnswer(this.#rest.subarray(0, size));
        this.#rest = this.#rest.subarray(size);
        if (answer.tag === TAG.entry) continue;
        this.#waiting.get(answer.messageId)?.(answer);
        this.#waiting.delete(answer.messageId);
      }
    });
  }

  static async open(port: number): Promise<Line> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const line = new Line(socket);
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
    return line;
  }

  /** What went wrong; null when the answer was a success. */
  ask(request: (messageId: number) => Buffer): Promise<string | null> {
    const messageId = ++this.#last;
    if (this.#socket.destroyed) return Promise.resolve('the connection is closed');
    this.#socket.write(request(messageId));
    return new Promise((resolve) => {
      const late = setTimeout(() => resolve('no answer'), patienceMs);
      this.#waiting.set(messageId, (answer) => {
        clearTimeout(late);
        if (answer === null) resolve('the connection ended');
        else resolve(answer.code === 0 ? null : `${answer.code} ${answer.text}`);
      });
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** The honest clients of a city, connected for as long as a test lasts. */
class Honest {
  readonly #city: City;
  readonly #lines: Line[] = [];
  readonly #agent = new Agent({ keepAlive: true });
  readonly #counts: Record<Act, number> = { search: 0, 'root DSE': 0, bind: 0, page: 0 };

  constructor(city: City) {
    this.#city = city;
  }

  /** Binds every account that is used later once, so that a bind is that of an account known to the server. */
  async connect(): Promise<void> {
    const { server, mail } = this.#city;
    for (let place = 0; place < connections; place++) {
      const line = await Line.open(server.ports.ldap);
      const failed = await line.ask((id) => bindRequest(id, mail.dn, mail.password));
      expect(failed, 'bind of the mail system').to.equal(null);
      this.#lines.push(line);
    }
    // Twice in a row: connections are dealt out in turn, so that each worker has met each account.
    for (let number = 1; number <= knownAccounts; number++) {
      for (const _ of [1, 2]) expect(await this.#bind(this.#city.person(number))).to.equal(null);
    }
    expect(await this.#page()).to.equal(null);
  }

  close(): void {
    for (const line of this.#lines) line.close();
    this.#agent.destroy();
  }

  /** Waits until searches on every line are answered as if nothing had happened. */
  async recovered(): Promise<void> {
    const deadline = performance.now() + recoveryMs;
    for (let quick = 0; quick < 3 * this.#lines.length; ) {
      const asked = performance.now();
      const failed = await this.#do('search');
      quick = failed === null && performance.now() - asked < 10 * noiseFloorMs ? quick + 1 : 0;
      if (performance.now() > deadline) throw new Error(`not recovered ${recoveryMs} ms after the attack`);
    }
  }

  async measure(periodMs: number): Promise<Measurement> {
    const [search, rootDse, bind, page] = await Promise.all(acts.map((act) => this.#repeat(act, periodMs)));
    if (!search || !rootDse || !bind || !page) throw new Error('nothing was measured');
    return { search, 'root DSE': rootDse, bind, page };
  }

  /** Asks at a fixed pace without waiting for answers: a server that stands still is asked as often as one that runs. */
  async #repeat(act: Act, periodMs: number): Promise<Latencies> {
    const asked: Promise<{ took: number; failed: string | null }>[] = [];
    const began = performance.now();
    for (let due = began; due < began + periodMs; due += pace[act]) {
      const now = performance.now();
      if (due > now) await pause(due - now);
      const sent = performance.now();
      asked.push(this.#do(act).then((failed) => ({ took: performance.now() - sent, failed })));
    }
    const answers = await Promise.all(asked);
    const times = answers.map(({ took }) => took).sort((one, other) => one - other);
    return {
      p50: percentile(times, 0.5),
      p99: percentile(times, 0.99),
      count: times.length,
      errors: answers.flatMap(({ failed }) => failed ?? []),
    };
  }

  #do(act: Act): Promise<string | null> {
    const count = this.#counts[act]++;
    const { suffix, people, person } = this.#city;
    const line = this.#lines[count % this.#lines.length];
    if (line === undefined) return Promise.resolve('not connected');
    if (act === 'bind') return this.#bind(person(1 + (count % knownAccounts)));
    if (act === 'page') return this.#page();
    if (act === 'root DSE') return line.ask((id) => searchRequest(id, '', 0, present('objectClass')));
    const uid = `u${String(1 + ((count * 7919) % people)).padStart(6, '0')}`;
    return line.ask((id) => searchRequest(id, suffix, 2, equality('uid', uid), ['mail']));
  }

  async #bind({ dn, password }: BindName): Promise<string | null> {
    const line = await Line.open(this.#city.server.ports.ldap);
    const failed = await line.ask((id) => bindRequest(id, dn, password));
    line.close();
    return failed;
  }

  #page(): Promise<string | null> {
    const { http } = this.#city.server.ports;
    const options = { host: '127.0.0.1', port: http, path: '/livez', agent: this.#agent };
    return new Promise((resolve) => {
      const late = setTimeout(() => request.destroy(new Error('no answer')), patienceMs);
      const done = (failed: string | null): void => {
        clearTimeout(late);
        resolve(failed);
      };
      const request = get(options, (response) => {
        response.resume();
        response.once('end', () => done(response.statusCode === 200 ? null : `HTTP ${response.statusCode}`));
      });
      request.once('error', (error) => done(error.message));
    });
  }
}

function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

function median(values: readonly number[]): number {
  return percentile(
    [...values].sort((one, other) => one - other),
    0.5,
  );
}

/** The middle of several periods: what happens in one alone is the machine, what happens in most is the attack. */
function middle(periods: readonly Measurement[], act: Act): Latencies {
  return {
    p50: median(periods.map((period) => period[act].p50)),
    p99: median(periods.map((period) => period[act].p99)),
    count: periods.reduce((sum, period) => sum + period[act].count, 0),
    errors: periods.flatMap((period) => period[act].errors),
  };
}

function summary(periods: readonly Measurement[]): Measurement {
  return {
    search: middle(periods, 'search'),
    'root DSE': middle(periods, 'root DSE'),
    bind: middle(periods, 'bind'),
    page: middle(periods, 'page'),
  };
}

/**
 * A comparison that would fail is measured again: on a shared machine one of a few periods may be slowed by others, and the
 * median of many is not; what an attack does stays.
 */
const mostRounds = 12;

/** p99 under attack that is still unharmed: ten times the quiet one. */
function allowedP99(quiet: Latencies): number {
  return allowedRatio * Math.max(quiet.p99, noiseFloorMs);
}

function isSlowed({ quiet, attacked }: Pick<Comparison, 'quiet' | 'attacked'>): boolean {
  return acts.some((act) => attacked[act].p99 >= allowedP99(quiet[act]));
}

/**
 * Measures honest clients in quiet periods and in periods under `attack`, in turn. The attack runs in its own process
 * (attacker.ts) and is ended here.
 */
export async function under(city: City, attack: Attack, options: UnderOptions = {}): Promise<Comparison> {
  const { rounds = 3, periodMs = 3_000 } = options;
  const honest = new Honest(city);
  const quiet: Measurement[] = [];
  const attacked: Measurement[] = [];
  const attacks: AttackCounts[] = [];
  try {
    await honest.connect();
    await honest.measure(1_000); // warms up
    const isDue = (round: number): boolean =>
      round < rounds ||
      (round < mostRounds && isSlowed({ quiet: summary(quiet), attacked: summary(attacked) }));
    for (let round = 0; isDue(round); round++) {
      quiet.push(await honest.measure(periodMs));
      await attack.begin();
      attacked.push(await honest.measure(periodMs));
      attacks.push(await attack.pause());
      await honest.recovered();
    }
  } finally {
    honest.close();
    await attack.end();
  }
  return { quiet: summary(quiet), attacked: summary(attacked), attacks };
}

/** `under`, with an attack program of this folder and its options. */
export function underProgram(
  city: City,
  program: string,
  attack: unknown,
  options: UnderOptions = {},
): Promise<Comparison> {
  return under(city, startAttacker(program, attack), options);
}

/** What was measured, for a person. */
export function describeComparison({ quiet, attacked, attacks }: Comparison): string {
  const lines = acts.map(
    (act) =>
      `${act}: p50 ${quiet[act].p50.toFixed(1)} -> ${attacked[act].p50.toFixed(1)} ms, ` +
      `p99 ${quiet[act].p99.toFixed(1)} -> ${attacked[act].p99.toFixed(1)} ms, ` +
      `${attacked[act].errors.length} of ${attacked[act].count} failed`,
  );
  return `${lines.join('; ')}; attacker ${JSON.stringify(attacks)}`;
}

/** Every honest request is answered rightly, and its p99 stays below ten times the quiet one. */
export function expectUnharmed(comparison: Comparison): void {
  const { quiet, attacked } = comparison;
  const said = describeComparison(comparison);
  for (const act of acts) {
    expect(attacked[act].errors.slice(0, 3), `${act} under attack: ${said}`).to.deep.equal([]);
    expect(attacked[act].p99, `p99 of ${act} under attack: ${said}`).to.be.below(allowedP99(quiet[act]));
  }
}
