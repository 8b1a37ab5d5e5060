// The primary of accept_queue.test.ts: two workers that take connections and hold them, and floods of its own. Prints one
// JSON line with what was left behind.
import cluster from 'node:cluster';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { AcceptQueue, collectListeners } from '../../src/server/accept_queue.ts';
import { closeUntaken } from '../../src/server/untaken.ts';

const port = Number(process.argv[2]);

function work(): void {
  createServer((socket) => {
    socket.on('error', () => undefined); // resets are what it is sent
    socket.resume();
  }).listen(port, '127.0.0.1');
}

async function flood(total: number, address: (number: number) => string): Promise<number> {
  let opened = 0;
  let refused = 0;
  async function one(): Promise<void> {
    while (opened < total) {
      const number = opened++;
      const socket = connect({ port, host: '127.0.0.1', localAddress: address(number) });
      socket.on('error', () => undefined);
      await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => refused++);
      if (number % 2 === 0) socket.resetAndDestroy();
      else socket.destroy();
    }
  }
  await Promise.all(Array.from({ length: 128 }, one));
  return refused;
}

async function lead(): Promise<void> {
  cluster.setupPrimary({ exec: fileURLToPath(import.meta.url), args: [String(port)] });
  const queue = new AcceptQueue({ perAddress: 50, all: 200 });
  const listeners = collectListeners();
  const workers = [cluster.fork(), cluster.fork()];
  const untaken = workers.map((worker) => closeUntaken(worker, queue));
  await Promise.all(workers.map((worker) => once(worker, 'listening')));
  const guarded = listeners.stop();
  for (const listener of guarded) queue.guard(listener);
  let longest = 0;
  const watch = setInterval(() => {
    longest = Math.max(longest, queue.size);
  }, 1);
  await flood(5_000, (number) => `127.0.66.${1 + (number % 100)}`);
  const left = (): number => queue.size + untaken.reduce((sum, { size }) => sum + size, 0);
  const deadline = performance.now() + 10_000;
  while (left() > 0 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
  clearInterval(watch);
  const sockets = process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP'));
  process.stdout.write(
    `${JSON.stringify({ guarded: guarded.length, longest, left: left(), sockets: sockets.length })}\n`,
  );
  for (const worker of workers) worker.process.kill('SIGKILL');
  process.exit(0);
}

if (cluster.isPrimary) await lead();
else work();
