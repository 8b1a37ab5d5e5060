// Five thousand new people beside a running server, as an HR file brings them: a new account has no session to end, and
// sign-on, the feed and the jobs keep their database connections.
import { expect } from 'chai';
import { type RunningServer, startServer } from '../journeys/running_server.ts';

describe('mass arrival', function () {
  this.timeout(180_000);
  let server: RunningServer;
  before(async () => {
    server = await startServer({ environment: { BAUHINIA_WORKERS: '2' } });
  });
  after(() => server?.remove());

  it('ends nothing and starves nobody', async () => {
    const waits: number[] = [];
    let seeding = true;
    const ask = async (): Promise<void> => {
      while (seeding) {
        const began = performance.now();
        // A failed refresh reads the database: it waits for a connection like every sign-on.
        const response = await fetch(`${server.issuer}/oidc/token`, {
          method: 'POST',
          headers: { authorization: `Basic ${Buffer.from('im:Bauhinia-im-2026').toString('base64')}` },
          body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x'.repeat(43) }),
        });
        expect(((await response.json()) as { error: string }).error).to.equal('invalid_grant');
        waits.push(performance.now() - began);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const asking = ask();
    const seeded = await server.cli('seed', '--staff', '5000', '--password', 'Mass-Arrival-2026');
    expect(seeded.status, seeded.stderr).to.equal(0);
    // The replicas take the new people in after the command has ended.
    const present = async () =>
      (await fetch(`${server.http}/readyz`)).json() as Promise<{ replica: { entries: number } }>;
    for (let held = 0; held < 5_000; ) held = (await present()).replica.entries;
    seeding = false;
    await asking;

    const faults = server
      .log()
      .split('\n')
      .filter((line) => /"level":(40|50|60)|"level":"(warn|error|fatal)"/.test(line));
    const seen = faults.map((line) => line.slice(0, 400));
    expect(seen.filter((line) => /sessions|pool|acquiring|database|job|audit/i.test(line))).to.deep.equal([]);
    waits.sort((one, other) => one - other);
    // Half of the ten seconds after which a request for a connection fails would be starving already.
    expect(waits.at(-1)).to.be.below(5_000);
    expect(waits.length).to.be.greaterThan(10);
  });
});
