import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { expect } from 'chai';
import type { Clock } from '../../src/clock.ts';
import { leave } from '../../src/directory/commands/leave.ts';
import type { RevokedCertificate } from '../../src/directory/ports.ts';
import type { CertificateRow } from '../../src/directory/tables.ts';
import { runRevocationListJob } from '../../src/jobs/revocation_list.ts';
import { silentLog } from '../../src/log.ts';
import type { Pki } from '../../src/pki/authority.ts';
import { releaseCertificate, revokeCertificate } from '../../src/pki/commands/certificate_revoke.ts';
import { publishRevocationList } from '../../src/pki/publish_revocation_list.ts';
import { requestSigningCertificate } from '../../src/pki/request_signing_certificate.ts';
import { signRevocationList } from '../../src/pki/revocation_list.ts';
import { refusal } from './refusal.ts';
import { openRegistry, type Registry, start } from './registry.ts';
import { readCertificate, readRevocationList, validate } from './relying_party.ts';
import { makeRequest } from './requests.ts';

const day = 86_400_000;
const later = (milliseconds: number) => new Date(start.getTime() + milliseconds);
const hex = (view: ArrayBufferView) =>
  Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('hex');

function listed(crl: Buffer): Map<string, number | undefined> {
  const list = readRevocationList(crl);
  return new Map(
    (list.revokedCertificates ?? []).map((one) => [
      hex(one.userCertificate.valueBlock.valueHexView).replace(/^00/, ''),
      one.crlEntryExtensions?.extensions.find((extension) => extension.extnID === '2.5.29.21')?.parsedValue
        ?.valueBlock.valueDec,
    ]),
  );
}

