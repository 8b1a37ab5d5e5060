// A writer is answered when every worker of its node shows what it wrote: whoever reads next may be served by another
// one, and a password that was just changed must open on all of them.
import type { Change } from '../directory/change.ts';
import type { ReadModel } from '../x500/read_model.ts';
import type { NodeChannel, WorkerLink } from './node_channel.ts';

/** How long a writer waits; a worker that lags longer catches up by itself. */
const deadlineMs = 5_000;

/** The worker's end: waits for this worker, and through the primary for the others. Error: unavailable after 5 seconds. */
export function openNodeChanges(
  link: WorkerLink,
  readModel: Pick<ReadModel, 'reached'>,
): (change: Change) => Promise<void> {
  link.onAsk('change.reached_here', async ({ change }) => {
    await readModel.reached(change, deadlineMs);
    return null;
  });
  return async ({ number: change }) => {
    const others = link.ask('change.reached', { change }, 2 * deadlineMs);
    await Promise.all([readModel.reached(change, deadlineMs), others]);
  };
}

/** The primary's end. A worker that starts loads what was written before it serves anybody, and is not waited for. */
export function answerNodeChanges(channel: NodeChannel): void {
  channel.onOpen((link, worker) => {
    link.onAsk('change.reached', async ({ change }) => {
      const others = [...channel.listening()].filter(([other]) => other !== worker);
      await Promise.allSettled(
        others.map(([, other]) => other.ask('change.reached_here', { change }, deadlineMs)),
      );
      return null;
    });
  });
}
