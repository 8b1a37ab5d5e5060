// Named locks of the cluster: session advisory locks, each on a connection of its own, so that the death of the
// process, or of its connection, gives the lock back.
import type { ClusterLock } from '../directory/ports.ts';
import { connect, type DatabaseOptions } from './pool.ts';
import { speaking, unavailable } from './sqlstate.ts';

export function createClusterLock(options: DatabaseOptions): ClusterLock {
  return {
    async exclusively(name, work) {
      const lost = new AbortController();
      const holder = await speaking(() => connect(options, (error) => lost.abort(error)));
      try {
        const { rows } = await speaking(() =>
          holder.query<{ held: boolean }>('select pg_try_advisory_lock(hashtextextended($1, 0)) as held', [
            name,
          ]),
        );
        if (rows[0]?.held !== true) return false;
        await work(lost.signal);
        if (lost.signal.aborted) throw unavailable(lost.signal.reason); // another process may have begun the same work
        return true;
      } finally {
        await holder.end().catch(() => undefined); // a broken connection holds no lock either
      }
    },
  };
}