describe('revocation (RFC 5280 section 5)', () => {
  let registry: Registry;
  let pki: Pki;
  before(async () => {
    registry = await openRegistry();
    pki = await registry.pki();
  });
  after(() => registry.close());
  afterEach(() => registry.clock.move(start));

  const ports = () => ({ ...registry.ports, validityDays: 7 });
  const publish = () => publishRevocationList(ports(), pki.authorities.issuing, registry.console);
  const authority = async () => {
    const [row] = await registry.reader.find('certificate_authority', { name: 'issuing' });
    return {
      number: row?.crl_number ?? 0,
      crl: row?.crl ?? Buffer.alloc(0),
      thisUpdate: row?.crl_this_update,
    };
  };

  async function certified(): Promise<{
    officer: Awaited<ReturnType<Registry['officer']>>;
    row: CertificateRow;
  }> {
    const officer = await registry.officer();
    const request = (await makeRequest({ name: 'ECDSA', namedCurve: 'P-256' })).der;
    return {
      officer,
      row: await requestSigningCertificate(pki, { person: officer.person, request }, officer.origin),
    };
  }

  it('is for the holder and for certificate officers, by uuid or serial, once', async () => {
    const { officer, row } = await certified();
    const stranger = await registry.officer();
    const input = { certificate: { serial: row.serial }, reason: 'keyCompromise' as const };
    const denied = await refusal(registry.runner.run(revokeCertificate, input, stranger.origin));
    expect(denied.code).to.equal('access_denied');
    const colons = row.serial.toUpperCase().replace(/..(?!$)/g, '$&:');
    const { output } = await registry.runner.run(
      revokeCertificate,
      { ...input, certificate: { serial: colons } },
      officer.origin,
    );
    expect(output).to.include({ state: 'revoked', revocation_reason: 'keyCompromise' });
    const again = await refusal(
      registry.runner.run(revokeCertificate, { ...input, certificate: { uuid: row.uuid } }, officer.origin),
    );
    expect(again.message).to.equal(`invalid_state: certificate ${row.serial} is revoked already`);
    const unknown = { ...input, certificate: { serial: 'ab12' } };
    expect((await refusal(registry.runner.run(revokeCertificate, unknown, registry.console))).code).to.equal(
      'not_found',
    );
    const malformed = { ...input, certificate: { serial: "1' or true" } };
    expect(
      (await refusal(registry.runner.run(revokeCertificate, malformed, registry.console))).code,
    ).to.equal('invalid_value');
  });

  it('puts the certificate on the list with its reason, and nothing for an unspecified one', async () => {
    const [compromised, unsaid, kept] = [await certified(), await certified(), await certified()];
    for (const [{ row }, reason] of [
      [compromised, 'keyCompromise'],
      [unsaid, null],
    ] as const) {
      await registry.runner.run(
        revokeCertificate,
        { certificate: { uuid: row.uuid }, reason },
        registry.console,
      );
    }
    const published = await publish();
    const { crl, number } = await authority();
    expect(number).to.equal(published.number);
    const entries = listed(crl);
    expect(entries.get(compromised.row.serial)).to.equal(1);
    expect(entries.has(unsaid.row.serial)).to.equal(true);
    expect(entries.get(unsaid.row.serial)).to.equal(undefined);
    expect(entries.has(kept.row.serial)).to.equal(false);
  });

  it('makes the certificate fail validation at the relying party', async () => {
    const { row } = await certified();
    const { root, issuing } = pki.authorities;
    await publishRevocationList(ports(), root, registry.console);
    const check = async () => {
      await publish();
      const rows = await registry.reader.find('certificate_authority', {});
      const crls = rows.flatMap((one) => (one.crl === null ? [] : [one.crl]));
      return validate({
        leaf: row.der,
        intermediates: [issuing.certificate],
        root: root.certificate,
        crls,
        at: start,
      });
    };
    expect((await check()).result).to.equal(true);
    await registry.runner.run(
      revokeCertificate,
      { certificate: { uuid: row.uuid }, reason: 'superseded' },
      registry.console,
    );
    expect(await check()).to.deep.include({ result: false });
  });

  it('may be a hold, which is released by an officer or made final', async () => {
    const { officer, row } = await certified();
    const certificate = { uuid: row.uuid };
    const hold = () =>
      registry.runner.run(revokeCertificate, { certificate, reason: 'certificateHold' }, officer.origin);
    await hold();
    expect(
      (await refusal(registry.runner.run(releaseCertificate, { certificate }, officer.origin))).code,
    ).to.equal('access_denied');
    const { identity } = registry.console; // with every right, and yet the holder
    const own = { ...registry.console, identity: { ...identity, person: officer.person } };
    const self = await refusal(registry.runner.run(releaseCertificate, { certificate }, own));
    expect(self.message).to.contain('access_denied: the hold on a certificate of oneself');
    await publish();
    expect(listed((await authority()).crl).get(row.serial)).to.equal(6);
    await registry.runner.run(releaseCertificate, { certificate }, registry.console);
    await publish();
    expect(listed((await authority()).crl).has(row.serial)).to.equal(false);
    await hold();
    await registry.runner.run(revokeCertificate, { certificate, reason: 'keyCompromise' }, registry.console);
    const late = await refusal(registry.runner.run(releaseCertificate, { certificate }, registry.console));
    expect(late.detail).to.equal(`certificate ${row.serial} is not on hold`);
  });

  it('is final for what was on hold when its holder left', async () => {
    const { officer, row } = await certified();
    const certificate = { uuid: row.uuid };
    await registry.runner.run(revokeCertificate, { certificate, reason: 'certificateHold' }, officer.origin);
    await registry.runner.run(leave, { person: officer.person, at_once: true }, registry.console);
    const late = await refusal(registry.runner.run(releaseCertificate, { certificate }, registry.console));
    expect(late.detail).to.equal(`certificate ${row.serial} is not on hold`);
  });

  it('stays on the list until one made after the certificate expired has carried it (RFC 5280 3.3)', async () => {
    const { row } = await certified();
    await registry.runner.run(
      revokeCertificate,
      { certificate: { uuid: row.uuid }, reason: 'superseded' },
      registry.console,
    );
    const carried = async (at: Date) => {
      registry.clock.move(at);
      await publish();
      return listed((await authority()).crl).has(row.serial);
    };
    expect(await carried(new Date(row.not_after.getTime() - day))).to.equal(true);
    expect(await carried(new Date(row.not_after.getTime() + day))).to.equal(true);
    expect(await carried(new Date(row.not_after.getTime() + 2 * day))).to.equal(false);
  });

  it('numbers lists without gaps or repeats, whoever publishes at once', async () => {
    const before = (await authority()).number;
    const outcomes = await Promise.allSettled(Array.from({ length: 4 }, publish));
    const numbers = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value.number] : []));
    expect(new Set(numbers).size).to.equal(numbers.length);
    expect((await authority()).number).to.equal(before + numbers.length);
    for (const one of outcomes) if (one.status === 'rejected') expect(one.reason.code).to.equal('conflict');
  });
});

