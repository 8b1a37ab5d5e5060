// StartTLS and LDAPS on the wire, and requests smuggled in before TLS.
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { Client } from 'ldapts';
import forge from 'node-forge';
import { systemClock } from '../../src/clock.ts';
import { OperationError } from '../../src/errors.ts';
import type { TlsMaterial } from '../../src/ldap/tls.ts';
import { bindRequest, equality, extendedRequest, present, RawClient, searchRequest } from './raw_client.ts';
import { dnOf, openWorld, password, suffix, type World } from './world.ts';

const START_TLS = '1.3.6.1.4.1.1466.20037';

function selfSigned(name: string): TlsMaterial {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey);
  certificate.serialNumber = '01';
  certificate.validity.notBefore = new Date('2026-01-01T00:00:00Z');
  certificate.validity.notAfter = new Date('2036-01-01T00:00:00Z');
  certificate.setSubject([{ name: 'commonName', value: name }]);
  certificate.setIssuer([{ name: 'commonName', value: name }]);
  certificate.setExtensions([{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }]);
  certificate.sign(forge.pki.privateKeyFromPem(privateKey), forge.md.sha256.create());
  return { key: privateKey, certificate: forge.pki.certificateToPem(certificate) };
}

describe('RFC 4511 4.14, RFC 4513 section 3: TLS', () => {
  let world: World;
  let material: TlsMaterial;
  let ms = 0;
  before(async () => {
    material = selfSigned('first');
    const clock = { now: systemClock.now, elapsed: () => ms };
    world = await openWorld({ clock, listener: { tls: () => material, sweepMs: 5 } });
  });
  after(() => world.close());

  const trusting = () => ({ ca: material.certificate, servername: 'localhost' });

  async function secured(client: RawClient): Promise<{ tls: RawClient; socket: TLSSocket }> {
    client.socket.removeAllListeners('data');
    const socket = connectTls({ socket: client.socket, ...trusting() });
    await once(socket, 'secureConnect');
    return { tls: new RawClient(socket), socket };
  }

  it('LDAPS', async () => {
    const client = new Client({ url: `ldaps://127.0.0.1:${world.ldaps}`, tlsOptions: trusting() });
    await client.bind(dnOf('u1'), password);
    expect((await client.search(suffix, { filter: '(uid=u9)' })).searchEntries).to.have.length(1);
    expect((await client.search(suffix, { filter: '(&(sn=chan)(uid=u*))' })).searchEntries).to.have.length(
      100,
    );
    await client.unbind();
  });

  it('StartTLS', async () => {
    const client = new Client({ url: world.url });
    await client.startTLS(trusting());
    await client.bind(dnOf('u1'), password);
    expect((await client.search(suffix, { filter: '(uid=u9)' })).searchEntries).to.have.length(1);
    await client.unbind();
  });

  it('is advertised, answers with its name, and is refused under TLS', async () => {
    const client = await RawClient.open(world.ldap);
    await client.ask(1, searchRequest(1, '', 0, present('objectClass'), ['supportedExtension']));
    expect(client.answers[0]?.octets.includes(START_TLS)).to.equal(true);
    const answer = await client.ask(2, extendedRequest(2, START_TLS));
    expect(answer).to.include({ code: 0 });
    expect(answer.octets.includes(START_TLS)).to.equal(true);
    const { tls, socket } = await secured(client);
    expect(socket.getProtocol()).to.equal('TLSv1.3');
    expect(await tls.ask(3, extendedRequest(3, START_TLS))).to.include({
      code: 1,
      text: 'TLS is established already',
    });
    expect(await tls.ask(4, bindRequest(4, dnOf('u1'), password))).to.include({ code: 0 });
    tls.end();
  });

  it('a value in StartTLS is a protocol error, and the session goes on', async () => {
    const client = await RawClient.open(world.ldap);
    expect(await client.ask(1, extendedRequest(1, START_TLS, Buffer.from('x')))).to.include({ code: 2 });
    expect(await client.ask(2, searchRequest(2, '', 0, present('cn')))).to.include({ code: 0 });
    client.end();
  });

  it('requests behind StartTLS in the clear end the session and are not done', async () => {
    const client = await RawClient.open(world.ldap);
    client.send(extendedRequest(1, START_TLS), searchRequest(2, '', 0, present('objectClass')));
    await client.ended();
    expect(client.answers).to.have.length(1);
    expect(client.answers[0]).to.include({ messageId: 0, code: 2 });
    expect(client.answers[0]?.text).to.match(/must not follow StartTLS/);
  });

  it('requests in the clear where the handshake belongs end the session and are not done', async () => {
    const client = await RawClient.open(world.ldap);
    await client.ask(1, extendedRequest(1, START_TLS));
    client.send(searchRequest(2, '', 0, present('objectClass')));
    await client.ended();
    expect(client.answers.filter(({ messageId }) => messageId === 2)).to.deep.equal([]);
  });

  it('StartTLS is refused while a search is under way', async () => {
    const { replica } = world;
    replica.search = () => ({ next: () => 'more', estimate: 1 });
    const client = await RawClient.open(world.ldap);
    await client.ask(1, bindRequest(1, dnOf('u1'), password));
    client.send(searchRequest(2, suffix, 2, equality('uid', 'u1')));
    expect(await client.ask(3, extendedRequest(3, START_TLS))).to.include({
      code: 1,
      text: 'operations are under way',
    });
    Reflect.deleteProperty(replica, 'search');
    client.end();
  });

  it('TLS 1.1 is refused', async () => {
    const socket = connectTls({
      port: world.ldaps,
      host: '127.0.0.1',
      ...trusting(),
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).to.match(/alert protocol version|unsupported protocol/i);
  });

  it('who never shakes hands is dropped after a time', async () => {
    const silent = await RawClient.open(world.ldaps);
    while (world.listeners.connections === 0) await new Promise((resolve) => setImmediate(resolve));
    ms += 11_000;
    await silent.ended();
    expect(silent.answers).to.deep.equal([]);
  });

  async function servedName(): Promise<string> {
    const socket = connectTls({ port: world.ldaps, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const { CN } = socket.getPeerCertificate().subject;
    socket.destroy();
    return String(CN);
  }

  it('a renewed certificate serves new connections; one that is not usable leaves it in service', async () => {
    const before = material;
    material = selfSigned('second');
    expect(await servedName()).to.equal('second');
    material = { key: 'no key', certificate: before.certificate };
    expect(await servedName()).to.equal('second');
    material = before;
    expect(await servedName()).to.equal('first');
  });

  it('a key that does not fit its certificate keeps the service from starting', async () => {
    const other = selfSigned('other');
    const tls = () => ({ key: other.key, certificate: material.certificate });
    const refusal: unknown = await openWorld({ listener: { tls } }).catch((error: unknown) => error);
    expect(refusal).to.be.instanceOf(OperationError);
    expect(refusal).to.include({ code: 'configuration' });
  });
});
