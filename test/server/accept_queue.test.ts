// What the primary keeps of connections that no worker has taken: a bounded number while a flood lasts, and nothing after it.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { type AcceptedHandle, AcceptQueue, type ListeningHandle } from '../../src/server/accept_queue.ts';
import { freePorts } from '../journeys/running_server.ts';

class Handle implements AcceptedHandle {
  closed = false;
  readonly #address: string | null;

  constructor(address: string | null) {
    this.#address = address;
  }

  close(): void {
    this.closed = true;
  }

  getpeername(into: { address?: string }): number {
    if (this.#address === null) return -107; // ENOTCONN: it was reset
    into.address = this.#address;
    return 0;
  }
}

describe('connections that wait for a worker', () => {
  it('are bounded for each address and in all; those that were reset are closed at once', () => {
    const queue = new AcceptQueue({ perAddress: 2, all: 3 });
    const distributed: unknown[] = [];
    const listener: ListeningHandle = { onconnection: (_, handle) => void distributed.push(handle) };
    queue.guard(listener);
    const arrive = (address: string | null): Handle => {
      const handle = new Handle(address);
      listener.onconnection?.(0, handle);
      return handle;
    };
    const first = arrive('10.0.0.1');
    const arrivals = [
      arrive('10.0.0.1'),
      arrive('10.0.0.1'),
      arrive(null),
      arrive('10.0.0.2'),
      arrive('10.0.0.3'),
    ];
    expect(arrivals.map(({ closed }) => closed)).to.deep.equal([false, true, true, false, true]);
    expect(distributed).to.have.length(3);
    queue.handedOver(first);
    queue.handedOver(first);
    expect(queue.size).to.equal(2);
    expect(arrive('10.0.0.3').closed).to.equal(false);
  });

  it('leave nothing behind after five thousand short ones, half of them reset', async function () {
    this.timeout(60_000);
    const [port] = await freePorts(1);
    const program = fileURLToPath(new URL('accept_queue_primary.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', program, String(port)],
      {
        timeout: 50_000,
        killSignal: 'SIGKILL',
      },
    );
    const { guarded, longest, left, sockets } = JSON.parse(stdout);
    expect({ guarded, left }).to.deep.equal({ guarded: 1, left: 0 });
    expect(longest).to.be.within(1, 200);
    expect(sockets, 'sockets open in the primary').to.be.below(10);
  });
});
