import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { createLocalJWKSet, jwtVerify } from 'jose';
import * as oidc from 'openid-client';
import { exchange, refusalOf, signIn, start, tokensOf } from './relying_party.ts';
import { openSignOn, type SignOn } from './sign_on.ts';

/** A relying party's logout address: refuses the first notice, keeps the rest. */
async function openLogoutListener() {
  const notices: string[] = [];
  let refusals = 1;
  let received: () => void = () => undefined;
  const first = new Promise<void>((resolve) => {
    received = resolve;
  });
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    response.writeHead(refusals-- > 0 ? 503 : 200).end();
    if (refusals < 0) {
      notices.push(new URLSearchParams(body).get('logout_token') ?? '');
      received();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}/logout`, notices, first, close };
}

describe('the end of an account and of its sessions (DESIGN 3, OIDC Back-Channel Logout 1.0)', () => {
  let signOn: SignOn;
  before(async () => {
    signOn = await openSignOn();
  });
  after(() => signOn.close());

  it('refuses refresh, userinfo and introspection at once when the officer leaves', async () => {
    const { started, tokens } = await tokensOf(signOn, 'im', {}, 'leaver');
    const person = signOn.officers.leaver.person ?? '';
    signOn.directory.change('leaver', { state: 'DISABLED' });
    const refused = oidc.refreshTokenGrant(started.config, tokens.refresh_token ?? '');
    expect(await refusalOf(refused)).to.equal('invalid_grant');
    expect(await refusalOf(oidc.fetchUserInfo(started.config, tokens.access_token, person))).to.equal(
      'invalid_token',
    );
    expect(await oidc.tokenIntrospection(started.config, tokens.access_token)).to.deep.equal({
      active: false,
    });
    await signOn.sessionsEnded();
    const rows = await signOn.pool.knex('oidc_artifact').where({ account_id: person });
    expect(rows).to.deep.equal([]);
    const page = await started.browser.open((await start(signOn, 'im')).url);
    expect(page.body).to.contain('name="password"');
    signOn.directory.change('leaver', { state: 'ACTIVE' });
  });

  it('refuses what was issued before sessions_valid_from, even where nothing was deleted', async () => {
    const started = await start(signOn, 'im', {});
    const tokens = await exchange(started, await signIn(started, 'leaver'));
    const { leaver } = signOn.officers;
    const later = new Date(Date.now() + 60_000);
    // Straight into the record, without the notice that deletes: the check at use must hold by itself.
    Object.assign(signOn.directory.accountByUid('leaver') ?? {}, { sessions_valid_from: later });
    const refused = oidc.refreshTokenGrant(started.config, tokens.refresh_token ?? '');
    expect(await refusalOf(refused)).to.equal('invalid_grant');
    const again = await started.browser.open((await start(signOn, 'im')).url);
    expect(again.body).to.contain('name="password"');
    const silent = await started.browser.open((await start(signOn, 'im', { prompt: 'none' })).url);
    expect(silent.away?.searchParams.get('error')).to.equal('login_required');
    signOn.directory.change('leaver', { sessions_valid_from: leaver.sessions_valid_from });
  });

  it('tells the relying parties that had a session, on a private address, after a failure again, and once', async () => {
    const listener = await openLogoutListener();
    const im = signOn.clients.get('im');
    if (im === undefined) throw new Error('no client');
    signOn.directory.change('leaver', { sessions_valid_from: new Date() });
    await signOn.sessionsEnded();
    const metadata = { ...im.metadata, backchannel_logout_uri: listener.url };
    signOn.clients.set('im', { ...im, metadata });
    const { tokens } = await tokensOf(signOn, 'im', {}, 'leaver');
    const sid = tokens.claims()?.sid;
    expect(sid).to.be.a('string');
    signOn.directory.change('leaver', { sessions_valid_from: new Date(Date.now() + 1) });
    await listener.first;
    await signOn.sessionsEnded();
    expect(listener.notices).to.have.length(1);
    const jwks = await (await fetch(`${signOn.issuer}/oidc/jwks`)).json();
    const keys = createLocalJWKSet(jwks as Parameters<typeof createLocalJWKSet>[0]);
    const { payload } = await jwtVerify(listener.notices[0] ?? '', keys, {
      ...{ issuer: signOn.issuer, audience: 'im', typ: 'logout+jwt' },
    });
    expect(payload).to.include({ sub: signOn.officers.leaver.person, sid });
    expect(payload.events).to.have.property('http://schemas.openid.net/event/backchannel-logout');
    const ends = signOn.events.filter(({ act }) => act.act === 'session.end' && act.client === 'im');
    expect(ends).to.not.have.length(0);
    signOn.clients.set('im', im);
    await listener.close();
  });
});
