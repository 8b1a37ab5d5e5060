// A worker's limits, shared with the other workers of the node.
import type { Clock } from '../clock.ts';
import { createLimits, type Limits, type SharedLimits } from '../limits/limits.ts';
import type { WorkerLink } from './node_channel.ts';

/** How late the other workers learn of what this one counted, in milliseconds. */
const newsEveryMs = 25;

/** Close it when the worker stops serving. */
export function openNodeLimits(clock: Clock, link: WorkerLink): { limits: Limits; close(): void } {
  const limits = createLimits(clock, (news) => link.tell('limits.news', news));
  hearOthers(link, limits);
  const timer = setInterval(() => limits.publish(), newsEveryMs);
  timer.unref();
  return { limits, close: () => clearInterval(timer) };
}

/** What the other workers tell, through the primary. */
export function hearOthers(link: WorkerLink, limits: SharedLimits): void {
  link.onTell('limits.news', ({ from, news }) => limits.hear(from, news));
  link.onTell('limits.forget', ({ from }) => limits.forget(from));
  link.onTell('limits.tell_all', () => limits.tellAll());
}
