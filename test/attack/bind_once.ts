// One bind on a connection of its own, from a given address of loopback.
import { once } from 'node:events';
import { connect } from 'node:net';
import { bindRequest, readAnswer, sizeOfFirst } from '../ldap/raw_client.ts';
import type { BindName, City } from './city.ts';

/** Addresses apart from those that flood: what a flood used up of its network's share is not what these tests ask for. */
export const guesserAddress = (number: number): string => `127.0.69.${number}`;

const patienceMs = 8_000;

/** The result code; null when no answer came in time or the connection ended. */
export async function bindFrom(
  city: City,
  { dn, password }: BindName,
  localAddress = '127.0.0.1',
): Promise<number | null> {
  const socket = connect({ port: city.server.ports.ldap, host: '127.0.0.1', localAddress });
  socket.on('error', () => undefined); // 'close' follows
  let octets = Buffer.alloc(0);
  const signal = AbortSignal.timeout(patienceMs);
  try {
    await once(socket, 'connect', { signal });
    socket.write(bindRequest(1, dn, password));
    while (sizeOfFirst(octets) > octets.length) {
      const [chunk] = await once(socket, 'data', { signal });
      octets = Buffer.concat([octets, chunk]);
    }
    return readAnswer(octets).code;
  } catch {
    return null;
  } finally {
    socket.destroy();
  }
}
