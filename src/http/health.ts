// Liveness and readiness. A worker whose database is away stays ready: it goes on answering reads from its replica, and
// says so here. It is not ready while it starts and while it drains.
import type { ReadModelStatus } from '../x500/read_model.ts';
import type { WebContext } from './request_identity.ts';

export type Phase = 'starting' | 'serving' | 'draining';

export interface HealthPorts {
  phase(): Phase;
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
  const { applied, entries, connected, staleSince } = ports.replica();
  answer(ctx, phase === 'serving' ? 200 : 503, {
    status: phase === 'serving' ? 'ready' : phase,
    replica: { applied, entries, connected, staleSince: staleSince?.toISOString() ?? null },
    database: ports.database(),
  });
}
