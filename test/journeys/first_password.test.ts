// A first password: what HR handed out opens nothing until its holder has changed it, and there is a way to, over LDAP and
// at sign-on. On a whole server of two workers; by ldapts, and by hand where the password policy control is asked for.
import { expect } from 'chai';
import type { Client } from 'ldapts';
import { demoUids } from '../../seeds/demo_facts.ts';
import { demoPassword } from '../../seeds/demo_secrets.ts';
import { BerReader } from '../../src/ldap/wire/ber_reader.ts';
import {
  bindRequest,
  control,
  extendedRequest,
  message,
  present,
  type RawAnswer,
  RawClient,
  searchRequest,
} from '../ldap/raw_client.ts';
import { tlv } from '../ldap/wire/tlv.ts';
import { openBrowser } from '../oidc/browser.ts';
import { exchange } from '../oidc/relying_party.ts';
import { type RunningServer, startServer } from './running_server.ts';
import { ldapClient, people, personDn, startAt } from './systems.ts';

const passwordModify = '1.3.6.1.4.1.4203.1.11.1';
const policyControl = '1.3.6.1.4.1.42.2.27.8.5.1';
const chosen = 'Harbour-View-7#';

/** PasswdModifyRequestValue (RFC 3062). */
function modifyValue(parts: { user?: string; old?: string; new?: string }): Buffer {
  const field = (tag: number, text: string | undefined) =>
    text === undefined ? [] : [tlv(tag, Buffer.from(text))];
  return tlv(0x30, ...field(0x80, parts.user), ...field(0x81, parts.old), ...field(0x82, parts.new));
}

/** The error that the policy control of an answer carries; null without the control. */
function policyError({ octets }: RawAnswer): number | null {
  const reader = new BerReader(octets);
  reader.enter(0x30);
  reader.integer();
  reader.skip(); // the operation
  if (reader.peek() !== 0xa0) return null;
  reader.enter(0xa0);
  reader.enter(0x30);
  expect(reader.text('controlType')).to.equal(policyControl);
  const value = new BerReader(reader.octetString());
  value.enter(0x30);
  if (value.peek() === 0xa0) value.skip();
  return value.peek() === 0x81 ? value.integer(0x81) : -1;
}

