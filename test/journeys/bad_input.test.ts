// Input that is malformed, stale or false, on a running server: each gets a clear error with the right code, and nothing
// is lost or left behind. Bad settings and ports: test/operations/bad_start.test.ts.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import * as oidc from 'openid-client';
import { demoUids } from '../../seeds/demo_facts.ts';
import { demoPassword, demoSystemSecret } from '../../seeds/demo_secrets.ts';
import { bindRequest, RawClient, TAG } from '../ldap/raw_client.ts';
import { exchange, refusalOf, signIn } from '../oidc/relying_party.ts';
import { makeRequest, pem } from '../pki/requests.ts';
import { type RunningServer, startServer } from './running_server.ts';
import { startAt, systemDn } from './systems.ts';

describe('bad input on a running server', function () {
  this.timeout(60_000);
  let server: RunningServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.remove());

  const protocolError = 2;
  const adminLimitExceeded = 11;
  const malformed = [
    { what: 'is no BER', hex: '474554202f20485454502f312e310d0a', code: protocolError },
    { what: 'has a length of indefinite form', hex: '30800201', code: protocolError },
    { what: 'is longer than any message may be', hex: '30847fffffff0201', code: adminLimitExceeded },
    { what: 'has a message id that is no integer', hex: '300a04016142050a01000400', code: protocolError },
    { what: 'holds an operation that nobody defined', hex: '30050201037d00', code: protocolError },
    { what: 'holds a bind cut short', hex: '300c0201036307040000000000', code: protocolError },
  ];
  for (const { what, hex, code } of malformed) {
    it(`RFC 4511 4.1.1: a PDU that ${what} ends its own session with a notice, and no other`, async () => {
      const neighbour = await RawClient.open(server.ports.ldap);
      const client = await RawClient.open(server.ports.ldap);
      const dn = systemDn('mail');
      for (const one of [neighbour, client])
        expect(await one.ask(1, bindRequest(1, dn, demoSystemSecret('mail')))).to.include({ code: 0 });
      client.send(Buffer.concat([Buffer.from(hex, 'hex'), Buffer.alloc(64, 0xff)]));
      await client.ended();
      const notice = client.answers.at(-1);
      expect(notice).to.include({ messageId: 0, tag: TAG.extended, code });
      expect(notice?.text).to.be.a('string').and.not.equal('');
      expect(notice?.octets.toString('latin1')).to.contain('1.3.6.1.4.1.1466.20036');
      expect(await neighbour.ask(2, bindRequest(2, dn, demoSystemSecret('mail')))).to.include({ code: 0 });
      neighbour.end();
      expect(server.workers()).to.have.length(2);
    });
  }

  it('RFC 6749 4.1.2: a replayed authorization code is refused, and what it gave is taken back', async () => {
    const started = await startAt(server.issuer, 'im', { scope: 'openid offline_access', prompt: 'consent' });
    const callback = await signIn(started, demoUids.clerk, demoPassword);
    const tokens = await exchange(started, callback);
    const sub = tokens.claims()?.sub ?? '';
    expect(await oidc.fetchUserInfo(started.config, tokens.access_token, sub)).to.include({ sub });

    expect(await refusalOf(exchange(started, callback))).to.equal('invalid_grant');
    const { config } = started;
    expect(await refusalOf(oidc.fetchUserInfo(config, tokens.access_token, sub))).to.equal('invalid_token');
    expect(await refusalOf(oidc.refreshTokenGrant(config, tokens.refresh_token ?? ''))).to.equal(
      'invalid_grant',
    );
  });

  it('RFC 2986 3: a request whose signature does not verify is refused, and no certificate is made', async () => {
    const { der } = await makeRequest({ name: 'ECDSA', namedCurve: 'P-256' });
    const other = await makeRequest({ name: 'ECDSA', namedCurve: 'P-256' });
    // Another key's signature under a request that is whole in every other way.
    const forged = Buffer.concat([der.subarray(0, der.length - 64), other.der.subarray(-64)]);
    const file = join(server.dataDir, 'forged.pem');
    const out = join(server.dataDir, 'forged.crt');
    await writeFile(file, pem(forged));
    const request = ['certificate', 'request', '--person', demoUids.clerk, '--csr', file, '--out', out];
    const { status, stdout, stderr } = await server.cli(...request, '--json');
    expect(status).to.equal(2);
    expect(stdout).to.equal('');
    const { error } = JSON.parse(stderr);
    expect(error.code).to.equal('invalid_request');
    expect(error.detail).to.match(/signature/);
    expect(existsSync(out)).to.equal(false);
    expect(await server.json('certificate', 'list', '--person', demoUids.clerk)).to.deep.equal([]);
  });

  it('a request that is no request is refused as such', async () => {
    const file = join(server.dataDir, 'letter.pem');
    await writeFile(
      file,
      '-----BEGIN CERTIFICATE REQUEST-----\nTm90IGEgcmVxdWVzdA==\n-----END CERTIFICATE REQUEST-----\n',
    );
    const { status, stderr } = await server.cli(
      ...['certificate', 'request', '--person', demoUids.clerk, '--csr', file],
    );
    expect(status).to.equal(2);
    expect(stderr).to.match(/^bauhinia: .+\n$/);
  });

  it('all the while the trail stayed whole and no worker died', async () => {
    expect(await server.json('audit', 'verify')).to.include({ intact: true });
    expect(server.log()).to.not.contain('a worker died');
  });
});
