// The program on a real database: an officer's life, and how each kind of failure ends. Where the process itself matters
// (standard input, exit status, a closed pipe) it runs in one of its own; elsewhere in this one, which is quicker.
import { createPublicKey, randomBytes, webcrypto } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import pg from 'pg';
import { openPool } from '../../src/database/pool.ts';
import { createTableReader } from '../../src/database/table_reader.ts';
import { openKeyWrap } from '../../src/pki/key_wrap.ts';
import { createClients } from '../../src/server/oidc_clients.ts';
import { testDatabase } from '../database/postgres.ts';
import { makeRequest, pem } from '../pki/requests.ts';
import { type Ended, runHere, runIntoClosedPipe, runMain } from './program.ts';

const password = `first-${randomBytes(9).toString('base64url')}`;
const masterKey = randomBytes(32).toString('base64');

describe('command line: the program on a database', function () {
  this.timeout(60_000);
  const outputs: string[] = [];
  let folder = '';
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let environment: Record<string, string> = {};

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bauhinia-cli-'));
    database = await testDatabase();
    environment = {
      BAUHINIA_DATABASE_URL: database.url,
      BAUHINIA_MIGRATION_DATABASE_URL: database.ownerUrl,
      BAUHINIA_DATA_DIR: folder,
      BAUHINIA_MASTER_KEY: masterKey,
      BAUHINIA_ARGON2_MEMORY_KIB: '7168',
    };
    const { status, stdout, stderr } = await runApart(['seed', '--demo', '--json']);
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    expect(JSON.parse(stdout)).to.deep.include({ demo: true, staff: 0 });
  });

  after(async () => {
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  });

  async function runApart(args: string[], input = '', more: Record<string, string> = {}): Promise<Ended> {
    return remember(await runMain(args, { ...environment, ...more }, input));
  }

  async function run(args: string[], input = ''): Promise<Ended> {
    return remember(await runHere(args, environment, input));
  }

  function remember(ended: Ended): Ended {
    outputs.push(ended.stdout, ended.stderr);
    return ended;
  }

  /** The answer of a command that must succeed, as --json gives it. */
  async function succeed(args: string[], input = ''): Promise<Record<string, unknown> & unknown[]> {
    const { status, stdout, stderr } = await run([...args, '--json'], input);
    expect({ status, stderr }, args.join(' ')).to.deep.equal({ status: 0, stderr: '' });
    return JSON.parse(stdout);
  }

  async function query(statement: string): Promise<void> {
    const client = new pg.Client({ connectionString: database.ownerUrl });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  }

  it('creates, shows, posts, clears, acts and leaves, each recorded under the operator', async () => {
    await succeed(['post', 'create', 'CSB', 'TEST-1', '--title-en', 'Assistant Secretary (Test)']);
    const joiner = {
      uid: 'kctang',
      surname: 'Tang',
      given_name: 'Kwun-chung',
      name_zh: '鄧冠中',
      post: 'CSB/TEST-1',
      employment: { organisation: 'CSB', staff_number: '900001' },
    };
    const passwordFile = join(folder, 'first.txt');
    await writeFile(passwordFile, `${password}\n`);
    const { stdout } = await runApart(
      ['person', 'create', '--file', '-', '--password-file', passwordFile, '--json'],
      JSON.stringify(joiner),
    );
    const created = JSON.parse(stdout);
    expect(created).to.deep.include({ uid: 'kctang', mail: 'kctang@csb.gov.hk', state: 'ACTIVE' });
    await succeed([
      'person',
      'clear',
      'kctang',
      '--level',
      'CONFIDENTIAL',
      '--check',
      'normal',
      '--basis',
      'DSO/1',
    ]);
    await succeed(['person', 'act', 'KCTANG', '--post', 'CSB/DS-1', '--to', '2099-12-31']);
    const shown = await succeed(['person', 'show', 'kctang']);
    expect(shown).to.deep.include({ uuid: created.uuid, name_zh: '鄧冠中', clearance: 'CONFIDENTIAL' });
    expect(shown.posts).to.have.lengthOf(2);
    expect(shown.posts).to.deep.include.members([
      { ...pick(shown.posts, 'CSB/DS-1'), kind: 'acting', primary: false, to: '2099-12-31T16:00:00.000Z' },
    ]);

    const [left] = await succeed(['person', 'leave', 'kctang']);
    expect(left).to.include({ uid: 'kctang', state: 'DISABLED' });
    const changes = await succeed(['audit', 'changes', '--limit', '1000']);
    const own = changes.filter((change) => String(Reflect.get(Object(change), 'request')).startsWith('cli-'));
    expect(own.map((change) => Reflect.get(Object(change), 'command'))).to.deep.equal([
      ...['post.create', 'person.create', 'clearance.grant', 'person.assign', 'person.leave'],
    ]);
    for (const change of own) expect(change).to.include({ uid: 'console', origin: 'cli' });
  });

  it('issues certificates into files that it makes, and into no others', async () => {
    const pkcs12 = join(folder, 'officer.p12');
    const secret = join(folder, 'officer.password');
    const issue = [
      'certificate',
      'issue',
      '--person',
      'ptmchan',
      '--pkcs12',
      pkcs12,
      '--pkcs12-password-file',
      secret,
    ];
    const issued = await succeed(issue);
    expect(issued).to.include({ profile: 'encryption', state: 'valid', mail: 'ptmchan@csb.gov.hk' });
    for (const file of [pkcs12, secret]) expect((await stat(file)).mode & 0o777).to.equal(0o600);
    expect(JSON.stringify(issued)).to.not.contain((await readFile(secret, 'utf8')).trim());

    const { der, keys } = await makeRequest({ name: 'ECDSA', namedCurve: 'P-256' });
    const signed = await succeed(['certificate', 'request', '--person', 'ptmchan', '--csr', '-'], pem(der));
    const spki = Buffer.from(await webcrypto.subtle.exportKey('spki', keys.publicKey));
    const expected = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    expect(createPublicKey(String(signed.pem)).equals(expected)).to.equal(true);

    const [again, revoked] = await Promise.all([
      run(issue),
      succeed(['certificate', 'revoke', String(signed.serial), '--reason', 'keyCompromise']),
    ]);
    expect(again).to.deep.include({ status: 2, stderr: `bauhinia: ${pkcs12} exists already\n` });
    expect(revoked).to.include({ state: 'revoked', reason: 'keyCompromise' });
    const listed = await succeed(['certificate', 'list', '--person', 'ptmchan']);
    expect(listed).to.have.lengthOf(2);
  });

  it('changes relying systems by their codes, and shows a new secret once or into a file', async () => {
    const systems = await succeed(['system', 'list']);
    expect(systems.map((system) => Reflect.get(Object(system), 'code'))).to.deep.equal([
      'files',
      'im',
      'mail',
    ]);
    const change = ['system', 'change', 'mail', '--redirect-uri', 'https://mail.gov.hk/callback'];
    const uris = ['--post-logout-redirect-uri', '', '--population', 'CSB', '--population', 'SB'];
    const changed = await succeed([...change, ...uris]);
    const expected = {
      redirect_uris: ['https://mail.gov.hk/callback'],
      post_logout_redirect_uris: [],
      population: ['CSB', 'SB'],
      scope: Reflect.get(Object(systems[2]), 'scope'),
    };
    expect(changed).to.deep.include(expected);
    await succeed(['system', 'change', 'mail', '--population', '']);
    const entry = ['--minimum-clearance', 'RESTRICTED', '--minimum-strength', 'second_factor'];
    expect(await succeed(['system', 'change', 'mail', ...entry])).to.deep.include({
      minimum_clearance: 'RESTRICTED',
      minimum_strength: 'second_factor',
    });
    const open = ['--minimum-clearance', 'NONE', '--minimum-strength', 'default'];
    expect(await succeed(['system', 'change', 'mail', ...open])).to.deep.include({
      minimum_clearance: 'NONE',
      minimum_strength: 'password',
    });
    expect(await succeed(['system', 'show', 'mail'])).to.deep.include({ ...expected, population: null });

    const file = join(folder, 'mail.secret');
    const silent = await succeed(['system', 'reset-secret', 'mail', '--secret-file', file]);
    expect(silent).to.deep.equal({ code: 'mail', dn: 'cn=mail,ou=systems,dc=gov,dc=hk' });
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
    expect(await clientSecretOf('mail')).to.equal((await readFile(file, 'utf8')).trim());
    const shown = await succeed(['system', 'reset-secret', 'im']);
    expect(await clientSecretOf('im')).to.equal(shown.secret);

    const [again, nothing, plain, unknown] = [
      await run(['system', 'reset-secret', 'mail', '--secret-file', file]),
      await run(['system', 'change', 'mail']),
      await run(['system', 'change', 'mail', '--redirect-uri', 'http://mail.gov.hk/callback']),
      await run(['system', 'show', 'telex']),
    ];
    expect(again).to.deep.include({ status: 2, stderr: `bauhinia: ${file} exists already\n` });
    expect(nothing.stderr).to.equal('bauhinia: name what changes: see system change --help\n');
    expect(plain.stderr).to.equal('bauhinia: redirect_uris must be an https URI without fragment\n');
    expect(unknown).to.deep.include({ status: 3, stderr: 'bauhinia: relying system telex does not exist\n' });
    expect(await clientSecretOf('mail')).to.equal((await readFile(file, 'utf8')).trim());
  });

  /** The secret as sign-on has it. */
  async function clientSecretOf(code: string): Promise<string | null | undefined> {
    const pool = openPool({ url: database.url, applicationName: 'test', size: 1 });
    const keyWrap = openKeyWrap(Buffer.from(masterKey, 'base64'));
    const client = await createClients(createTableReader(pool), keyWrap).find(code);
    await pool.close();
    return client?.secret;
  }

  it('exports LDIF (RFC 2849), parents first, and records that it did', async () => {
    const { status, stdout } = await run(['export', 'ldif', '--user-attributes']);
    expect(status).to.equal(0);
    expect(stdout.startsWith('dn: dc=gov,dc=hk\n')).to.equal(true); // slapadd knows no version line
    const names = [...stdout.matchAll(/^dn: (.*(?:\n .*)*)$/gm)].map((match) =>
      (match[1] ?? '').replaceAll('\n ', ''),
    );
    expect(names.length).to.be.above(150);
    const seen = new Set<string>(['dc=hk']);
    for (const name of names) {
      expect(seen.has(name.replace(/^(?:[^,\\]|\\.)*,/, '')), name).to.equal(true);
      seen.add(name);
    }
    expect(names).to.include('uid=ptmchan,ou=people,dc=gov,dc=hk');
    expect(stdout)
      .to.match(/^entryUUID: /m)
      .and.not.match(/^(structuralObjectClass|createTimestamp|memberOf|userPassword)/im);
    const whole = await run(['export', 'ldif', '--base', 'uid=ptmchan,ou=people,dc=gov,dc=hk']);
    expect(whole.stdout).to.match(/^version: 1\ndn: uid=ptmchan,[\s\S]*^createTimestamp: [\s\S]*\n\n$/m);
    const events = await succeed(['audit', 'list', '--account', 'console']);
    const read = events.find((event) => Reflect.get(Object(event), 'act') === 'directory.read');
    expect(read).to.deep.include({
      details: { base: 'dc=gov,dc=hk', filter: '(objectClass=*)', state: 'ended', entries: names.length },
    });
  });

  it('ends quietly when its reader has had enough', async () => {
    const { status, stderr } = await runIntoClosedPipe(['export', 'ldif'], environment);
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
  });

  it('prints JSON wherever it prints', async () => {
    const lists = [
      ...[['person', 'list'], ['post', 'list'], ['organisation', 'list'], ['group', 'list'], ['settings']],
      ...[
        ['group', 'show', 'csb-circulars'],
        ['certificate', 'ca'],
        ['certificate', 'crl'],
        ['migrate'],
        ['seed'],
      ],
    ];
    const answers = [];
    for (const args of lists) answers.push(await succeed(args));
    const [people, posts, organisations, , settings] = answers;
    expect(people?.length).to.be.above(50);
    expect(posts).to.deep.include.members([]);
    expect(organisations).to.have.lengthOf(24);
    expect(settings).to.deep.include({
      ...Object(settings?.find((one) => Reflect.get(Object(one), 'name') === 'BAUHINIA_MASTER_KEY')),
      value: '(set; not shown)',
    });
  });

  it('ends with 3 for what does not exist, 78 for settings with every fault, 69 for a database that is away', async () => {
    const away = new URL(database.url);
    away.port = '1';
    const [unknown, settings, unreachable, keyless] = await Promise.all([
      runApart(['person', 'show', 'nobody']),
      runApart(['person', 'list'], '', { BAUHINIA_LDAP_PORT: '99999', BAUHINIA_LDAP_PROT: '389' }),
      runApart(['person', 'list', '--json'], '', { BAUHINIA_DATABASE_URL: away.href }),
      runApart(['person', 'list'], '', { BAUHINIA_MASTER_KEY: '' }),
    ]);
    expect(unknown).to.deep.equal({
      status: 3,
      stdout: '',
      stderr: 'bauhinia: account nobody does not exist\n',
    });
    expect(settings).to.deep.include({ status: 78, stdout: '' });
    expect(settings.stderr.split('\n')).to.have.lengthOf(3);
    expect(settings.stderr)
      .to.contain('BAUHINIA_LDAP_PROT: no such setting')
      .and.contain('BAUHINIA_LDAP_PORT: "99999"');
    expect(unreachable).to.deep.include({ status: 69, stdout: '' });
    expect(JSON.parse(unreachable.stderr).error).to.include({ code: 'unavailable' });
    expect(keyless).to.deep.include({ status: 78, stdout: '' });
    expect(keyless.stderr).to.contain('a master key is required outside demo mode');
  });

  it('finds an altered event of the audit trail and ends with 1', async () => {
    expect(await succeed(['audit', 'verify'])).to.include({ intact: true, broken: null });
    await query(`update audit_event set uid = 'mallory' where number = 2`);
    const { status, stdout } = await run(['audit', 'verify', '--json']);
    expect(status).to.equal(1);
    expect(JSON.parse(stdout)).to.include({ intact: false, broken: 2 });
  });

  it('ends with 70 on a fault, whose cause only the debug log tells', async () => {
    await query('alter table audit_event rename to mislaid');
    const [quiet, debug] = await Promise.all([
      runApart(['audit', 'list']),
      runApart(['audit', 'list'], '', { BAUHINIA_LOG_LEVEL: 'debug' }),
    ]);
    expect(quiet).to.deep.include({ status: 70, stdout: '' });
    expect(quiet.stderr)
      .to.match(/^bauhinia: an internal fault .*\n$/)
      .and.not.contain('audit_event');
    expect(debug.status).to.equal(70);
    expect(debug.stderr).to.contain('relation \\"audit_event\\" does not exist');
  });

  it('ends with 78 where the schema is not of this release, naming what to run', async () => {
    await query('delete from migration where name = (select max(name) from migration)');
    const { status, stderr } = await runApart(['person', 'list']);
    expect(status).to.equal(78);
    expect(stderr).to.match(/^bauhinia: the database lacks migrations \(\w+\): run bauhinia migrate\n$/);
  });

  it('printed no secret in any of it', () => {
    const printed = outputs.join('\n');
    const databasePassword = decodeURIComponent(new URL(database.url).password);
    for (const secret of [password, masterKey, databasePassword, '$argon2', 'PRIVATE KEY']) {
      expect(secret).to.not.equal('');
      expect(printed.includes(secret), secret.slice(0, 6)).to.equal(false);
    }
  });
});

function pick(posts: unknown, name: string): object {
  const found = Array.isArray(posts)
    ? posts.find((one) => Reflect.get(Object(one), 'post') === name)
    : undefined;
  return Object(found);
}
