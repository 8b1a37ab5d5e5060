import { expect } from 'chai';
import * as oidc from 'openid-client';
import { discover, exchange, refusalOf, signIn, start, tokensOf } from './relying_party.ts';
import { openSignOn, type SignOn } from './sign_on.ts';

describe('refresh, revocation and introspection (RFC 6749 6, RFC 9700 4.14, RFC 7009, RFC 7662)', () => {
  let signOn: SignOn;
  let person: string;
  before(async () => {
    signOn = await openSignOn();
    person = signOn.officers.chan.person ?? '';
  });
  after(() => signOn.close());

  it('rotates refresh tokens without prolonging them', async () => {
    const { started, tokens } = await tokensOf(signOn, 'im');
    const next = await oidc.refreshTokenGrant(started.config, tokens.refresh_token ?? '');
    expect(next.refresh_token).to.be.a('string').that.does.not.equal(tokens.refresh_token);
    expect(next.claims()).to.include({ sub: person });
    const info = await oidc.fetchUserInfo(started.config, next.access_token, person);
    expect(info.preferred_username).to.equal('tmchan');
    const rows = await signOn.pool
      .knex('oidc_artifact')
      .select('expires_at')
      .where({ model: 'RefreshToken' });
    const [first, second] = rows.map(({ expires_at }) => expires_at.getTime());
    expect(Math.abs(first - second)).to.be.at.most(2000);
  });

  it('stores no code or token that whoever reads the database could use', async () => {
    const { tokens } = await tokensOf(signOn, 'im');
    const rows = await signOn.pool.knex('oidc_artifact').select('model', 'id', 'payload');
    const dump = JSON.stringify(rows);
    expect(dump).to.contain('RefreshToken');
    for (const secret of [tokens.access_token, tokens.refresh_token]) {
      expect(secret).to.be.a('string');
      expect(dump.includes(secret ?? '')).to.equal(false);
    }
  });

  it('takes the reuse of a refresh token for theft: everything of the grant is revoked', async () => {
    const { started, tokens } = await tokensOf(signOn, 'im');
    const next = await oidc.refreshTokenGrant(started.config, tokens.refresh_token ?? '');
    const reuse = oidc.refreshTokenGrant(started.config, tokens.refresh_token ?? '');
    expect(await refusalOf(reuse)).to.equal('invalid_grant');
    const successor = oidc.refreshTokenGrant(started.config, next.refresh_token ?? '');
    expect(await refusalOf(successor)).to.equal('invalid_grant');
    expect(await refusalOf(oidc.fetchUserInfo(started.config, next.access_token, person))).to.equal(
      'invalid_token',
    );
  });

  it('lets exactly one of four refresh with one token at once', async () => {
    const { started, tokens } = await tokensOf(signOn, 'im');
    const outcomes = await Promise.all(
      Array.from({ length: 4 }, () =>
        refusalOf(oidc.refreshTokenGrant(started.config, tokens.refresh_token ?? '')),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === 'none')).to.have.length(1);
    expect(outcomes.filter((outcome) => outcome === 'invalid_grant')).to.have.length(3);
  });

  it('refuses another client’s refresh token and a wrong client secret', async () => {
    const { tokens } = await tokensOf(signOn, 'im');
    const other = await discover(signOn, 'mail');
    expect(await refusalOf(oidc.refreshTokenGrant(other, tokens.refresh_token ?? ''))).to.equal(
      'invalid_grant',
    );
    const guess = await oidc.discovery(
      new URL(signOn.issuer),
      'im',
      undefined,
      oidc.ClientSecretPost('guess'),
      {
        execute: [oidc.allowInsecureRequests],
      },
    );
    expect(await refusalOf(oidc.refreshTokenGrant(guess, tokens.refresh_token ?? ''))).to.equal(
      'invalid_client',
    );
  });

  it('revokes at the client’s wish', async () => {
    const { started, tokens } = await tokensOf(signOn, 'im');
    await oidc.tokenRevocation(started.config, tokens.access_token);
    expect(await refusalOf(oidc.fetchUserInfo(started.config, tokens.access_token, person))).to.equal(
      'invalid_token',
    );
  });

  it('introspects own tokens, and all for a resource server, with what mail servers match', async () => {
    const { started, tokens } = await tokensOf(signOn, 'im');
    const own = await oidc.tokenIntrospection(started.config, tokens.access_token);
    expect(own).to.include({ active: true, username: 'tmchan', email: 'tmchan@csb.gov.hk', acr: 'password' });
    const mail = await discover(signOn, 'mail'); // a resource server, by its setting
    expect(await oidc.tokenIntrospection(mail, tokens.access_token)).to.include({
      active: true,
      sub: person,
    });
    const police = await discover(signOn, 'police');
    expect(await oidc.tokenIntrospection(police, tokens.access_token)).to.deep.equal({ active: false });
  });

  it('releases the clearance only to a system approved for it, and never above what a password supports', async () => {
    const scope = 'openid profile clearance';
    const approved = await tokensOf(signOn, 'im', { scope });
    expect(approved.tokens.claims()?.clearance).to.equal('RESTRICTED'); // CONFIDENTIAL takes a second factor
    const info = await oidc.fetchUserInfo(approved.started.config, approved.tokens.access_token, person);
    expect(info.clearance).to.equal('RESTRICTED');
    const unapproved = await tokensOf(signOn, 'mail', { scope });
    expect(unapproved.tokens.claims()).to.not.have.property('clearance');
  });

  it('releases nothing by the claims parameter that the client is not registered for', async () => {
    const mail = signOn.clients.get('mail');
    if (mail === undefined) throw new Error('no client');
    signOn.clients.set('mail', { ...mail, metadata: { ...mail.metadata, scope: 'openid email' } });
    const wanted = { email: null, groups: null, clearance: null, name: null };
    const claims = JSON.stringify({ id_token: wanted, userinfo: wanted });
    const { tokens } = await tokensOf(signOn, 'mail', { scope: 'openid', claims });
    expect(tokens.claims()).to.include({ email: 'tmchan@csb.gov.hk' });
    expect(tokens.claims()).to.not.have.any.keys('groups', 'clearance', 'name');
    expect(tokens.refresh_token).to.equal(undefined);
    signOn.clients.set('mail', mail);
  });

  it('ends refresh tokens without offline_access with the session, and keeps those with it', async () => {
    const online = await start(signOn, 'im');
    const tokens = await exchange(online, await signIn(online));
    const offline = await start(
      signOn,
      'mail',
      { scope: 'openid offline_access', prompt: 'consent' },
      online.browser,
    );
    const asked = await online.browser.open(offline.url); // by prompt=consent, first party or not
    expect(asked.away).to.equal(null);
    const { away } = await online.browser.submit(asked, { action: 'consent' });
    const kept = await exchange(offline, away ?? new URL('about:blank'));
    const question = await online.browser.open('/oidc/logout');
    await online.browser.submit(question, { logout: 'yes' });
    const ended = oidc.refreshTokenGrant(online.config, tokens.refresh_token ?? '');
    expect(await refusalOf(ended)).to.equal('invalid_grant');
    const next = await oidc.refreshTokenGrant(offline.config, kept.refresh_token ?? '');
    expect(next.access_token).to.be.a('string');
  });

  it('records tokens given and refused', async () => {
    const { started, tokens } = await tokensOf(signOn, 'im');
    await refusalOf(oidc.refreshTokenGrant(started.config, 'no-such-token'));
    const acts = signOn.events.map(({ act }) => act);
    expect(acts).to.deep.include({ act: 'session.start', client: 'im' });
    expect(acts).to.deep.include({ act: 'token.refused', client: 'im', error: 'invalid_grant' });
    const issued = signOn.events.findLast(({ act }) => act.act === 'token.issue');
    expect(issued).to.include({ origin: 'oidc', uid: 'tmchan', account: signOn.officers.chan.uuid });
    const written = JSON.stringify(signOn.events);
    expect(written).to.not.contain(tokens.access_token);
    expect(written).to.not.contain('Correct-Horse-9');
  });
});
