// The demo's passwords are printed in the README: nobody but this machine may reach a demo, and sign-on without TLS is
// answered only where the connection itself came over loopback, whatever the issuer is called.
import { networkInterfaces } from 'node:os';
import { expect } from 'chai';
import { Registry } from 'prom-client';
import { systemClock } from '../../src/clock.ts';
import { createWebApp } from '../../src/http/app.ts';
import { listenWeb } from '../../src/http/listeners.ts';
import { createLocalLimits } from '../../src/limits/limits.ts';
import { silentLog } from '../../src/log.ts';
import { manyConnections } from '../http/connections.ts';
import { newSettings, runProgram } from '../journeys/running_server.ts';

const configuration = 78;

function ownAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}

describe('the demo offered to other machines', function () {
  this.timeout(60_000);

  for (const host of ['0.0.0.0', '::', '127.0.0.1.nip.example', 'directory.example.gov.hk', '10.1.2.3']) {
    it(`does not start on ${host}`, async () => {
      const environment = { ...(await newSettings()), BAUHINIA_HOST: host };
      const { status, stdout, stderr } = await runProgram(['serve'], environment);
      expect(status, stderr).to.equal(configuration);
      expect(stdout).to.equal('');
      expect(stderr).to.contain('BAUHINIA_HOST').and.contain('BAUHINIA_DEMO').and.contain('127.0.0.1');
    });
  }

  it('does not answer sign-on without TLS on an address that others reach, though the issuer is on loopback', async () => {
    const address = ownAddress();
    if (address === undefined) throw new Error('this machine has no address besides loopback');
    const app = createWebApp({
      ...{ issuer: 'http://localhost:8080', trustedProxies: [], cookieKeys: ['a key'], bodyLimit: 1000 },
      ...{ clock: systemClock, log: silentLog, registry: new Registry(), publicFaces: [] },
      ...{ limits: createLocalLimits(systemClock), refusalsPerAddress: 1000 },
      ...{ metrics: { contentType: 'text/plain', text: async () => '' }, metricsToken: null },
      health: {
        phase: () => 'serving',
        takesConnections: () => true,
        replica: () => ({ applied: 1, entries: 1, connected: true, staleSince: null, leftOut: 0 }),
        database: () => 'connected',
      },
      faces: [
        async (ctx, next) => {
          if (ctx.path !== '/oidc/authorize') return next();
          ctx.body = 'sign in';
        },
      ],
    });
    const listener = await listenWeb(app.callback(), {
      host: '0.0.0.0',
      port: 0,
      connections: manyConnections(),
    });
    const status = async (host: string) =>
      (await fetch(`http://${host}:${listener.port}/oidc/authorize`)).status;
    expect(await status('127.0.0.1')).to.equal(200);
    expect(await status(address)).to.equal(404);
    await listener.close(1000);
  });
});
