import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { openPool } from '../../src/database/pool.ts';
import { createTableReader } from '../../src/database/table_reader.ts';
import { certificatePem } from '../../src/pki/certificate.ts';
import { ensureHierarchy } from '../../src/pki/hierarchy.ts';
import { openKeyWrap } from '../../src/pki/key_wrap.ts';
import { serverCertificate } from '../../src/pki/tls.ts';
import { refusal } from './refusal.ts';
import { openRegistry, type Registry, start } from './registry.ts';
import { extension, readCertificate } from './relying_party.ts';

describe('the certificate authorities (RFC 5280 section 4.2.1.9)', () => {
  let registry: Registry;
  beforeEach(async () => {
    registry = await openRegistry();
  });
  afterEach(() => registry.close());

  it('are made once, whoever starts at the same instant, and opened by everybody after', async () => {
    const starters = await Promise.all(
      Array.from({ length: 4 }, () => ensureHierarchy(registry.ports, registry.console)),
    );
    const rows = await registry.reader.find('certificate_authority', {});
    expect(rows.map((row) => row.name).sort()).to.deep.equal(['issuing', 'root', 'services']);
    expect(await registry.reader.find('signing_key', {})).to.have.length(3);
    for (const name of ['root', 'issuing', 'services'] as const) {
      const certificates = starters.map((one) => one[name].certificate.toString('hex'));
      expect(new Set(certificates).size).to.equal(1);
    }
    const later = await ensureHierarchy(registry.ports, registry.console);
    expect(later.issuing.certificate).to.deep.equal(starters[0]?.issuing.certificate);
  });

  it('form one path: a P-384 root for twenty years, P-256 issuers that may not have issuers below', async () => {
    const { root, issuing, services } = await ensureHierarchy(registry.ports, registry.console);
    const top = new X509Certificate(root.certificate);
    expect(top.verify(top.publicKey)).to.equal(true);
    expect(top.publicKey.asymmetricKeyDetails?.namedCurve).to.equal('secp384r1');
    expect(Date.parse(top.validTo) - start.getTime()).to.be.closeTo(7305 * 86_400_000, 600_000);
    for (const authority of [issuing, services]) {
      const read = new X509Certificate(authority.certificate);
      expect(read.ca).to.equal(true);
      expect(read.checkIssued(top)).to.equal(true);
      expect(read.verify(top.publicKey)).to.equal(true);
      expect(read.publicKey.asymmetricKeyDetails?.namedCurve).to.equal('prime256v1');
      const constraints = extension(readCertificate(authority.certificate), '2.5.29.19');
      expect(constraints?.critical).to.equal(true);
      expect(constraints?.parsedValue.pathLenConstraint).to.equal(0);
    }
    expect(
      extension(readCertificate(issuing.certificate), '2.5.29.37')?.parsedValue.keyPurposes,
    ).to.deep.equal(['1.3.6.1.5.5.7.3.4', '1.3.6.1.5.5.7.3.2']);
  });

  it('keep their keys wrapped, and do not start under another master key', async () => {
    const { root } = await ensureHierarchy(registry.ports, registry.console);
    for (const key of await registry.reader.find('signing_key', {})) {
      expect(key.wrapped_key.includes(Buffer.from('302306072a8648ce3d0201', 'hex'))).to.equal(false);
    }
    const keyWrap = openKeyWrap(Buffer.alloc(32, 9));
    const error = await refusal(ensureHierarchy({ ...registry.ports, keyWrap }, registry.console));
    expect(error.message).to.match(
      /^configuration: the stored key signing_key:ca:root was encrypted under master key \w{16}, and the given/,
    );
    const [stored] = await registry.reader.find('certificate_authority', { name: 'root' });
    expect(stored?.certificate).to.deep.equal(root.certificate);
  });

  it('are not made by somebody without the right to', async () => {
    const officer = await registry.officer();
    const error = await refusal(ensureHierarchy(registry.ports, officer.origin));
    expect(error.code).to.equal('access_denied');
    expect(await registry.reader.find('certificate_authority', {})).to.deep.equal([]);
  });

  it('say that the database is away when it is', async () => {
    const database = openPool({ url: 'postgresql://nobody@127.0.0.1:1/none', applicationName: 'test' });
    const reader = createTableReader(database);
    const error = await refusal(ensureHierarchy({ ...registry.ports, reader }, registry.console));
    expect(error.code).to.equal('unavailable');
    await database.close();
  });
});

describe('the TLS certificate of the service (RFC 5280, RFC 6125)', () => {
  let registry: Registry;
  before(async () => {
    registry = await openRegistry();
  });
  after(() => registry.close());

  it('is made once for all starters and satisfies a TLS client that knows the root alone', async () => {
    const pki = await registry.pki();
    const names = ['ldap.gov.example', '2001:DB8::17', '192.0.2.7'];
    const starters = await Promise.all(
      Array.from({ length: 3 }, () => serverCertificate(pki, names, registry.console)),
    );
    expect(new Set(starters.map((one) => one.certificate)).size).to.equal(1);
    const read = new X509Certificate(starters[0]?.certificate ?? '');
    expect(read.subjectAltName).to.equal(
      'DNS:ldap.gov.example, IP Address:2001:DB8:0:0:0:0:0:17, IP Address:192.0.2.7',
    );
    expect(read.subject).to.equal('C=HK');
    expect((Date.parse(read.validTo) + 1000 - Date.parse(read.validFrom)) / 86_400_000).to.equal(199);

    const server = createServer({ key: starters[0]?.key, cert: starters[0]?.certificate }, (socket) =>
      socket.end(),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const ca = certificatePem(pki.authorities.root.certificate);
      const { port } = server.address() as AddressInfo;
      const reach = (servername: string): TLSSocket => connect({ port, host: '127.0.0.1', servername, ca });
      const socket = reach('ldap.gov.example');
      await once(socket, 'secureConnect');
      expect(socket.authorized).to.equal(true);
      socket.destroy();
      const [refused] = await once(reach('localhost'), 'error');
      expect(String(refused)).to.contain("does not match certificate's altnames");
    } finally {
      server.close();
      await once(server, 'close');
    }
  });

  it('is kept until a third of its life is left or its names change, and then replaced', async () => {
    const pki = await registry.pki();
    const names = ['ldap.gov.example', '192.0.2.7', '2001:db8::17'];
    const ask = (hosts: string[]) => serverCertificate(pki, hosts, registry.console);
    const first = await ask(names);
    registry.clock.move(new Date(start.getTime() + 130 * 86_400_000));
    expect((await ask(names)).certificate).to.equal(first.certificate);
    registry.clock.move(new Date(start.getTime() + 134 * 86_400_000));
    const second = await ask(names);
    expect(second.notAfter.getTime()).to.be.greaterThan(first.notAfter.getTime());
    const wider = await ask([...names, 'im.gov.example']);
    expect(wider.certificate).not.to.equal(second.certificate);
    expect((await ask(names)).certificate).not.to.equal(wider.certificate); // a name given up is shown no more
    const keys = await registry.reader.find('signing_key', { purpose: 'tls' });
    expect(keys.map((key) => key.state).sort()).to.deep.equal(['current', 'retired', 'retired', 'retired']);
  });

  it('is not made for a name that is none', async () => {
    const error = await refusal(serverCertificate(await registry.pki(), ['not a host'], registry.console));
    expect(error.message).to.equal(
      'configuration: not a host is neither a host name nor an address for a TLS certificate',
    );
  });
});
