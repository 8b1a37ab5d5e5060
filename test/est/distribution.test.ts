import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { createPublishedSource } from '../../src/database/published_source.ts';
import { leave } from '../../src/directory/commands/leave.ts';
import { type Distributed, distribution } from '../../src/est/distribution.ts';
import { silentLog } from '../../src/log.ts';
import type { Pki } from '../../src/pki/authority.ts';
import { issueEncryptionCertificate } from '../../src/pki/issue_encryption_certificate.ts';
import { publishRevocationList } from '../../src/pki/publish_revocation_list.ts';
import { requestSigningCertificate } from '../../src/pki/request_signing_certificate.ts';
import { openReplica, type Replica } from '../../src/replica/replica.ts';
import { binaryValues } from '../../src/x500/entry.ts';
import { loadSchema } from '../../src/x500/load_schema.ts';
import { openRegistry, type Registry, start } from '../pki/registry.ts';
import { readCertificate, readRevocationList } from '../pki/relying_party.ts';
import { makeRequest } from '../pki/requests.ts';

const suffix = 'dc=gov,dc=hk';
const schema = loadSchema();

describe('what the PKI publishes (RFC 4523, RFC 5280 4.2.1.13)', () => {
  let registry: Registry;
  let pki: Pki;
  let replica: Replica;
  let fetch: (path: string) => Distributed | undefined;

  before(async () => {
    registry = await openRegistry();
    pki = await registry.pki();
    const { database, feed, clock } = registry;
    const source = createPublishedSource({ database, feed, clock });
    replica = await openReplica({ source, schema, suffix, clock, log: silentLog });
    fetch = distribution({ readModel: replica, suffix });
  });
  after(async () => {
    await replica.close();
    await registry.close();
  });

  const caughtUp = async () => replica.reached(await registry.feed.last(), 5_000);
  const certificatesOf = (uid: string) => {
    const entry = replica.entryByDn(`uid=${uid},ou=people,${suffix}`);
    return entry === undefined ? [] : binaryValues(schema, entry, 'userCertificate;binary');
  };

  it('is fetched as the certificates themselves say where', async () => {
    const { root, issuing } = pki.authorities;
    expect(fetch('/pki/issuing.crl'), 'before the first list').to.equal(undefined);
    await publishRevocationList({ ...registry.ports, validityDays: 7 }, issuing, registry.console);
    await caughtUp();
    const pathOf = (url: string | undefined) => new URL(url ?? '').pathname;
    const crl = fetch(pathOf(issuing.urls?.crl));
    expect(crl).to.deep.include({ status: 200, type: 'application/pkix-crl', maxAge: 60 });
    const list = readRevocationList(crl?.body ?? Buffer.alloc(0));
    expect(await list.verify({ issuerCertificate: readCertificate(issuing.certificate) })).to.equal(true);
    const certificate = fetch(pathOf(root.urls?.certificate));
    expect(certificate).to.deep.include({ type: 'application/pkix-cert', body: root.certificate });
    expect(new X509Certificate(fetch('/pki/root.pem')?.body ?? '').raw).to.deep.equal(root.certificate);
  });

  it('is nothing else, whatever the path', () => {
    for (const path of [
      '/pki/',
      '/pki/nobody.crl',
      '/pki/issuing.key',
      '/pki/issuing.constructor',
      '/pki/../pki/root.cer',
      '/pki/root,cn=x.cer',
      '/pki/ROOT.cer',
      '/root.cer',
      `/pki/${'a'.repeat(100_000)}.crl`,
    ]) {
      expect(fetch(path), path.slice(0, 40)).to.equal(undefined);
    }
  });

  it('shows people’s certificates from their issue to their revocation, the newest for encryption first', async () => {
    const officer = await registry.officer({ uid: 'kctang' });
    const request = (await makeRequest({ name: 'ECDSA', namedCurve: 'P-256' })).der;
    const first = (await issueEncryptionCertificate(pki, officer, officer.origin)).certificate;
    const signing = await requestSigningCertificate(pki, { person: officer.person, request }, officer.origin);
    registry.clock.move(new Date(start.getTime() + 3_600_000));
    const second = (await issueEncryptionCertificate(pki, officer, officer.origin)).certificate;
    await caughtUp();
    const shown = certificatesOf('kctang');
    expect(shown[0]).to.deep.equal(second.der);
    expect(shown.map((der) => der.toString('hex')).sort()).to.deep.equal(
      [first, signing, second].map(({ der }) => der.toString('hex')).sort(),
    );
    await registry.runner.run(leave, { person: officer.person, at_once: true }, registry.console);
    await caughtUp();
    expect(certificatesOf('kctang')).to.deep.equal([]);
  });
});
