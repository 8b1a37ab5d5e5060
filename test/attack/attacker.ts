// An attack runs in a process of its own, so that making the load does not slow those who measure it. A program is a
// file beside this one that calls `runAttacker`; it is told when to begin and when to stop, and counts what it did.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What an attack did in one period: requests sent, connections opened, octets answered and the like. */
export type AttackCounts = Record<string, number>;

export interface Attack {
  /** Begins; resolves when the load is on. */
  begin(): Promise<void>;
  /** Stops, closes every connection, and says what was done. */
  pause(): Promise<AttackCounts>;
  end(): Promise<void>;
}

type Order = { order: 'begin' | 'pause'; options: unknown };

const folder = fileURLToPath(new URL('.', import.meta.url));
/** Below everything that is measured: what an attacker's own processor use takes from a server is no finding. */
const niceness = 10;

/** Starts the attack program `test/attack/<program>.ts`, which waits for `begin`. */
export function startAttacker(program: string, options: unknown): Attack {
  const child = fork(join(folder, `${program}.ts`), [], {
    execArgv: ['--import', 'tsx'],
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  if (child.pid !== undefined) setPriority(child.pid, niceness);
  const answer = async (order: Order['order']): Promise<AttackCounts> => {
    if (child.exitCode !== null) throw new Error(`the attacker ${program} has ended`);
    const answered = once(child, 'message');
    const listening = new AbortController();
    const ended = once(child, 'exit', { signal: listening.signal }).then(() => {
      throw new Error(`the attacker ${program} ended`);
    });
    child.send({ order, options } satisfies Order);
    try {
      const [counts] = await Promise.race([answered, ended]);
      return counts as AttackCounts;
    } finally {
      listening.abort();
    }
  };
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  return {
    begin: async () => void (await answer('begin')),
    pause: () => answer('pause'),
    end: async () => {
      process.off('exit', kill);
      await stopped(child);
    },
  };
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** One period of an attack. */
export interface Period {
  /** Stops it; resolves with what it did. */
  stop(): AttackCounts | Promise<AttackCounts>;
}

/** The attacker's side: `begin` puts the load on with the options that the test gave. */
export function runAttacker<Options>(begin: (options: Options) => Promise<Period>): void {
  let period: Period | null = null;
  process.on('message', ({ order, options }: { order: string; options: Options }) => {
    const obey = async (): Promise<AttackCounts> => {
      if (order === 'begin') period = await begin(options);
      else if (period !== null) return period.stop();
      return {};
    };
    obey().then(
      (counts) => process.send?.(counts),
      (error: unknown) => {
        process.stderr.write(`attacker: ${String(error)}\n`);
        process.exit(1);
      },
    );
  });
  process.once('disconnect', () => process.exit(0)); // the test is gone
}
