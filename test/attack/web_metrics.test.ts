// The measurements of a node tell a stranger how large the service is and how an attack goes: they are for this machine and
// for whoever has the token, and they are of the node, not of whichever worker was asked.
import { expect } from 'chai';
import { type RunningServer, startServer } from '../journeys/running_server.ts';

const token = 'token-of-the-monitoring';

describe('measurements read by strangers', function () {
  this.timeout(60_000);
  let server: RunningServer;
  before(async () => {
    server = await startServer({
      environment: {
        ...{ BAUHINIA_WORKERS: '2', BAUHINIA_METRICS_TOKEN: token },
        BAUHINIA_TRUSTED_PROXIES: '127.0.0.1',
      },
    });
  });
  after(() => server?.remove());

  const ask = (path: string, headers: Record<string, string> = {}) =>
    fetch(server.http + path, { headers: { connection: 'close', accept: 'application/json', ...headers } });
  const sum = (text: string, line: RegExp): number => Number(line.exec(text)?.[1] ?? Number.NaN);

  it('are not there for them, whatever token they guess', async () => {
    for (const authorization of ['', 'Bearer', `Basic ${token}`, `Bearer ${token}x`, 'Bearer undefined']) {
      const answer = await ask('/metrics', { 'x-forwarded-for': '203.0.113.9', authorization });
      expect(answer.status).to.equal(404);
      expect(await answer.text()).to.not.contain('bauhinia_');
    }
    const authorization = `Bearer ${token}`;
    expect((await ask('/metrics', { 'x-forwarded-for': '203.0.113.9', authorization })).status).to.equal(200);
    expect((await ask('/metrics')).status).to.equal(200);
  });

  it('add up all workers, whichever is asked', async () => {
    const live = /bauhinia_http_requests_total\{method="GET",status="404"\} (\d+)/;
    const read = async () => (await ask('/metrics')).text();
    const before = sum(await read(), live);
    for (let request = 0; request < 20; request++) expect((await ask('/nothing')).status).to.equal(404);
    for (let time = 0; time < 6; time++) expect(sum(await read(), live) - before).to.equal(20);
    const text = await read();
    expect(text.match(/^bauhinia_worker_up\{worker="\d+"\} 1$/gm)).to.have.length(2);
    expect(text).to.match(/^bauhinia_replica_left_out 0$/m);
    expect(sum(text, /resident_memory_bytes\{process="primary"\} (\d+)/)).to.be.greaterThan(10_000_000);
    expect(text.match(/resident_memory_bytes\{process="worker \d+"\}/g)).to.have.length(2);
  });

  it('keep what a worker counted before it died', async () => {
    const seen = /bauhinia_http_requests_total\{method="GET",status="404"\} (\d+)/;
    const before = sum(await (await ask('/metrics')).text(), seen);
    const [pid] = server.workers();
    process.kill(pid ?? 0, 'SIGKILL');
    while (server.workers().length < 2 || server.workers().includes(pid ?? 0))
      await new Promise((resolve) => setTimeout(resolve, 20));
    const text = await (await ask('/metrics')).text();
    expect(text.match(/^bauhinia_worker_up\{worker="\d+"\} 1$/gm)).to.have.length(2);
    expect(sum(text, seen)).to.be.at.least(before);
  });
});
