// Liveness and readiness. A worker whose database is away stays ready: it goes on answering reads from its replica, and
// says so here. It is not ready while it starts, while it drains, and while it has no descriptor left for a connection.
import type { ReadModelStatus } from '../x500/read_model.ts';
import type { WebContext } from './request_identity.ts';

export type Phase = 'starting' | 'serving' | 'draining';

export interface HealthPorts {
  phase(): Phase;
  /** A descriptor is left for one more. */
  takesConnections(): boolean;
  replica(): ReadModelStatus;
  database(): 'connected' | 'away';
}

function answer(ctx: WebContext, status: number, body: Record<string, unknown>): void {
  ctx.status = status;
  ctx.set('Cache-Control', 'no-store');
  ctx.body = body;
}

/** /livez: the process turns its event loop. */
export function answerLive(ctx: WebContext): void {
  answer(ctx, 200, { status: 'alive' });
}

/** /readyz: send requests here or not, and what is amiss. */
export function answerReady(ctx: WebContext, ports: HealthPorts): void {
  const phase = ports.phase();
  const status = phase === 'serving' ? (ports.takesConnections() ? 'ready' : 'out of open files') : phase;
  const { applied, entries, connected, staleSince } = ports.replica();
  answer(ctx, status === 'ready' ? 200 : 503, {
    status,
    replica: { applied, entries, connected, staleSince: staleSince?.toISOString() ?? null },
    database: ports.database(),
  });
}
