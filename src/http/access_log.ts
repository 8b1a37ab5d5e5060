// One measurement a request, and one log line unless `mayLog` says that its address has filled enough, after its answer.
// The query string is left out: it carries codes, states, identity token hints. So is everything of the body.
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Crowd } from './crowd.ts';
import type { HttpMetrics } from './metrics.ts';
import type { WebMiddleware } from './request_identity.ts';

export function accessLog(
  log: Log,
  clock: Clock,
  metrics: HttpMetrics,
  mayLog: Crowd['mayLog'],
): WebMiddleware {
  return async function logAccess(ctx, next) {
    const started = clock.elapsed();
    try {
      await next();
    } finally {
      const milliseconds = clock.elapsed() - started;
      metrics.observe(ctx.method, ctx.status, milliseconds / 1000);
      if (mayLog(ctx.state, ctx.status))
        log.info(
          {
            request: ctx.state.request,
            address: ctx.state.address,
            method: ctx.method,
            path: (ctx.originalUrl.split('?')[0] ?? '').slice(0, 200),
            status: ctx.status,
            milliseconds: Math.round(milliseconds * 10) / 10,
          },
          'request answered',
        );
    }
  };
}
