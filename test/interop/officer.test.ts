// The officer's story once more, with Debian's ldap-utils and openssl alone: what the README's tour does by hand.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { demoUids } from '../../seeds/demo_facts.ts';
import { demoPassword, demoSystemSecret } from '../../seeds/demo_secrets.ts';
import { type RunningServer, startServer } from '../journeys/running_server.ts';
import { soon } from '../journeys/soon.ts';
import { people, personDn, suffix, systemDn } from '../journeys/systems.ts';
import { ldifValues, mustRun, type Outcome, run } from './programs.ts';

const uid = 'kctang';
const password = 'Kwun-Tong-Line-9';
const mail = 'kctang@csb.gov.hk';
const letter = '請於星期五前回覆。 Please reply by Friday.\n';
const invalidCredentials = 49;

function pemOf(der: Buffer | undefined, label: string): string {
  const lines = der?.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

describe('an officer, with ldap-utils and openssl', function () {
  this.timeout(60_000);
  let server: RunningServer;
  let cwd: string;
  let tls: { LDAPTLS_CACERT: string; LDAPTLS_REQCERT: string };
  let signingSerial: string;

  before(async () => {
    server = await startServer();
    cwd = server.dataDir;
    tls = { LDAPTLS_CACERT: join(cwd, 'ca.pem'), LDAPTLS_REQCERT: 'demand' };
  });
  after(() => server?.remove());

  const file = (name: string): string => join(cwd, name);
  const openssl = (...args: string[]): Promise<string> => mustRun('openssl', args, { cwd });
  const tryOpenssl = (...args: string[]): Promise<Outcome> => run('openssl', args, { cwd });
  /** Over StartTLS, which must succeed. */
  const asColleague = (): string[] => [
    ...['-x', '-ZZ', '-H', `ldap://localhost:${server.ports.ldap}`],
    ...['-D', personDn(demoUids.clerk), '-w', demoPassword],
  ];
  const asMail = (url: string): string[] => [
    '-x',
    '-H',
    url,
    '-D',
    systemDn('mail'),
    '-w',
    demoSystemSecret('mail'),
  ];
  const search = (...args: string[]): Promise<string> =>
    mustRun('ldapsearch', ['-LLL', ...asColleague(), ...args], { environment: tls });

  async function download(name: string): Promise<Buffer> {
    const response = await fetch(`${server.http}/pki/${name}`);
    if (!response.ok) throw new Error(`${name}: ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  }

  /** openssl wants lists as PEM. */
  async function downloadLists(): Promise<void> {
    for (const name of ['issuing', 'root']) {
      await writeFile(file(`${name}.crl`), await download(`${name}.crl`));
      await openssl('crl', '-inform', 'DER', '-in', `${name}.crl`, '-out', `${name}.crl.pem`);
    }
  }

  const verify = (certificate: string, ...more: string[]): Promise<Outcome> =>
    tryOpenssl(
      ...['verify', '-x509_strict', '-CAfile', 'root.pem', '-untrusted', 'issuing.pem'],
      ...['-crl_check_all', '-CRLfile', 'issuing.crl.pem', '-CRLfile', 'root.crl.pem'],
      ...[...more, certificate],
    );

  it('the authorities are fetched, and hang together', async () => {
    for (const name of ['root', 'issuing', 'services'])
      await writeFile(file(`${name}.pem`), await download(`${name}.pem`));
    await writeFile(
      file('ca.pem'),
      Buffer.concat([await download('root.pem'), await download('services.pem')]),
    );
    await downloadLists();
    for (const name of ['issuing', 'services'])
      expect(await openssl('verify', '-x509_strict', '-CAfile', 'root.pem', `${name}.pem`)).to.contain('OK');
    for (const name of ['issuing', 'root']) {
      const { status, stderr } = await tryOpenssl(
        ...['crl', '-verify', '-CAfile', `${name}.pem`, '-in', `${name}.crl.pem`, '-noout'],
      );
      expect({ status, stderr: stderr.trim() }).to.deep.equal({ status: 0, stderr: 'verify OK' });
    }
  });

  it('HR adds the officer', async () => {
    await server.json('post', 'create', 'CSB', 'AS-9', '--title-en', 'Assistant Secretary 9', '--rank', 'AO');
    await writeFile(file('password'), password);
    await server.json(
      ...['person', 'create', uid, '--surname', 'Tang', '--given-name', 'Kwun-chung', '--name-zh', '鄧冠中'],
      ...['--organisation', 'CSB', '--staff-number', '123456', '--post', 'CSB/AS-9'],
      ...['--password-file', file('password'), '--no-must-change'],
    );
    const found = () => search('-b', people, `(uid=${uid})`, '1.1');
    expect(await soon(found, (ldif) => ldif.includes(uid))).to.contain(personDn(uid));
  });

  it('ldapsearch as the mail server finds them over LDAP, StartTLS and LDAPS', async () => {
    const urls = [
      `ldap://127.0.0.1:${server.ports.ldap}`,
      `ldap://localhost:${server.ports.ldap}`,
      server.ldaps,
    ];
    for (const [at, url] of urls.entries()) {
      const startTls = at === 1 ? ['-ZZ'] : [];
      const found = await mustRun(
        'ldapsearch',
        ['-LLL', ...startTls, ...asMail(url), '-b', people, `(uid=${uid})`, 'mail', 'cn;lang-zh-hant'],
        { environment: tls },
      );
      expect(ldifValues(found, 'dn').join(), url).to.equal(personDn(uid));
      expect(ldifValues(found, 'mail').join()).to.equal(mail);
      expect(ldifValues(found, 'cn;lang-zh-hant').join()).to.equal('鄧冠中');
    }
  });

  it('ldapsearch over TLS refuses a server whose authority it does not know', async () => {
    const environment = { ...tls, LDAPTLS_CACERT: file('issuing.pem') };
    const { status, stderr } = await run(
      'ldapsearch',
      [...asMail(server.ldaps), '-b', suffix, '-s', 'base'],
      {
        environment,
      },
    );
    expect(status).to.not.equal(0);
    expect(stderr).to.contain("Can't contact LDAP server");
  });

  it('ldapwhoami binds as the officer, and not with another password', async () => {
    const as = (secret: string) =>
      run('ldapwhoami', ['-x', '-H', server.ldaps, '-D', personDn(uid), '-w', secret], { environment: tls });
    expect(await as(password)).to.deep.include({ status: 0, stdout: `dn:${personDn(uid)}\n` });
    const refused = await as('Kwun-Tong-Line-8');
    expect(refused.status).to.equal(invalidCredentials);
    expect(refused.stderr).to.contain('Invalid credentials (49)');
  });

  it('ldapcompare tells true from false, by the rules of the attribute', async () => {
    const compare = (assertion: string) =>
      run('ldapcompare', [...asColleague(), personDn(uid), assertion], { environment: tls });
    expect((await compare('mail:KCTANG@csb.gov.hk')).stdout).to.contain('TRUE');
    expect((await compare('sn:Tang')).status).to.equal(6); // compareTrue
    expect((await compare('sn:Wong')).status).to.equal(5); // compareFalse
  });

  it('ldapsearch reads everybody in pages, as many as in one piece', async () => {
    const entries = (ldif: string): Set<string> => new Set(ldifValues(ldif, 'dn').map(String));
    const whole = entries(await search('-b', people, '(objectClass=person)', '1.1'));
    const paged = entries(await search('-E', 'pr=7/noprompt', '-b', people, '(objectClass=person)', '1.1'));
    expect(whole.size).to.be.greaterThan(40);
    expect([...paged]).to.have.members([...whole]);
  });

  it('openssl req makes a request; the certificate out of it signs mail', async () => {
    await openssl(
      ...['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-keyout', 'signing.key', '-subj', '/CN=anything', '-out', 'signing.csr'],
    );
    const issued = await server.json<{ serial: string }>(
      ...[
        'certificate',
        'request',
        '--person',
        uid,
        '--csr',
        file('signing.csr'),
        '--out',
        file('signing.pem'),
      ],
    );
    signingSerial = issued.serial;
    for (const purpose of [[], ['-purpose', 'smimesign']]) {
      const { status, stdout, stderr } = await verify('signing.pem', ...purpose);
      expect({ status, stdout }, stderr).to.deep.equal({ status: 0, stdout: 'signing.pem: OK\n' });
    }
    expect((await verify('signing.pem', '-purpose', 'smimeencrypt')).status).to.not.equal(0);
    await writeFile(file('letter.txt'), letter);
    await openssl(
      ...['cms', '-sign', '-in', 'letter.txt', '-signer', 'signing.pem', '-inkey', 'signing.key'],
      ...['-certfile', 'issuing.pem', '-out', 'signed.eml', '-nodetach', '-binary'],
    );
    const read = await openssl('cms', '-verify', '-in', 'signed.eml', '-CAfile', 'root.pem', '-binary');
    expect(read).to.equal(letter);
  });

  it('openssl pkcs12 opens what the officer is handed', async () => {
    await server.json(
      ...['certificate', 'issue', '--person', uid, '--out', file('encryption.pem')],
      ...['--pkcs12', file('encryption.p12'), '--pkcs12-password-file', file('encryption.p12.password')],
    );
    await openssl(
      ...['pkcs12', '-in', 'encryption.p12', '-passin', 'file:encryption.p12.password', '-nocerts', '-nodes'],
      ...['-out', 'encryption.key'],
    );
    expect(await openssl('rsa', '-in', 'encryption.key', '-noout', '-text')).to.contain('3072 bit');
    const { status, stderr } = await verify('encryption.pem', '-purpose', 'smimeencrypt');
    expect(status, stderr).to.equal(0);
  });

  it('a colleague takes the certificate from the directory and encrypts; only the officer decrypts', async () => {
    const entry = await soon(
      () => search('-b', people, `(mail=${mail})`, 'userCertificate;binary'),
      (ldif) => ldifValues(ldif, 'userCertificate;binary').length === 2,
    );
    await writeFile(file('found.pem'), pemOf(ldifValues(entry, 'userCertificate;binary')[0], 'CERTIFICATE'));
    expect(await openssl('x509', '-in', 'found.pem', '-noout', '-email')).to.equal(`${mail}\n`);
    expect((await verify('found.pem', '-purpose', 'smimeencrypt')).stdout).to.equal('found.pem: OK\n');
    await openssl(
      ...[
        'cms',
        '-encrypt',
        '-aes-256-cbc',
        '-in',
        'letter.txt',
        '-binary',
        '-out',
        'sealed.eml',
        'found.pem',
      ],
    );
    const decrypt = (key: string, certificate: string) =>
      tryOpenssl('cms', '-decrypt', '-in', 'sealed.eml', '-inkey', key, '-recip', certificate, '-binary');
    expect((await decrypt('encryption.key', 'found.pem')).stdout).to.equal(letter);

    await server.json(
      ...['certificate', 'issue', '--person', demoUids.clerk, '--out', file('other.pem')],
      ...['--pkcs12', file('other.p12'), '--pkcs12-password-file', file('other.p12.password')],
    );
    await openssl(
      ...[
        'pkcs12',
        '-in',
        'other.p12',
        '-passin',
        'file:other.p12.password',
        '-nocerts',
        '-nodes',
        '-out',
        'other.key',
      ],
    );
    const other = await decrypt('other.key', 'other.pem');
    expect(other.status).to.not.equal(0);
    expect(other.stdout).to.not.contain('Friday');
  });

  it('the officer leaves: bind refused and certificates revoked within a second', async () => {
    const changed = await server.json<{ state: string }[]>('person', 'leave', uid);
    const leftAt = performance.now();
    expect(changed[0]?.state).to.equal('DISABLED');
    const whoami = await run(
      'ldapwhoami',
      ['-x', '-H', `ldap://127.0.0.1:${server.ports.ldap}`, '-D', personDn(uid), '-w', password],
      { environment: tls },
    );
    const refusedMs = performance.now() - leftAt;
    expect(whoami.status).to.equal(invalidCredentials);

    let revokedMs = 0;
    let list = '';
    while (!list.includes(signingSerial.toUpperCase())) {
      expect(performance.now() - leftAt, 'the list says nothing').to.be.lessThan(20_000);
      const entry = await search(
        ...['-b', `cn=issuing,ou=pki,${suffix}`, '(objectClass=pkiCA)', 'certificateRevocationList;binary'],
      );
      const der = ldifValues(entry, 'certificateRevocationList;binary')[0];
      await writeFile(file('issuing.crl.pem'), pemOf(der, 'X509 CRL'));
      list = await openssl('crl', '-in', 'issuing.crl.pem', '-noout', '-text');
      revokedMs = performance.now() - leftAt;
      await pause(10);
    }
    process.stdout.write(
      `      after the leave: bind refused within ${Math.round(refusedMs)} ms, revoked within ${Math.round(revokedMs)} ms\n`,
    );
    expect(refusedMs).to.be.lessThan(1_000);
    expect(revokedMs).to.be.lessThan(1_000);

    await downloadLists();
    for (const certificate of ['signing.pem', 'encryption.pem']) {
      const { status, stderr } = await verify(certificate);
      expect(status).to.not.equal(0);
      expect(stderr).to.contain('certificate revoked');
    }
    expect(
      ldifValues(
        await search('-b', people, `(mail=${mail})`, 'userCertificate;binary'),
        'userCertificate;binary',
      ),
    ).to.deep.equal([]);
  });
});
