// A worker process: it starts when the primary sends the settings, says when it serves, drains at SIGTERM or at the
// primary's word, and ends when the primary is gone.
import { isOperationError } from '../errors.ts';
import type { Phase } from '../http/health.ts';
import { openLog } from '../log.ts';
import { createClosers } from './lifecycle.ts';
import type { FromPrimary, FromWorker } from './messages.ts';
import { openWorkerLink } from './node_channel.ts';
import { type Start, startServing } from './serving.ts';

function send(message: FromWorker): void {
  if (process.connected) process.send?.(message);
}

/** The whole life of a worker process; resolves when it may exit. */
export async function runWorker(): Promise<void> {
  const start = await new Promise<Start>((resolve) => {
    process.on('message', (message: FromPrimary) => {
      if (message.kind === 'start') resolve(message);
    });
    send({ kind: 'hello' });
  });
  const log = openLog({ level: start.settings.logLevel });
  const closers = createClosers(log);
  const link = openWorkerLink(log);
  const phase: { now: Phase } = { now: 'starting' };
  const stopped = new Promise<void>((resolve) => {
    process.on('message', (message: FromPrimary) => {
      if (message.kind === 'stop') resolve();
    });
    process.once('disconnect', resolve); // the primary is gone: serving on would leave two of us behind one port
    process.once('SIGTERM', () => resolve());
    process.on('SIGINT', () => undefined); // a terminal sends it to the whole group; the primary says when to stop
    process.on('SIGHUP', () => undefined);
  });
  const began = performance.now();
  try {
    const ports = await startServing(start, { closers, phase, link, log });
    phase.now = 'serving';
    send({ kind: 'ready', ports, startMs: Math.round(performance.now() - began) });
    await stopped;
  } catch (error) {
    log.error({ err: error }, 'the worker cannot serve');
    if (isOperationError(error)) send({ kind: 'failed', code: error.code, detail: error.detail });
    else send({ kind: 'failed', code: 'unavailable', detail: 'a worker failed to start; the log says why' });
  }
  phase.now = 'draining';
  const clean = await closers.close(start.settings.drainSeconds * 1000);
  process.exit(clean ? 0 : 1);
}
