// What HR and the clearance officer record is seen by every system at once: acting appointments, also those dated ahead,
// nested groups, clearances. LDAP through ldapts, sign-on through openid-client.
import { expect } from 'chai';
import type { Client, Entry } from 'ldapts';
import * as oidc from 'openid-client';
import { demoUids } from '../../seeds/demo_facts.ts';
import { demoPassword, demoSystemSecret } from '../../seeds/demo_secrets.ts';
import type { SystemCode } from '../../seeds/relying_systems.ts';
import { exchange, refusalOf, signIn } from '../oidc/relying_party.ts';
import { type RunningServer, startServer } from './running_server.ts';
import { soon } from './soon.ts';
import { ldapClient, personDn, startAt, suffix, systemDn } from './systems.ts';

const uid = demoUids.clerk;

describe('changes of the directory, as systems see them', function () {
  this.timeout(60_000);
  let server: RunningServer;
  let client: Client;
  before(async () => {
    server = await startServer();
    client = ldapClient(server.ldap);
    await client.bind(systemDn('mail'), demoSystemSecret('mail'));
  });
  after(async () => {
    await client?.unbind();
    await server?.remove();
  });

  async function entryOf(person: string, ...attributes: string[]): Promise<Entry> {
    const { searchEntries } = await client.search(personDn(person), {
      scope: 'base',
      attributes,
      explicitBufferAttributes: [],
    });
    const [entry] = searchEntries;
    if (entry === undefined) throw new Error(`${person} is not in the directory`);
    return entry;
  }

  /** ldapts gives one value as it is, several as an array, none as an empty one. */
  async function values(person: string, attribute: string): Promise<string[]> {
    return [(await entryOf(person, attribute))[attribute] ?? []].flat().map(String);
  }

  async function shows(
    person: string,
    attribute: string,
    wanted: (found: string[]) => boolean,
  ): Promise<void> {
    expect(await soon(() => values(person, attribute), wanted)).to.satisfy(wanted);
  }

  async function signInAt(code: SystemCode, person: string, parameters: Record<string, string> = {}) {
    const started = await startAt(server.issuer, code, parameters);
    const tokens = await exchange(started, await signIn(started, person, demoPassword));
    return { config: started.config, tokens, claims: tokens.claims() };
  }

  it('an acting appointment is on the entry and in the claims', async () => {
    await server.json('post', 'create', 'CSB', 'ACT-1', '--title-en', 'Chief Clerk', '--rank', 'CO');
    expect(await values(uid, 'bauhiniaActingPost')).to.deep.equal([]);
    await server.json('person', 'act', uid, '--post', 'CSB/ACT-1', '--to', '2099-12-31');
    await shows(uid, 'bauhiniaActingPost', (found) => found.join() === 'CSB/ACT-1');
    const { claims } = await signInAt('im', uid);
    expect(claims?.acting_posts).to.deep.equal(['CSB/ACT-1']);
    expect(claims?.posts).to.include('CSB/ACT-1');
  });

  it('an appointment dated ahead takes effect by itself, at its instant, and ends likewise', async () => {
    await server.json('post', 'create', 'CSB', 'ACT-2', '--title-en', 'Chief Clerk 2', '--rank', 'CO');
    const from = new Date(Date.now() + 5_000);
    const to = new Date(Date.now() + 8_000);
    await server.json(
      ...[
        'person',
        'act',
        uid,
        '--post',
        'CSB/ACT-2',
        '--from',
        from.toISOString(),
        '--to',
        to.toISOString(),
      ],
    );
    const acts = async (): Promise<boolean> =>
      (await values(uid, 'bauhiniaActingPost')).includes('CSB/ACT-2');
    expect(await acts()).to.equal(false);
    expect(await soon(acts, (on) => on, 20_000)).to.equal(true);
    const began = Date.now() - from.getTime();
    expect(await soon(acts, (on) => !on, 20_000)).to.equal(false);
    const ended = Date.now() - to.getTime();
    process.stdout.write(`      took effect ${began} ms after its instant, ended ${ended} ms after\n`);
    for (const late of [began, ended]) expect(late).to.be.within(0, 10_000);
  });

  it('memberOf is the closure of nested groups, at once, both ways', async () => {
    const [inner, outer] = ['registry-clerks', 'all-clerks'];
    for (const group of [inner, outer]) await server.json('group', 'create', group);
    await server.json('group', 'add', outer, '--group', inner);
    await server.json('group', 'add', inner, '--person', uid);
    const dnOf = (group: string): string => `cn=${group},ou=groups,${suffix}`;
    await shows(uid, 'memberOf', (found) => found.includes(dnOf(inner)) && found.includes(dnOf(outer)));
    const { searchEntries } = await client.search(`ou=people,${suffix}`, {
      filter: `(memberOf=${dnOf(outer)})`,
      attributes: ['uid'],
    });
    expect(searchEntries.map(({ uid: name }) => name)).to.deep.equal([uid]);
    expect((await signInAt('im', uid)).claims?.groups).to.include.members([inner, outer]);

    await server.json('group', 'remove', outer, '--group', inner);
    expect(await values(uid, 'memberOf'))
      .to.include(dnOf(inner))
      .and.not.include(dnOf(outer));
  });

  it('a clearance is told to systems approved for it alone', async () => {
    const scope = 'openid profile clearance';
    const approved = await signInAt('im', demoUids.officer, { scope });
    expect(approved.claims?.clearance).to.equal('RESTRICTED'); // of CONFIDENTIAL: a password proves no more
    const asked = JSON.stringify({ id_token: { clearance: null }, userinfo: { clearance: null } });
    const { claims, config, tokens } = await signInAt('mail', demoUids.officer, { claims: asked });
    expect(claims).to.not.have.property('clearance');
    const info = await oidc.fetchUserInfo(config, tokens.access_token, claims?.sub ?? '');
    expect(info).to.not.have.property('clearance');
    const started = await startAt(server.issuer, 'mail', { scope });
    const { away } = await started.browser.open(started.url);
    expect(away?.searchParams.get('error')).to.equal('invalid_scope');
    expect(Object.keys(await entryOf(demoUids.officer, '*', '+')).join()).to.not.match(/clearance/i);
  });

  it('a withdrawn clearance ends what was signed in with it, and is gone from the next sign-in', async () => {
    const scope = 'openid profile clearance offline_access';
    const before = await signInAt('im', demoUids.officer, { scope, prompt: 'consent' });
    const sub = before.claims?.sub ?? '';
    expect(await oidc.fetchUserInfo(before.config, before.tokens.access_token, sub)).to.include({
      clearance: 'RESTRICTED',
    });
    await server.json('person', 'withdraw-clearance', demoUids.officer);
    const refused = async (): Promise<boolean> =>
      (await refusalOf(oidc.fetchUserInfo(before.config, before.tokens.access_token, sub))) ===
      'invalid_token';
    expect(await soon(refused, (closed) => closed)).to.equal(true);
    const { refresh_token = '' } = before.tokens;
    expect(await refusalOf(oidc.refreshTokenGrant(before.config, refresh_token))).to.equal('invalid_grant');
    const after = await signInAt('im', demoUids.officer, { scope });
    expect(after.claims?.clearance ?? 'NONE').to.equal('NONE');
  });
});
