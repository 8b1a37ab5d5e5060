// The primary process: forks the workers, replaces those that die or take no connections, and stops them in order. It serves
// nothing itself and holds no directory data, so there is little in it that can fail.
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import type { Clock } from '../clock.ts';
import { OperationError } from '../errors.ts';
import type { Log } from '../log.ts';
import { AcceptQueue, collectListeners } from './accept_queue.ts';
import type { FromPrimary, FromWorker, ListenAddresses } from './messages.ts';
import type { NodeChannel } from './node_channel.ts';
import { closeUntaken, watchUntaken } from './untaken.ts';

export interface Workers {
  readonly ports: ListenAddresses;
  /** Rejects when the workers cannot be kept alive any more. */
  readonly failed: Promise<never>;
  /** Tells all to stop and waits; kills what is left at the deadline. True when all ended by themselves. */
  stop(deadlineMs: number): Promise<boolean>;
}

export interface ClusterOptions {
  /** The program a worker runs, and its arguments. */
  program: string;
  programArguments: string[];
  workers: number;
  start: Extract<FromPrimary, { kind: 'start' }>;
  /** The links of the workers are opened here. */
  channel: NodeChannel;
  /** Descriptors that this process has for connections no worker has taken yet. */
  filesForClients: number;
  clock: Clock;
  log: Log;
}

/** Deaths within a minute that make the primary give up: something is wrong that a new worker does not mend. */
const deathsPerMinute = 20;

/** Connections that wait for a worker: one address may come with a thousand at once, and not make others wait for long. */
const mostAccepted = { perAddress: 1_024, all: 4_096 };
/** Seconds within which a worker takes a connection that it was handed. */
const secondsToTake = 10;

export async function startWorkers(options: ClusterOptions): Promise<Workers> {
  const { channel, clock, log } = options;
  cluster.setupPrimary({ exec: options.program, args: options.programArguments, serialization: 'advanced' });
  const all = Math.min(mostAccepted.all, options.filesForClients);
  const queue = new AcceptQueue({ all, perAddress: Math.min(mostAccepted.perAddress, Math.ceil(all / 2)) });
  let stopping = false;
  const replaced = new Set<Worker>();
  const deaths: number[] = [];
  let giveUp: (error: OperationError) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  failed.catch(() => undefined); // whoever awaits it sees it; until somebody does it must not end the process

  function startOne(): Promise<ListenAddresses> {
    const listeners = collectListeners();
    const worker = cluster.fork();
    watchUntaken(worker, closeUntaken(worker, queue), secondsToTake, () => replace(worker));
    channel.attach(worker);
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'hello') worker.send(options.start);
        else if (message.kind === 'ready') {
          for (const listener of listeners.stop()) queue.guard(listener);
          log.info({ worker: worker.process.pid, startMs: message.startMs }, 'worker is ready');
          resolve(message.ports);
        } else if (message.kind === 'failed') reject(new OperationError(message.code, message.detail));
      });
      worker.once('exit', (code, signal) => {
        listeners.stop();
        reject(
          new OperationError(
            'unavailable',
            `a worker ended with ${signal ?? `status ${code}`} before it was ready`,
          ),
        );
        onDeath(worker, code, signal);
      });
    });
  }

  function onDeath(worker: Worker, code: number | null, signal: string | null): void {
    if (stopping) return;
    log.error({ worker: worker.process.pid, code, signal }, 'a worker died');
    if (replaced.delete(worker)) return;
    const now = clock.elapsed();
    deaths.push(now);
    while (deaths[0] !== undefined && now - deaths[0] > 60_000) deaths.shift();
    if (deaths.length > deathsPerMinute) {
      giveUp(new OperationError('unavailable', 'workers die as fast as they are started'));
      return;
    }
    const waitMs = Math.min(100 * 2 ** (deaths.length - 1), 5_000);
    setTimeout(() => {
      if (stopping) return;
      startOne().catch((error: unknown) => log.error({ err: error }, 'a worker could not be replaced'));
    }, waitMs);
  }

  /** Starts another first, so that the ports stay open; the worker drains as at an orderly stop. */
  function replace(worker: Worker): void {
    if (stopping) return;
    log.error({ worker: worker.process.pid }, 'a worker takes no connections and is replaced');
    replaced.add(worker);
    startOne()
      .catch((error: unknown) => log.error({ err: error }, 'a worker could not be replaced'))
      .finally(() => {
        if (worker.isConnected()) worker.send({ kind: 'stop' } satisfies FromPrimary);
        const late = setTimeout(
          () => worker.process.kill('SIGKILL'),
          options.start.settings.drainSeconds * 1000,
        );
        worker.once('exit', () => clearTimeout(late));
      });
  }

  async function stop(deadlineMs: number): Promise<boolean> {
    stopping = true;
    const living = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
    const exits = living.map((worker) => once(worker, 'exit'));
    for (const worker of living)
      if (worker.isConnected()) worker.send({ kind: 'stop' } satisfies FromPrimary);
    let clean = true;
    const timer = setTimeout(() => {
      clean = false;
      for (const worker of living) worker.process.kill('SIGKILL');
    }, deadlineMs);
    await Promise.all(exits);
    clearTimeout(timer);
    return clean;
  }

  try {
    // One first: what keeps a worker from starting (an occupied port) is then reported once.
    const ports = await startOne();
    await Promise.all(Array.from({ length: options.workers - 1 }, startOne));
    return { ports, failed, stop };
  } catch (error) {
    await stop(2_000);
    throw error;
  }
}
