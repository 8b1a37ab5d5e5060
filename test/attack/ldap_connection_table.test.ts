// Hosts that hold connections without ever binding: others come in all the same.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { bindRequest, RawClient } from '../ldap/raw_client.ts';
import { mailDn, openWorld, password } from '../ldap/world.ts';
import { type City, openCity, strangerAddress } from './city.ts';
import type { FloodOptions } from './flood.ts';
import { expectUnharmed, underProgram } from './honest.ts';

async function hold(port: number, count: number, address: (number: number) => string): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let number = 0; number < count; number++) {
    const socket = connect({ port, host: '127.0.0.1', localAddress: address(number) });
    socket.on('error', () => undefined); // to be cut off is what it provokes
    sockets.push(socket);
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  }
  return sockets;
}

describe('a table of LDAP connections that strangers fill', () => {
  it('lets the mail system in eighteen times of eighteen, whatever addresses hold it', async () => {
    const world = await openWorld({ settings: { ldapMaxConnections: 60, ldapMaxConnectionsAnonymous: 20 } });
    const held = await hold(world.ldap, 120, strangerAddress);
    expect(world.listeners.connections).to.be.at.most(60);
    const mail: RawClient[] = [];
    for (let number = 0; number < 18; number++) {
      const client = await RawClient.open(world.ldap);
      expect((await client.ask(1, bindRequest(1, mailDn, password))).code).to.equal(0);
      mail.push(client);
    }
    const more = await hold(world.ldap, 120, strangerAddress);
    for (const client of mail) expect(client.closed, 'a bound connection makes no room').to.equal(false);
    for (const socket of [...held, ...more]) socket.destroy();
    for (const client of mail) client.end();
    await world.close();
  });

  it('is never held by one address beyond its share', async () => {
    const world = await openWorld({ settings: { ldapMaxConnectionsAnonymous: 20 } });
    const held = await hold(world.ldap, 50, () => strangerAddress(1));
    while (held.filter((socket) => !socket.destroyed).length > 20) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(world.listeners.connections).to.equal(20);
    const oldest = held.slice(0, 30);
    expect(
      oldest.every((socket) => socket.destroyed),
      'the oldest went',
    ).to.equal(true);
    for (const socket of held) socket.destroy();
    await world.close();
  });

  it('is not filled by one account that has bound', async () => {
    const world = await openWorld({ settings: { ldapMaxConnectionsAccount: 5 } });
    const clients: RawClient[] = [];
    for (let number = 0; number < 8; number++) {
      const client = await RawClient.open(world.ldap);
      expect((await client.ask(1, bindRequest(1, mailDn, password))).code).to.equal(0);
      clients.push(client);
    }
    await Promise.all(clients.slice(0, 3).map((client) => client.ended()));
    expect(world.listeners.connections).to.equal(5);
    for (const client of clients) client.end();
    await world.close();
  });
});

describe('a host that holds two thousand connections', function () {
  this.timeout(300_000);
  let city: City;
  before(async () => {
    city = await openCity();
  });

  it('keeps a share of them, and nobody else notices', async () => {
    const attack: FloodOptions = {
      port: city.server.ports.ldap,
      addresses: [strangerAddress(7)],
      connections: 2_000,
      prologues: [],
      requests: [],
      perSecond: 0,
      most: 0,
    };
    const comparison = await underProgram(city, 'flood', attack, { rounds: 2 });
    expectUnharmed(comparison);
    // Each of two workers counts what the other tells it, a few dozen milliseconds late.
    for (const { opened, cut } of comparison.attacks) expect((opened ?? 0) - (cut ?? 0)).to.be.below(1_200);
  });
});