describe('a first password (RFC 3062, draft-behera-ldap-password-policy)', function () {
  this.timeout(120_000);
  let server: RunningServer;
  let serial = 0;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.remove());

  /** An officer whom HR has just created, with the password that was made for them. */
  async function joiner(): Promise<{ uid: string; first: string }> {
    serial += 1;
    const uid = `joiner${serial}`;
    const { password } = await server.json<{ password: string }>(
      ...[
        'person',
        'create',
        uid,
        '--surname',
        'Tang',
        '--given-name',
        'Kwun-chung',
        '--organisation',
        'CSB',
      ],
      ...['--staff-number', `88${serial}`, '--generate-password'],
    );
    await onEveryWorker(uid);
    return { uid, first: password };
  }

  /** The command line waits for no worker: new connections come to each in turn. */
  async function onEveryWorker(uid: string): Promise<void> {
    const deadline = performance.now() + 10_000;
    for (let found = 0; found < 4; ) {
      if (performance.now() > deadline) throw new Error(`${uid} is not in the directory`);
      const { searchEntries } = await withClient(async (client) => {
        await client.bind(personDn(demoUids.clerk), demoPassword);
        return client.search(people, { scope: 'one', filter: `(uid=${uid})` });
      });
      found = searchEntries.length === 1 ? found + 1 : 0;
    }
  }

  async function binds(uid: string, password: string): Promise<boolean> {
    const client = ldapClient(server.ldap);
    try {
      await client.bind(personDn(uid), password);
      return true;
    } catch (error) {
      expect(error).to.have.property('code', 49);
      return false;
    } finally {
      await client.unbind();
    }
  }

  async function withClient<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
    const client = ldapClient(server.ldap);
    try {
      return await work(client);
    } finally {
      await client.unbind();
    }
  }

  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 0,
      (error: { code?: number }) => error.code ?? -1,
    );

  it('opens nothing: a server that verifies by a bind is told 49', async () => {
    const { uid, first } = await joiner();
    expect(await binds(uid, first)).to.equal(false);
  });

  it('is changed by its holder without a bind, and the new one opens on both workers', async () => {
    const { uid, first } = await joiner();
    const change = (value: Buffer) => withClient((client) => client.exop(passwordModify, value));
    const dn = personDn(uid);
    expect(await codeOf(change(modifyValue({ user: dn, old: 'wrong', new: chosen })))).to.equal(49);
    expect(await codeOf(change(modifyValue({ user: dn, old: first, new: 'a' })))).to.equal(19);
    expect(await codeOf(change(modifyValue({ user: dn, old: first, new: first })))).to.equal(19);
    expect(await codeOf(change(modifyValue({ user: dn, new: chosen })))).to.equal(53);
    expect(await codeOf(change(modifyValue({ new: chosen })))).to.equal(53);
    await change(modifyValue({ user: dn, old: first, new: chosen }));
    for (let worker = 0; worker < 4; worker++) expect(await binds(uid, chosen)).to.equal(true);
    expect(await binds(uid, first)).to.equal(false);
    // Not again within a day, and not the one before.
    expect(await codeOf(change(modifyValue({ user: dn, old: chosen, new: 'Harbour-View-8#' })))).to.equal(19);
  });

  it('binds a client that knows the control, for nothing but the change', async () => {
    const { uid, first } = await joiner();
    const client = await RawClient.open(server.ports.ldap);
    const asked = control(policyControl, false);
    /** The same request with the control: what stands behind the messageID is the operation. */
    const withControl = (messageId: number, request: Buffer) => {
      const header = (request[1] ?? 0) < 0x80 ? 2 : 2 + ((request[1] ?? 0) & 0x7f);
      const operation = request.subarray(header + 2 + (request[header + 1] ?? 0));
      return message(messageId, operation, asked);
    };
    const bound = await client.ask(1, withControl(1, bindRequest(1, personDn(uid), first)));
    expect(bound.code).to.equal(0);
    expect(policyError(bound)).to.equal(2); // changeAfterReset

    const search = searchRequest(2, personDn(uid), 0, present('objectClass'), ['cn']);
    const refused = await client.ask(2, withControl(2, search));
    expect([refused.code, policyError(refused)]).to.deep.equal([50, 2]);

    const weak = extendedRequest(3, passwordModify, modifyValue({ old: first, new: 'Ab1#' }));
    const short = await client.ask(3, withControl(3, weak));
    expect([short.code, policyError(short)]).to.deep.equal([19, 6]); // passwordTooShort
    const without = await client.ask(
      4,
      withControl(4, extendedRequest(4, passwordModify, modifyValue({ new: chosen }))),
    );
    expect([without.code, policyError(without)]).to.deep.equal([53, 4]); // mustSupplyOldPassword

    const changed = await client.ask(
      5,
      extendedRequest(5, passwordModify, modifyValue({ old: first, new: chosen })),
    );
    expect(changed.code).to.equal(0);
    expect(
      (await client.ask(6, searchRequest(6, personDn(uid), 0, present('objectClass'), ['cn']))).code,
    ).to.equal(0);
    client.end();
    expect(await binds(uid, chosen)).to.equal(true);
  });

  it('of a bound officer changes on the same connection, which goes on; others end', async () => {
    const { uid, first } = await joiner();
    await withClient((client) =>
      client.exop(passwordModify, modifyValue({ user: personDn(uid), old: first, new: chosen })),
    );
    const other = ldapClient(server.ldap);
    await other.bind(personDn(uid), chosen);
    await withClient(async (client) => {
      await client.bind(personDn(uid), chosen);
      expect(
        await codeOf(client.exop(passwordModify, modifyValue({ old: 'wrong', new: 'Peak-Tram-88!x' }))),
      ).to.equal(49);
      expect((await client.exop('1.3.6.1.4.1.4203.1.11.3')).value).to.equal(`dn:${personDn(uid)}`);
    });
    await other.unbind();
  });

  it('is chosen by the server when none is named, and reset by nobody who may not', async () => {
    const { uid, first } = await joiner();
    const client = await RawClient.open(server.ports.ldap);
    const value = modifyValue({ user: personDn(uid), old: first });
    const { octets } = await client.ask(1, extendedRequest(1, passwordModify, value));
    client.end();
    const reader = new BerReader(octets);
    reader.enter(0x30);
    reader.integer();
    reader.enter(0x78);
    for (const _ of ['resultCode', 'matchedDN', 'diagnosticMessage']) reader.skip();
    const generated = new BerReader(reader.octetString(0x8b));
    generated.enter(0x30);
    expect(await binds(uid, generated.text('genPasswd', 0x80))).to.equal(true);
    await withClient(async (client) => {
      await client.bind(personDn(demoUids.clerk), demoPassword);
      const reset = client.exop(passwordModify, modifyValue({ user: personDn(uid), new: 'Peak-Tram-88!x' }));
      expect(await codeOf(reset)).to.equal(50);
      const unknown = client.exop(
        passwordModify,
        modifyValue({ user: personDn('nobody'), new: 'Peak-Tram-88!x' }),
      );
      expect(await codeOf(unknown)).to.equal(50);
    });
  });

  it('reset by an administrator must be changed again', async () => {
    const { uid, first } = await joiner();
    await withClient((client) =>
      client.exop(passwordModify, modifyValue({ user: personDn(uid), old: first, new: chosen })),
    );
    await withClient(async (client) => {
      await client.bind(personDn(demoUids.directoryAdministrator), demoPassword);
      await client.exop(passwordModify, modifyValue({ user: `u:${uid}`, new: 'Star-Ferry-31?q' }));
    });
    expect(await binds(uid, chosen)).to.equal(false);
    expect(await binds(uid, 'Star-Ferry-31?q')).to.equal(false);
    const again = modifyValue({ user: personDn(uid), old: 'Star-Ferry-31?q', new: 'Peak-Tram-88!x' });
    await withClient((client) => client.exop(passwordModify, again));
    expect(await binds(uid, 'Peak-Tram-88!x')).to.equal(true);
  });

  describe('at sign-on', () => {
    const fields = (current: string, next: string, repeated = next) => ({
      action: 'change',
      current,
      chosen: next,
      repeated,
    });

    it('leads to a page that changes it, and on to the system', async () => {
      const { uid, first } = await joiner();
      const started = await startAt(server.issuer, 'mail');
      const login = await started.browser.open(started.url);
      const page = await started.browser.submit(login, { action: 'login', uid, password: first });
      expect(page.body).to.contain('<h1>Change your password</h1>').and.to.contain(`value="${uid}"`);

      const unequal = await started.browser.submit(page, fields(first, chosen, 'Harbour-View-8#'));
      expect([unequal.status, unequal.away]).to.deep.equal([422, null]);
      expect(unequal.body).to.contain('The new password was not typed the same twice.');
      const weak = await started.browser.submit(unequal, fields(first, 'Tang-2847!'));
      expect(weak.status).to.equal(422);
      expect(weak.body).to.contain('must not be made of your names, your numbers or common words');
      expect(weak.body).not.to.contain('Tang-2847!').and.not.to.contain(first);
      const same = await started.browser.submit(weak, fields(first, first));
      expect(same.body).to.contain('must not be one of your last 8');
      await started.browser.open('/language/zh-Hant');
      const switched = await started.browser.open(same.url);
      expect(switched.body).to.contain('新密碼不可與最近 8 個密碼相同。').and.to.contain(`value="${uid}"`);

      const { away } = await started.browser.submit(switched, fields(first, chosen));
      const tokens = await exchange(started, away ?? new URL(server.issuer));
      expect(tokens.claims()?.preferred_username ?? uid).to.equal(uid);
      for (let worker = 0; worker < 4; worker++) expect(await binds(uid, chosen)).to.equal(true);
      expect(await binds(uid, first)).to.equal(false);
    });

    it('is changed at /account/password as well, in Chinese', async () => {
      const { uid, first } = await joiner();
      const browser = openBrowser({ origin: server.issuer, headers: { 'accept-language': 'zh-HK' } });
      const page = await browser.open('/account/password');
      expect(page.body).to.contain('<h1>更改密碼</h1>');
      const wrong = await browser.submit(page, { uid, ...fields('wrong', chosen) });
      expect([wrong.status, wrong.body.includes('用戶名稱或現時密碼不正確')]).to.deep.equal([422, true]);
      const done = await browser.submit(wrong, { uid, ...fields(first, chosen) });
      expect(done.body).to.contain('<h1>密碼已更改</h1>');
      expect(await binds(uid, chosen)).to.equal(true);
    });
  });
});
