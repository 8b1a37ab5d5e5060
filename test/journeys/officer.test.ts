// The main story: HR adds an officer, who binds, signs in and receives certificates; a colleague writes to them; they
// leave and every door closes. One server of two workers, and no client that this project wrote.
import type { webcrypto } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Client, InvalidCredentialsError } from 'ldapts';
import * as oidc from 'openid-client';
import { demoUids } from '../../seeds/demo_facts.ts';
import { demoPassword, demoSystemSecret } from '../../seeds/demo_secrets.ts';
import { openBrowser } from '../oidc/browser.ts';
import { exchange, refusalOf, signIn } from '../oidc/relying_party.ts';
import { decrypt, encryptTo, openPkcs12, validate } from '../pki/relying_party.ts';
import { makeRequest, pem } from '../pki/requests.ts';
import {
  type AddressBook,
  authorityDn,
  derOf,
  fetchOnce,
  openAddressBook,
  readSigned,
  serials,
  sign,
} from './correspondent.ts';
import { type Door, latest, watchDoors } from './doors.ts';
import { connectionsOf, type RunningServer, startServer } from './running_server.ts';
import { soon } from './soon.ts';
import { ldapClient, mailLogin, people, personDn, startAt, systemDn } from './systems.ts';

const uid = 'kctang';
const password = 'Kwun-Tong-Line-9';
const colleague = demoUids.clerk;
const mail = 'kctang@csb.gov.hk';
const letter = '請於星期五前回覆。 Please reply by Friday.';

interface Issued {
  serial: string;
  pem: string;
}