describe('a certificate revocation list, version 2 (RFC 5280 section 5.1)', () => {
  let registry: Registry;
  let pki: Pki;
  before(async () => {
    registry = await openRegistry();
    pki = await registry.pki();
  });
  after(() => registry.close());

  const revoked = (count: number): RevokedCertificate[] =>
    Array.from({ length: count }, (_, index) => ({
      serial: (() => {
        const serial = randomBytes(16);
        serial[0] = index % 2 === 0 ? 0x7f : 0xff; // also one that would be negative without a sign octet
        return serial.toString('hex');
      })(),
      revoked_at: later(-index * 1_000),
      revocation_reason: index % 3 === 0 ? null : 'affiliationChanged',
      not_after: later(day),
    }));

  it('verifies, and says what it must and no more, also when it is empty', async () => {
    for (const count of [0, 3]) {
      for (const issuer of [pki.authorities.issuing, pki.authorities.root]) {
        const content = {
          number: 300,
          thisUpdate: start,
          nextUpdate: later(7 * day),
          revoked: revoked(count),
        };
        const list = readRevocationList(await signRevocationList(content, issuer));
        const issuerCertificate = readCertificate(issuer.certificate);
        expect(await list.verify({ issuerCertificate })).to.equal(true);
        expect(list.version).to.equal(1);
        expect(list.thisUpdate.value.toISOString()).to.equal('2026-11-22T01:00:00.000Z');
        expect(list.nextUpdate?.value.toISOString()).to.equal('2026-11-29T01:00:00.000Z');
        expect(
          list.revokedCertificates?.map((one) => one.userCertificate.toBigInt().toString(16)) ?? [],
        ).to.deep.equal(content.revoked.map((one) => one.serial));
        const extensions = list.crlExtensions?.extensions ?? [];
        expect(extensions.map((one) => [one.extnID, one.critical])).to.deep.equal([
          ['2.5.29.35', false],
          ['2.5.29.20', false],
        ]);
        expect(extensions[1]?.parsedValue.valueBlock.valueDec).to.equal(300);
      }
    }
  });

  it('of a hundred thousand is made in less than a second', async () => {
    const content = { number: 1, thisUpdate: start, nextUpdate: later(7 * day), revoked: revoked(100_000) };
    const before = process.cpuUsage(); // of this process: other suites may share the machine
    const list = await signRevocationList(content, pki.authorities.issuing);
    const { user } = process.cpuUsage(before);
    expect(list.length).to.be.greaterThan(4_000_000);
    expect(user).to.be.lessThan(1_000_000);
  });
});

