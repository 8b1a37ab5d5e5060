// Ten thousand and more anonymous web requests against the city: what they leave in the database is bounded, and honest
// people go on signing in as fast as before, within a factor.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import pg from 'pg';
import { demoUids } from '../../seeds/demo_facts.ts';
import { demoPassword } from '../../seeds/demo_secrets.ts';
import { startAt } from '../journeys/systems.ts';
import { signIn } from '../oidc/relying_party.ts';
import { startAttacker } from './attacker.ts';
import { type City, openCity, strangerAddress } from './city.ts';
import { describeComparison, expectUnharmed, under } from './honest.ts';
import type { WebFloodOptions } from './web_flood.ts';

const addresses = [strangerAddress(101), strangerAddress(102), strangerAddress(103)];
/** BAUHINIA_WEB_SIGN_ONS_PER_ADDRESS: at once, and a tenth a minute. */
const signOns = { atOnce: 600, perMinute: 60 };
const leastRequests = 10_000;

function withoutState({ searchParams }: URL): string {
  const query = new URLSearchParams(searchParams);
  query.delete('state'); // each request has its own
  return query.toString();
}

describe('anonymous web requests against a whole server', function () {
  this.timeout(300_000);
  let city: City;
  let database: pg.Client;
  let options: WebFloodOptions;
  before(async function () {
    this.timeout(300_000);
    city = await openCity();
    const { password, port } = JSON.parse(readFileSync(join(city.server.dataDir, 'postgres.json'), 'utf8'));
    database = new pg.Client(`postgres://postgres:${password}@127.0.0.1:${port}/bauhinia`);
    await database.connect();
    const started = await startAt(city.server.issuer, 'im');
    options = {
      ...{ port: city.server.ports.http, addresses, perSecond: 400, most: leastRequests },
      cookies: ['', await endedSession(), 'bauhinia_session=guess; bauhinia_session.sig=guess'],
      authorize: withoutState(started.url),
    };
  });
  after(() => database?.end());

  const signedIn = async () => {
    const started = await startAt(city.server.issuer, 'im');
    const callback = await signIn(started, demoUids.clerk, demoPassword);
    expect(callback.searchParams.get('code')).to.be.a('string');
    return started;
  };

  /** The signed cookie of a session that has ended since. */
  async function endedSession(): Promise<string> {
    const { browser } = await signedIn();
    const page = await browser.open(new URL('/oidc/logout', city.server.issuer));
    const cookie = page.headers.getSetCookie().map((line) => line.split(';')[0] ?? '');
    await browser.submit(page, { logout: 'yes' });
    expect(cookie.join('; ')).to.contain('bauhinia_session=');
    return cookie.join('; ');
  }

  async function rows(...models: string[]): Promise<number> {
    const answer = await database.query<{ rows: string }>(
      'select count(*) as rows from oidc_artifact where model = any($1)',
      [models],
    );
    return Number(answer.rows[0]?.rows);
  }

  it('leave a bounded number of rows, and keep nobody from signing in', async () => {
    const measure = async (ms: number): Promise<number[]> => {
      const times: number[] = [];
      for (const end = performance.now() + ms; performance.now() < end; ) {
        const began = performance.now();
        await signedIn();
        times.push(performance.now() - began);
      }
      return times;
    };
    const p99 = (times: number[]): number => {
      const sorted = [...times].sort((one, other) => one - other);
      return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? 0;
    };
    await measure(500);
    const quiet = await measure(5_000);
    const before = await rows('Interaction', 'PushedAuthorizationRequest');
    const others = await rows('Session');
    const began = performance.now();
    const attack = startAttacker('web_flood', options);
    const attacked: number[] = [];
    let sent = 0;
    try {
      while (sent < leastRequests) {
        await attack.begin();
        attacked.push(...(await measure(5_000)));
        sent += (await attack.pause()).sent ?? 0;
      }
    } finally {
      await attack.end();
    }
    const minutes = (performance.now() - began) / 60_000;
    const left = (await rows('Interaction', 'PushedAuthorizationRequest')) - before;
    const said =
      `${sent} requests left ${left} rows; sign-ons: ${quiet.length} quiet, p99 ${p99(quiet).toFixed(0)} ms, ` +
      `${attacked.length} attacked, p99 ${p99(attacked).toFixed(0)} ms`;
    process.stdout.write(`      ${said}\n`);
    // An interaction of every finished sign-on is gone; what is left is the strangers'.
    expect(left).to.be.at.least(1);
    expect(left, said).to.be.at.most(addresses.length * (signOns.atOnce + signOns.perMinute * (minutes + 1)));
    expect((await rows('Session')) - others, said).to.be.at.most(attacked.length);
    expect(p99(attacked), said).to.be.below(10 * p99(quiet));
  });

  it('harm nobody else', async () => {
    const comparison = await under(city, startAttacker('web_flood', options));
    process.stdout.write(`      ${describeComparison(comparison)}\n`);
    expectUnharmed(comparison);
  });
});
