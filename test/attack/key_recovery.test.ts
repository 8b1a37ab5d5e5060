// The escrowed keys of CONFIDENTIAL mail: nobody takes one unrecorded, and nobody takes one by way of a reset.
import { expect } from 'chai';
import pg from 'pg';
import { createAuditWriter } from '../../src/audit/trail.ts';
import { createAuditStore } from '../../src/database/audit_store.ts';
import { openPool } from '../../src/database/pool.ts';
import { reinstateAccount } from '../../src/directory/commands/account_reinstate.ts';
import { suspendAccount } from '../../src/directory/commands/account_suspend.ts';
import { setPassword } from '../../src/directory/commands/password_set.ts';
import type { CheckedHash } from '../../src/directory/password_policy.ts';
import { silentLog } from '../../src/log.ts';
import { issueEncryptionCertificate } from '../../src/pki/issue_encryption_certificate.ts';
import { recoverKey } from '../../src/pki/recover_key.ts';
import { outcome } from '../outcome.ts';
import { openRegistry, type Registry } from '../pki/registry.ts';

const hash = `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'B'.repeat(43)}` as CheckedHash;

describe('an insider who wants an escrowed key', function () {
  this.timeout(60_000);
  let registry: Registry;

  before(async () => {
    registry = await openRegistry();
  });
  after(() => registry.close());

  async function recoveries(): Promise<{ account: string | null }[]> {
    return registry.database.knex('change').select('account').where('command', 'key.recover');
  }

  it('gets none while the audit trail cannot be written, and is on record all the same', async () => {
    const pki = await registry.pki();
    const officer = await registry.officer();
    const { certificate } = await issueEncryptionCertificate(pki, { person: officer.person }, officer.origin);
    const before = (await recoveries()).length;

    const store = openPool({ url: registry.database.url, applicationName: 'test', statementTimeoutMs: 300 });
    const audit = createAuditWriter({ store: createAuditStore(store), log: silentLog });
    const blocker = new pg.Client({ connectionString: registry.database.url });
    await blocker.connect();
    await blocker.query('begin; update audit_counter set number = number');
    let unwrapped = 0;
    const keyWrap: typeof pki.keyWrap = {
      wrap: (plain, context) => pki.keyWrap.wrap(plain, context),
      unwrap(wrapped, context) {
        unwrapped += 1;
        return pki.keyWrap.unwrap(wrapped, context);
      },
    };
    const recover = () =>
      recoverKey({ ...pki, keyWrap, audit }, { certificate: certificate.uuid }, officer.origin);
    try {
      expect(await outcome(recover())).to.match(/^OperationError: (unavailable|time_limit_exceeded): /);
      expect(unwrapped).to.equal(0);
      const recorded = await recoveries();
      expect(recorded).to.have.length(before + 1);
      expect(recorded.at(-1)?.account).to.equal(officer.origin.identity.account);
    } finally {
      await blocker.end();
    }
    await recover();
    expect(unwrapped).to.equal(1);
    await audit.close();
    const { rows } = await registry.database.knex.raw<{ rows: unknown[] }>(
      `select 1 from audit_event where event->>'act' = 'key.recover'`,
    );
    expect(rows.length).to.be.at.least(2); // the attempt that failed too
    await store.close();
  });

  it('gets none as an officer whose password somebody else has just set', async () => {
    const pki = await registry.pki();
    const officer = await registry.officer();
    const { certificate } = await issueEncryptionCertificate(pki, { person: officer.person }, officer.origin);
    const account = officer.origin.identity.account ?? '';
    await registry.runner.run(setPassword, { account, hash, must_change: false }, registry.console);

    const as = (strength: 'password' | 'second_factor') => ({
      ...officer.origin,
      identity: { ...officer.origin.identity, strength },
    });
    const recover = (strength: 'password' | 'second_factor') =>
      outcome(recoverKey(pki, { certificate: certificate.uuid }, as(strength)));
    const request = (strength: 'password' | 'second_factor') =>
      outcome(issueEncryptionCertificate(pki, { person: officer.person }, as(strength)));
    expect(await recover('password')).to.contain('stronger_proof_required: recovering a key requires');
    expect(await request('password')).to.contain(
      'stronger_proof_required: requesting a certificate requires',
    );
    expect(await recover('second_factor')).to.equal('done');

    // Changing it again as its holder does not shorten the wait: whoever reset it could do that as well.
    const own = { account, hash, must_change: false };
    await registry.runner.run(setPassword, own, officer.origin);
    expect(await recover('password')).to.contain('stronger_proof_required');
    registry.clock.move(new Date(registry.clock.now().getTime() + 24 * 3_600_000));
    expect(await recover('password')).to.equal('done');
  });

  it('gets none, and no certificate, as an owner who is suspended, by a node that has not heard of it', async () => {
    const pki = await registry.pki();
    const officer = await registry.officer();
    const { certificate } = await issueEncryptionCertificate(pki, { person: officer.person }, officer.origin);
    const account = officer.origin.identity.account ?? '';
    await registry.runner.run(suspendAccount, { account }, registry.console);
    const before = (await recoveries()).length;

    const refused =
      'OperationError: access_denied: recovering a key requires an account that is ACTIVE now: this one is SUSPENDED';
    const recover = () => outcome(recoverKey(pki, { certificate: certificate.uuid }, officer.origin));
    expect(await recover()).to.equal(refused);
    expect(await recoveries()).to.have.length(before);
    const request = outcome(issueEncryptionCertificate(pki, { person: officer.person }, officer.origin));
    expect(await request).to.contain('access_denied: requesting a certificate requires an account');
    // Nor as somebody else's account of the same name in the session.
    const nobody = { ...officer.origin.identity, account: officer.person };
    const asNobody = recoverKey(
      pki,
      { certificate: certificate.uuid },
      { ...officer.origin, identity: nobody },
    );
    expect(await outcome(asNobody)).to.contain('access_denied');

    await registry.runner.run(reinstateAccount, { account }, registry.console);
    expect(await recover()).to.equal('done');
  });
});
