// Measurements of the web faces, and the /metrics page (Prometheus text format). The registry is passed in: one a process.
import { Counter, Histogram, type Registry } from 'prom-client';
import type { WebContext } from './request_identity.ts';

export interface HttpMetrics {
  observe(method: string, status: number, seconds: number): void;
}

// A label takes only these: a client must not be able to make new series by inventing methods.
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export function openHttpMetrics(registry: Registry): HttpMetrics {
  const requests = new Counter({
    name: 'bauhinia_http_requests_total',
    help: 'Answered HTTP requests by method and status',
    labelNames: ['method', 'status'],
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'bauhinia_http_request_duration_seconds',
    help: 'Seconds from the head of a request to the end of its handling',
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  return {
    observe(method, status, seconds) {
      requests.inc({ method: methods.has(method) ? method : 'other', status });
      duration.observe(seconds);
    },
  };
}

export async function answerMetrics(ctx: WebContext, registry: Registry): Promise<void> {
  ctx.set('Content-Type', registry.contentType);
  ctx.set('Cache-Control', 'no-store');
  ctx.body = await registry.metrics();
}
