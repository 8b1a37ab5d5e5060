import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { OperationError } from '../../src/errors.ts';
import { openKeyWrap } from '../../src/pki/key_wrap.ts';
import { obtainMasterKey } from '../../src/pki/master_key.ts';
import { refusal } from './refusal.ts';

const key = Buffer.alloc(32, 1);

describe('keys at rest', () => {
  const wrap = openKeyWrap(key);
  const plain = Buffer.from('a private key');

  it('opens what it wrapped, and wraps the same twice differently', () => {
    const first = wrap.wrap(plain, 'ca:root');
    const second = wrap.wrap(plain, 'ca:root');
    expect(first.equals(second)).to.equal(false);
    expect(first.includes(plain)).to.equal(false);
    expect(wrap.unwrap(first, 'ca:root')).to.deep.equal(plain);
    expect(wrap.unwrap(wrap.wrap(Buffer.alloc(0), 'x'), 'x')).to.deep.equal(Buffer.alloc(0));
  });

  it('does not open a key in the place of another', () => {
    const moved = () => wrap.unwrap(wrap.wrap(plain, 'ca:root'), 'ca:issuing');
    expect(moved).to.throw(
      OperationError,
      'configuration: the stored key ca:issuing is damaged or belongs to another row',
    );
  });

  it('says clearly that the master key is another one', () => {
    const other = openKeyWrap(Buffer.alloc(32, 2));
    expect(() => other.unwrap(wrap.wrap(plain, 'tls'), 'tls')).to.throw(
      OperationError,
      /^configuration: the stored key tls was encrypted under master key [0-9a-f]{16}, and the given master key is [0-9a-f]{16}$/,
    );
  });

  it('opens nothing of which any bit was changed, or that was cut short', () => {
    const wrapped = wrap.wrap(plain, 'tls');
    for (let bit = 0; bit < wrapped.length * 8; bit++) {
      const changed = Buffer.from(wrapped);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => wrap.unwrap(changed, 'tls'), `bit ${bit}`).to.throw(OperationError, 'configuration');
    }
    for (let length = 0; length < wrapped.length; length++) {
      expect(() => wrap.unwrap(wrapped.subarray(0, length), 'tls')).to.throw(OperationError, 'configuration');
    }
  });

  it('takes a master key of 32 octets only', () => {
    expect(() => openKeyWrap(Buffer.alloc(16))).to.throw(OperationError, 'must be 32 octets');
  });
});

describe('the master key', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'bauhinia-key-'));
  });
  afterEach(() => rm(dataDir, { recursive: true }));

  it('is required outside demo mode', async () => {
    const error = await refusal(obtainMasterKey({ demo: false, dataDir }));
    expect(error.code).to.equal('configuration');
    expect(error.detail).to.contain('BAUHINIA_MASTER_KEY_FILE');
    expect(await readdir(dataDir)).to.deep.equal([]);
  });

  it('comes from a setting or a file, never from both', async () => {
    const text = key.toString('base64');
    const masterKeyFile = join(dataDir, 'key');
    await writeFile(masterKeyFile, `${text}\n`, { mode: 0o600 });
    expect(await obtainMasterKey({ masterKey: text, demo: false, dataDir })).to.deep.equal(key);
    expect(await obtainMasterKey({ masterKeyFile, demo: false, dataDir })).to.deep.equal(key);
    const both = await refusal(obtainMasterKey({ masterKey: text, masterKeyFile, demo: false, dataDir }));
    expect(both.detail).to.equal('give the master key or the master key file, not both');
  });

  it('is refused when it is not 32 octets in base64, without showing it', async () => {
    for (const masterKey of ['', 'c2hvcnQ=', `${key.toString('base64')}!`, key.toString('hex')]) {
      const error = await refusal(obtainMasterKey({ masterKey, demo: false, dataDir }));
      expect(error.detail).to.equal('the master key must be 32 octets in base64 (openssl rand -base64 32)');
    }
  });

  it('is refused when others may read its file, or when it is missing', async () => {
    const masterKeyFile = join(dataDir, 'key');
    const missing = await refusal(obtainMasterKey({ masterKeyFile, demo: true, dataDir }));
    expect(missing.detail).to.equal(`the master key file ${masterKeyFile} does not exist`);
    await writeFile(masterKeyFile, key.toString('base64'));
    for (const mode of [0o640, 0o604, 0o666]) {
      await chmod(masterKeyFile, mode);
      const error = await refusal(obtainMasterKey({ masterKeyFile, demo: false, dataDir }));
      expect(error.code).to.equal('configuration');
      expect(error.detail).to.contain('its mode must be 0600');
    }
  });

  it('is made once in demo mode, 0600, whole, whoever starts at the same instant', async () => {
    const nested = join(dataDir, 'var');
    const starters = Array.from({ length: 8 }, () => obtainMasterKey({ demo: true, dataDir: nested }));
    const keys = await Promise.all(starters);
    expect(new Set(keys.map((one) => one.toString('hex'))).size).to.equal(1);
    expect(await readdir(nested)).to.deep.equal(['master.key']);
    expect((await stat(join(nested, 'master.key'))).mode & 0o777).to.equal(0o600);
    expect(Buffer.from(await readFile(join(nested, 'master.key'), 'utf8'), 'base64')).to.deep.equal(keys[0]);
  });
});
