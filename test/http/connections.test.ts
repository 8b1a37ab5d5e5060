// Whose connection makes room for whose, on listeners of this process.
import { once } from 'node:events';
import { get, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { systemClock } from '../../src/clock.ts';
import { WebConnections } from '../../src/http/connections.ts';
import { listenWeb, type WebListener } from '../../src/http/listeners.ts';
import { proxyCheck } from '../../src/http/request_identity.ts';
import { createLocalLimits } from '../../src/limits/limits.ts';

const alice = '127.0.67.1';
const bob = '127.0.67.2';
const proxy = '127.0.67.9';

describe('connections of the web listeners', () => {
  let listener: WebListener;
  let connections: WebConnections;
  let sockets: Socket[] = [];
  /** Answers that the handler owes: of `/wait`. */
  let owed: ServerResponse[] = [];

  async function listen(most: number, mostOfAddress: number): Promise<void> {
    connections = new WebConnections(createLocalLimits(systemClock), {
      ...{ most, mostOfAddress, isProxy: proxyCheck([proxy]) },
    });
    listener = await listenWeb(
      (request, response) => {
        if (request.url === '/wait') owed.push(response);
        else response.end('answered');
      },
      { host: '127.0.0.1', port: 0, connections },
    );
  }
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    sockets = [];
    owed = [];
    await listener.close(50);
  });

  /** Connects and sends `octets`; whatever is answered is read. */
  async function open(address: string, octets = ''): Promise<Socket> {
    const socket = connect({ port: listener.port, host: '127.0.0.1', localAddress: address });
    sockets.push(socket);
    socket.on('error', () => undefined); // being cut off is what is tried
    await once(socket, 'connect');
    socket.write(octets);
    socket.resume();
    await turns();
    return socket;
  }
  /** The server is this process: what was sent has reached it, and what it closed is seen, after a few turns of the loop. */
  async function turns(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
  const isOpen = ({ readableEnded, destroyed }: Socket) => !readableEnded && !destroyed;

  it('of one address give way to its own next one, the longest quiet first', async () => {
    await listen(100, 3);
    const silent = [await open(alice), await open(alice), await open(alice)];
    silent[0]?.write(request('/')); // asks, and is quiet from then on
    await turns();
    const other = await open(bob);
    await open(alice);
    expect([...silent, other].map(isOpen)).to.deep.equal([true, false, true, true]);
    await open(alice);
    expect([...silent, other].map(isOpen)).to.deep.equal([true, false, false, true]);
    expect(connections.size).to.equal(4);
  });

  it('in all give way to the next one, whosever it is', async () => {
    await listen(4, 100);
    const held = [await open(alice), await open(alice), await open(alice), await open(alice)];
    const other = await open(bob, request('/'));
    expect([...held, other].map(isOpen)).to.deep.equal([false, true, true, true, true]);
    expect(connections.size).to.equal(4);
  });

  it('that wait for our answer stay; those whose body does not come, or who do not read, go', async () => {
    await listen(3, 100);
    const answered = await open(alice, request('/wait'));
    const slowBody = await open(alice, 'POST /wait HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx');
    const unread = await open(alice, request('/wait'));
    unread.pause();
    owed[2]?.end(Buffer.alloc(64 * 1024 * 1024));
    const others = [await open(bob), await open(bob)];
    expect([answered, slowBody, ...others].map(isOpen)).to.deep.equal([true, false, true, true]);
    expect(connections.size).to.equal(3);
    await once(unread.resume(), 'close');
  });

  it('are refused where everybody waits for our answer', async () => {
    await listen(2, 100);
    const held = [await open(alice, request('/wait')), await open(alice, request('/wait'))];
    const refused = await open(bob);
    expect([...held, refused].map(isOpen)).to.deep.equal([true, true, false]);
    for (const response of owed) response.end();
    await turns();
    expect(isOpen(await open(bob))).to.equal(true);
  });

  it('of trusted proxies are not counted by address', async () => {
    await listen(100, 2);
    const held = [await open(proxy), await open(proxy), await open(proxy), await open(proxy)];
    expect(held.every(isOpen)).to.equal(true);
  });

  it('are forgotten when they close', async () => {
    await listen(100, 2);
    for (let number = 0; number < 6; number++) (await open(alice, request('/'))).destroy();
    await turns();
    expect(connections.size).to.equal(0);
    const answer = await new Promise<number | undefined>((resolve) => {
      get({ host: '127.0.0.1', port: listener.port, localAddress: alice }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
    });
    expect(answer).to.equal(200);
  });
});
