// Measurements of the web faces, and the /metrics page (Prometheus text format). The registry is passed in: one a process;
// the page shows all processes of the node.
import { createHash, timingSafeEqual } from 'node:crypto';
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

/** Measurements of the whole node. */
export interface NodeMetrics {
  contentType: string;
  /** Error: unavailable. */
  text(): Promise<string>;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Whoever is on this machine, or shows the token. Everybody else finds nothing at the address. */
export function mayReadMetrics(ctx: WebContext, token: string | null): boolean {
  if (ctx.state.local) return true;
  const [scheme, shown] = ctx.get('authorization').split(' ');
  if (token === null || shown === undefined || scheme?.toLowerCase() !== 'bearer') return false;
  return timingSafeEqual(digest(shown), digest(token));
}

export async function answerMetrics(ctx: WebContext, metrics: NodeMetrics): Promise<void> {
  const text = await metrics.text();
  ctx.set('Content-Type', metrics.contentType);
  ctx.set('Cache-Control', 'no-store');
  ctx.body = text;
}
