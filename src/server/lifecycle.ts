// Who opens a resource pushes its close. Everything is closed once, in reverse order of opening, before a deadline: what
// hangs is named in the log and left behind, so that one stuck part cannot keep the others from closing.
import type { Log } from '../log.ts';

export interface Closers {
  push(name: string, close: () => Promise<void>): void;
  /** Closes all that was pushed; a second call waits for the first. Resolves true when everything closed in time. */
  close(deadlineMs: number): Promise<boolean>;
}

export function createClosers(log: Log): Closers {
  const open: { name: string; close: () => Promise<void> }[] = [];
  let closing: Promise<boolean> | null = null;

  async function closeOne(name: string, close: () => Promise<void>, remainingMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), Math.max(remainingMs, 50));
    });
    try {
      const done = await Promise.race([close().then(() => true as const), late]);
      if (!done) log.error({ part: name }, 'did not close before the deadline');
      return done;
    } catch (error) {
      log.error({ err: error, part: name }, 'failed to close');
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  async function closeAll(deadlineMs: number): Promise<boolean> {
    const end = performance.now() + deadlineMs;
    let clean = true;
    for (let part = open.pop(); part !== undefined; part = open.pop()) {
      log.debug({ part: part.name }, 'closing');
      clean = (await closeOne(part.name, part.close, end - performance.now())) && clean;
    }
    return clean;
  }

  return {
    push: (name, close) => {
      open.push({ name, close });
    },
    close: (deadlineMs) => {
      closing ??= closeAll(deadlineMs);
      return closing;
    },
  };
}