describe('an officer, from the first day to the last', function () {
  this.timeout(60_000);
  let server: RunningServer;
  let book: AddressBook;
  let uuid: string;
  let signing: Issued;
  let signingKey: webcrypto.CryptoKey;
  let encryption: Issued;
  let pkcs12: { octets: Buffer; password: string };
  let sealed: string;
  let session: {
    config: oidc.Configuration;
    browser: ReturnType<typeof openBrowser>;
    refreshToken: string;
    accessToken: string;
  };

  before(async () => {
    server = await startServer();
    book = await openAddressBook(server.ldap, personDn(colleague), demoPassword);
  });
  after(async () => {
    await book?.close();
    await server?.remove();
  });

  const authority = async (name: string): Promise<Buffer> => fetchOnce(`${server.http}/pki/${name}.cer`);
  const crl = async (name: string): Promise<Buffer> => fetchOnce(`${server.http}/pki/${name}.crl`);
  const chainOf = async (leaf: Buffer) =>
    validate({
      leaf,
      intermediates: [await authority('issuing')],
      root: await authority('root'),
      crls: [await crl('issuing'), await crl('root')],
      at: new Date(),
    });

  it('HR adds them, with a post and a first password', async () => {
    await server.json('post', 'create', 'CSB', 'AS-9', '--title-en', 'Assistant Secretary 9', '--rank', 'AO');
    const passwordFile = join(server.dataDir, 'first_password');
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    const created = await server.json<{ uuid: string }>(
      ...['person', 'create', uid, '--surname', 'Tang', '--given-name', 'Kwun-chung', '--name-zh', '鄧冠中'],
      ...['--organisation', 'CSB', '--staff-number', '123456', '--post', 'CSB/AS-9'],
      ...['--password-file', passwordFile, '--no-must-change'],
    );
    expect(created).to.include({ uid, mail, state: 'ACTIVE' });
    ({ uuid } = created);
    await server.json(
      ...['person', 'clear', uid, '--level', 'CONFIDENTIAL', '--check', 'normal', '--basis', 'DSO/2026/117'],
    );
  });

  it('the mail server finds them and proves their password, alternating on one connection', async () => {
    const client = ldapClient(server.ldap);
    try {
      for (let login = 0; login < 3; login++) expect(await mailLogin(client, uid, password)).to.equal(mail);
      const refused = await mailLogin(client, uid, 'Kwun-Tong-Line-8').catch((error: unknown) => error);
      expect(refused).to.be.instanceOf(InvalidCredentialsError);
      expect(await mailLogin(client, uid, password)).to.equal(mail);
    } finally {
      await client.unbind();
    }
  });

  it('the mail server does the same over LDAPS and StartTLS, trusting the published authorities alone', async () => {
    const names = ['root', 'services'];
    const pems = await Promise.all(names.map((name) => fetchOnce(`${server.http}/pki/${name}.pem`)));
    const ca = pems.join('');
    const overTls = ldapClient(server.ldaps, ca);
    expect(await mailLogin(overTls, uid, password)).to.equal(mail);
    await overTls.unbind();

    const upgraded = ldapClient(`ldap://localhost:${server.ports.ldap}`);
    await upgraded.startTLS({ ca, host: 'localhost', servername: 'localhost' });
    expect(await mailLogin(upgraded, uid, password)).to.equal(mail);
    await upgraded.unbind();

    const distrusting = ldapClient(server.ldaps);
    const refused = await distrusting
      .bind(systemDn('mail'), demoSystemSecret('mail'))
      .catch((error: unknown) => error);
    expect(String(refused)).to.match(/certificate/);
    await distrusting.unbind();
  });

  it('the messaging service signs them in through the login page and refreshes', async () => {
    const browser = openBrowser({ origin: server.issuer });
    const scope = 'openid profile email organisation groups clearance offline_access';
    const started = await startAt(server.issuer, 'im', { scope, prompt: 'consent' }, browser);
    const tokens = await exchange(started, await signIn(started, uid, password));
    // openid-client checked issuer, audience, nonce, times and the signature by the published keys (JWKS).
    const expected = {
      sub: uuid,
      preferred_username: uid,
      name: 'TANG Kwun-chung',
      'name#zh-Hant': '鄧冠中',
      email: mail,
      title: 'Assistant Secretary 9',
      clearance: 'RESTRICTED', // of CONFIDENTIAL: a password alone proves no more
    };
    expect(tokens.claims()).to.deep.include(expected);
    expect(tokens.claims()?.organisation).to.include({ code: 'CSB', name_zh: '公務員事務局' });
    expect(await oidc.fetchUserInfo(started.config, tokens.access_token, uuid)).to.deep.include(expected);
    const renewed = await oidc.refreshTokenGrant(started.config, tokens.refresh_token ?? '');
    expect(renewed.claims()?.sub).to.equal(uuid);
    session = {
      ...{ config: started.config, browser, accessToken: renewed.access_token },
      refreshToken: renewed.refresh_token ?? tokens.refresh_token ?? '',
    };
  });

  it('receives a signing certificate for a key that nobody else has seen', async () => {
    const request = await makeRequest({ name: 'ECDSA', namedCurve: 'P-256' });
    const file = join(server.dataDir, 'request.pem');
    await writeFile(file, pem(request.der));
    signing = await server.json<Issued>('certificate', 'request', '--person', uid, '--csr', file);
    signingKey = request.keys.privateKey;
    expect(signing).to.include({ profile: 'signing', state: 'valid', mail });
    expect(await chainOf(derOf(signing.pem))).to.deep.equal({ result: true, resultMessage: '' });
  });

  it('receives an encryption certificate and its key as PKCS#12', async () => {
    const file = join(server.dataDir, 'kctang.p12');
    encryption = await server.json<Issued>(
      ...[
        'certificate',
        'issue',
        '--person',
        uid,
        '--pkcs12',
        file,
        '--pkcs12-password-file',
        `${file}.password`,
      ],
    );
    expect(encryption).to.include({ profile: 'encryption', state: 'valid', mail });
    pkcs12 = {
      octets: await readFile(file),
      password: (await readFile(`${file}.password`, 'utf8')).trim(),
    };
    expect(openPkcs12(pkcs12.octets, pkcs12.password).key.n.bitLength()).to.equal(3072);
  });

  it('a colleague finds the encryption certificate by LDAP, first of all, and believes its chain', async () => {
    const certificates = await soon(
      () => book.binary(people, `(mail=${mail})`, 'userCertificate;binary'),
      (found) => found.length === 2,
    );
    expect(certificates).to.deep.equal([derOf(encryption.pem), derOf(signing.pem)]);
    const [found = Buffer.alloc(0)] = certificates;
    const inDirectory = async (name: string, attribute: string): Promise<Buffer[]> =>
      book.binary(authorityDn(name), '(objectClass=pkiCA)', attribute);
    const [issuing = Buffer.alloc(0)] = await inDirectory('issuing', 'cACertificate;binary');
    const [root = Buffer.alloc(0)] = await inDirectory('root', 'cACertificate;binary');
    const lists = [
      ...(await inDirectory('issuing', 'certificateRevocationList;binary')),
      ...(await inDirectory('root', 'certificateRevocationList;binary')),
    ];
    const chain = { leaf: found, intermediates: [issuing], root, crls: lists, at: new Date() };
    expect(await validate(chain)).to.deep.equal({ result: true, resultMessage: '' });
    sealed = encryptTo(found, letter);
  });

  it('only the officer opens what the colleague wrote', async () => {
    const own = openPkcs12(pkcs12.octets, pkcs12.password).key;
    expect(decrypt(sealed, derOf(encryption.pem), own)).to.equal(letter);

    const file = join(server.dataDir, 'other.p12');
    const other = await server.json<Issued>(
      ...[
        'certificate',
        'issue',
        '--person',
        colleague,
        '--pkcs12',
        file,
        '--pkcs12-password-file',
        `${file}.password`,
      ],
    );
    const otherPassword = (await readFile(`${file}.password`, 'utf8')).trim();
    const otherKey = openPkcs12(await readFile(file), otherPassword).key;
    expect(() => decrypt(sealed, derOf(other.pem), otherKey)).to.throw('not for this certificate');
    // RSA v1.5 with the wrong key fails, or yields a content key that yields anything but the letter.
    let forced = '';
    try {
      forced = decrypt(sealed, derOf(encryption.pem), otherKey);
    } catch (error) {
      forced = String(error);
    }
    expect(forced).to.not.contain('Friday');
  });

  it('the colleague checks what the officer signed', async () => {
    const message = await sign(letter, derOf(signing.pem), signingKey);
    const { verified, text, certificate } = await readSigned(message);
    expect({ verified, text }).to.deep.equal({ verified: true, text: letter });
    expect(await chainOf(certificate)).to.include({ result: true });

    const forged = Buffer.from(message);
    forged.write('Monday', forged.indexOf('Friday'));
    expect(await readSigned(forged).catch(() => ({ verified: false }))).to.include({ verified: false });
  });

  it('the officer leaves, and every door closes within a second', async () => {
    const binders = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const client = ldapClient(server.ldap);
        await client.bind(systemDn('mail'), demoSystemSecret('mail'));
        return client;
      }),
    );
    // Bound as the officer and left open: each notes when the server ended it.
    const bound = await Promise.all(
      Array.from({ length: 8 }, () => openAddressBook(server.ldap, personDn(uid), password)),
    );
    const perWorker = await connectionsOf(server.workers(), server.ports.ldap);
    expect(perWorker).to.have.length(2);
    for (const connections of perWorker) expect(connections).to.be.at.least(1);
    const admin = await openAddressBook(server.ldap, personDn(colleague), demoPassword);

    const opened = (work: () => Promise<unknown>) => (): Promise<boolean> =>
      work().then(
        () => true,
        () => false,
      );
    const bindsAs = (client: Client) => async (): Promise<boolean> => {
      try {
        await client.bind(personDn(uid), password);
        return true;
      } catch (error) {
        if (error instanceof InvalidCredentialsError) return false;
        // It was bound as the officer in that instant; the next try opens a new connection.
        if (/Connection closed/.test(String(error))) return false;
        throw error;
      }
    };
    const revoked = (list: Buffer): boolean => {
      const listed = serials(list);
      return listed.includes(signing.serial) && listed.includes(encryption.serial);
    };
    const doors: Door[] = [
      ...binders.map((client, at) => ({ name: `bind on connection ${at + 1}`, opens: bindsAs(client) })),
      ...bound.map((connection, at) => ({
        name: `connection bound before ${at + 1}`,
        opens: async () => !connection.ended,
      })),
      {
        name: 'refresh token',
        opens: async () => {
          const outcome = await refusalOf(
            oidc.refreshTokenGrant(session.config, session.refreshToken).then((tokens) => {
              session.refreshToken = tokens.refresh_token ?? session.refreshToken;
            }),
          );
          expect(outcome).to.be.oneOf(['none', 'invalid_grant']);
          return outcome === 'none';
        },
      },
      {
        name: 'access token',
        opens: opened(() => oidc.fetchUserInfo(session.config, session.accessToken, uuid)),
      },
      {
        name: 'session',
        opens: async () => {
          const { url } = await startAt(server.issuer, 'im', { prompt: 'none' });
          const { away } = await session.browser.open(url);
          return away?.searchParams.has('code') === true;
        },
      },
      { name: 'certificates off the CRL (HTTP)', opens: async () => !revoked(await crl('issuing')) },
      {
        name: 'certificates off the CRL (LDAP)',
        opens: async () => {
          const lists = await admin.binary(
            authorityDn('issuing'),
            '(objectClass=pkiCA)',
            'certificateRevocationList;binary',
          );
          return !lists.some(revoked);
        },
      },
    ];
    const { closed } = await watchDoors(doors);
    const [left] = await server.json<{ state: string }[]>('person', 'leave', uid);
    const returnedAt = Date.now();
    expect(left?.state).to.equal('DISABLED');
    const closings = await closed;

    const changes = await server.json<{ at: string; command: string }[]>(
      'audit',
      'changes',
      '--limit',
      '10000',
    );
    const committedAt = Date.parse(changes.find(({ command }) => command === 'person.leave')?.at ?? '');
    expect(committedAt).to.be.greaterThan(0);
    for (const { name, closedAt } of closings) {
      expect(closedAt - committedAt, name).to.be.lessThan(1_000);
      expect(closedAt - returnedAt, name).to.be.lessThan(1_000);
    }
    process.stdout.write(
      `      ms after the leave was recorded: ${latest(closings, committedAt)}, command returned ${returnedAt - committedAt}\n`,
    );

    for (const client of binders) await client.unbind();
    await admin.close();
  });

  it('what they held is worth nothing now, and old mail stays readable', async () => {
    for (const certificate of [signing, encryption]) {
      const { result, resultMessage } = await chainOf(derOf(certificate.pem));
      expect(result).to.equal(false);
      expect(resultMessage).to.match(/revoked/i);
    }
    expect(await book.binary(people, `(mail=${mail})`, 'userCertificate;binary')).to.deep.equal([]);
    const client = ldapClient(server.ldap);
    const login = await mailLogin(client, uid, password).catch((error: unknown) => error);
    expect(login).to.be.instanceOf(Error);
    await client.unbind();

    const file = join(server.dataDir, 'recovered.p12');
    await server.json(
      ...[
        'certificate',
        'recover',
        encryption.serial,
        '--pkcs12',
        file,
        '--pkcs12-password-file',
        `${file}.password`,
      ],
    );
    const recovered = openPkcs12(await readFile(file), (await readFile(`${file}.password`, 'utf8')).trim());
    expect(decrypt(sealed, derOf(encryption.pem), recovered.key)).to.equal(letter);
  });

  it('all of it stands in the audit trail, which is whole', async () => {
    const acts = await server.json<{ act: string }[]>('audit', 'list', '--account', uid, '--limit', '100000');
    expect(acts.map(({ act }) => act)).to.include.members([
      'authentication.success',
      'authentication.failure',
    ]);
    expect(await server.json('audit', 'verify')).to.include({ intact: true });
    const shown = await server.json<{ certificates: { state: string }[] }>('person', 'show', uid);
    expect(shown.certificates.map(({ state }) => state)).to.deep.equal(['revoked', 'revoked']);
  });
});
