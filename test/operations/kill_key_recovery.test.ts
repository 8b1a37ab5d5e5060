// kill -9 of a key recovery between its record and its answer: the record stands, and the key got nowhere.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import pg from 'pg';
import { packageRoot } from '../../src/package_root.ts';
import { issueEncryptionCertificate } from '../../src/pki/issue_encryption_certificate.ts';
import { runProgram } from '../journeys/running_server.ts';
import { soon } from '../journeys/soon.ts';
import { masterKey, openRegistry, pkiBaseUrl, type Registry } from '../pki/registry.ts';

describe('kill -9 of a key recovery', function () {
  this.timeout(90_000);
  let registry: Registry;
  let folder: string;

  before(async () => {
    registry = await openRegistry();
    folder = await mkdtemp(join(tmpdir(), 'bauhinia-recovery-'));
  });
  after(async () => {
    await registry?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('between the change and the trail: it is on record, and nothing was written or said', async () => {
    const pki = await registry.pki();
    const officer = await registry.officer();
    const { certificate } = await issueEncryptionCertificate(pki, { person: officer.person }, officer.origin);
    const environment = {
      BAUHINIA_DATABASE_URL: registry.database.url,
      BAUHINIA_MASTER_KEY: masterKey.toString('base64'),
      BAUHINIA_PKI_BASE_URL: pkiBaseUrl,
      BAUHINIA_DATA_DIR: folder,
    };
    const recovery = (file: string) => ['certificate', 'recover', certificate.serial, '--pkcs12', file];
    const recorded = async (): Promise<number> =>
      (await registry.database.knex('change').select('number').where('command', 'key.recover')).length;
    const released = async (): Promise<number> => {
      const rows = registry.database.knex<{ certificate: string; recoveries: number }>('key_escrow');
      return (await rows.where({ certificate: certificate.uuid }).select('recoveries'))[0]?.recoveries ?? 0;
    };
    // At the trail's lock, and as far as it gets without the trail.
    const waiting = async (): Promise<boolean> => {
      const { rows } = await registry.database.knex.raw<{ rows: unknown[] }>(
        `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return rows.length > 0;
    };
    const before = await recorded();
    const releasedBefore = await released();

    const blocker = new pg.Client({ connectionString: registry.database.url });
    await blocker.connect();
    await blocker.query('begin; update audit_counter set number = number');
    const lost = join(folder, 'lost.p12');
    const child = spawn(process.execPath, [join(packageRoot, 'dist/src/main.js'), ...recovery(lost)], {
      env: { PATH: process.env.PATH ?? '', ...environment },
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
    }
    try {
      const closed = once(child, 'close');
      expect(await soon(recorded, (count) => count > before, 30_000), said).to.equal(before + 1);
      expect(await soon(waiting, (stuck) => stuck, 30_000), said).to.equal(true);
      child.kill('SIGKILL');
      await closed;
      expect(child.signalCode).to.equal('SIGKILL');
    } finally {
      child.kill('SIGKILL');
      await blocker.end();
    }
    expect(said).to.equal('');
    expect(await readFile(lost)).to.have.length(0);
    expect(await recorded()).to.equal(before + 1);
    expect(await released()).to.equal(releasedBefore + 1);

    // Nothing is left that hinders the next one, which counts for itself.
    const found = join(folder, 'found.p12');
    const again = await runProgram(recovery(found), environment);
    expect(again.status, again.stderr).to.equal(0);
    expect((await readFile(found)).length).to.be.greaterThan(1000);
    expect(await released()).to.equal(releasedBefore + 2);
  });
});