describe('the job of revocation lists', () => {
  let registry: Registry;
  let pki: Pki;
  beforeEach(async () => {
    registry = await openRegistry();
    pki = await registry.pki();
  });
  afterEach(() => registry.close());

  /** The job on the feed's own wake-ups, and a promise for the next list of an authority. */
  async function running(clock: Clock = registry.clock) {
    const published = new EventEmitter();
    const log = {
      ...silentLog,
      info: (fields: { authority: string }) => void published.emit(fields.authority, fields),
    };
    const { authorities } = pki;
    const ports = { ...registry.ports, clock, validityDays: 7, feed: registry.feed, authorities };
    const job = runRevocationListJob({ ...ports, log: log as unknown as typeof silentLog });
    const listening = await registry.feed.listen(job.wake);
    return {
      wake: job.wake,
      next: async (name: string) => (await once(published, name))[0] as { number: number; entries: number },
      async stop() {
        await job.stop();
        await listening.close();
      },
    };
  }

  it('publishes first lists, a new one soon after somebody leaves, and no other', async () => {
    const job = await running();
    try {
      const firsts = await Promise.all(['root', 'issuing', 'services'].map(job.next));
      expect(firsts.map((one) => [one.number, one.entries])).to.deep.equal([
        [1, 0],
        [1, 0],
        [1, 0],
      ]);

      const officer = await registry.officer();
      for (let held = 0; held < 3; held++) {
        const request = (await makeRequest({ name: 'ECDSA', namedCurve: 'P-256' })).der;
        await requestSigningCertificate(pki, { person: officer.person, request }, officer.origin);
      }
      const next = job.next('issuing');
      const began = performance.now();
      await registry.runner.run(leave, { person: officer.person, at_once: true }, registry.console);
      expect(await next).to.include({ number: 2, entries: 3 });
      expect(performance.now() - began).to.be.lessThan(1_000);
      const [root] = await registry.reader.find('certificate_authority', { name: 'root' });
      expect(root?.crl_number).to.equal(1);
    } finally {
      await job.stop();
    }
  });

  it('begins with a fresh list, for something may have been revoked while it was down', async () => {
    const officer = await registry.officer();
    const request = (await makeRequest({ name: 'ECDSA', namedCurve: 'P-256' })).der;
    const row = await requestSigningCertificate(pki, { person: officer.person, request }, officer.origin);
    const first = await running();
    await first.next('issuing');
    await first.stop();
    await registry.runner.run(
      revokeCertificate,
      { certificate: { uuid: row.uuid }, reason: null },
      registry.console,
    );
    const second = await running();
    const fresh = await second.next('issuing');
    await second.stop();
    expect(fresh).to.include({ number: 2, entries: 1 });
  });

  it('publishes again before half the life of a list is over', async () => {
    const job = await running();
    try {
      await job.next('services');
      registry.clock.move(later(3.6 * day));
      const renewed = Promise.all(['root', 'issuing', 'services'].map(job.next));
      job.wake();
      expect((await renewed).map((one) => one.number)).to.deep.equal([2, 2, 2]);
    } finally {
      await job.stop();
    }
  });

  it('replaces a list that is dated in the future, as a clock that was wrong leaves it', async () => {
    registry.clock.move(later(2 * day));
    const wrong = await running();
    await Promise.all(['root', 'issuing', 'services'].map(wrong.next));
    await wrong.stop();
    registry.clock.move(start);
    let passed = 0;
    const right = await running({
      now: () => registry.clock.now(),
      elapsed: () => performance.now() + passed, // it never goes back, whatever the clock does
    });
    try {
      // The first lists of a run come whatever stands; what counts is a clock that returns while the job runs.
      await Promise.all(['root', 'issuing', 'services'].map(right.next));
      registry.clock.move(later(-day));
      passed = 60_000;
      const renewed = Promise.all(['root', 'issuing', 'services'].map(right.next));
      right.wake();
      expect((await renewed).map((one) => one.number)).to.deep.equal([3, 3, 3]);
      for (const row of await registry.reader.find('certificate_authority', {}))
        expect(row.crl_this_update?.getTime()).to.be.at.most(registry.clock.now().getTime());
    } finally {
      await right.stop();
    }
  });

  it('stops at once while it rests', async () => {
    const job = await running();
    await job.next('services');
    const began = performance.now();
    await job.stop(); // its poll of a second is not waited for
    expect(performance.now() - began).to.be.lessThan(500);
  });
});
