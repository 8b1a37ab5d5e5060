// Measurements of a whole node: whichever worker is asked for /metrics asks the primary, which asks every worker and adds
// them up. What a worker counted before it died stays in the sums, as far as it was asked for.
import { AggregatorRegistry, Gauge, type MetricObject, Registry } from 'prom-client';
import type { NodeMetrics } from '../http/metrics.ts';
import type { NodeChannel, WorkerLink } from './node_channel.ts';

/** How long the primary waits for a worker; one that answers later is shown as down. */
const deadlineMs = 1_000;

/** The worker's end: answers the primary, and asks it for the node's. */
export function openWorkerMetrics(link: WorkerLink, registry: Registry): NodeMetrics {
  link.onAsk('metrics.worker', async () => ({
    metrics: (await registry.getMetricsAsJSON()) as MetricObject[],
    residentBytes: process.memoryUsage.rss(),
  }));
  return {
    contentType: Registry.PROMETHEUS_CONTENT_TYPE,
    text: () => link.ask('metrics.node', null, 2 * deadlineMs),
  };
}

/** The primary's end. */
export function answerNodeMetrics(channel: NodeChannel): void {
  const latest = new Map<number, MetricObject[]>();
  let ofTheDead: MetricObject[] = [];

  async function text(): Promise<string> {
    const links = [...channel.links()];
    const asked = links.map(([, link]) => link.ask('metrics.worker', null, deadlineMs));
    const outcomes = await Promise.allSettled(asked);
    const registry = new Registry();
    const up = new Gauge({
      name: 'bauhinia_worker_up',
      help: 'Workers of this node: 1 when it answered',
      labelNames: ['worker'],
      registers: [registry],
    });
    const memory = new Gauge({
      name: 'bauhinia_process_resident_memory_bytes',
      help: 'Resident memory of the primary and of each worker',
      labelNames: ['process'],
      registers: [registry],
    });
    memory.set({ process: 'primary' }, process.memoryUsage.rss());
    links.forEach(([worker], index) => {
      const outcome = outcomes[index];
      up.set({ worker }, outcome?.status === 'fulfilled' ? 1 : 0);
      if (outcome?.status !== 'fulfilled') return;
      memory.set({ process: `worker ${worker}` }, outcome.value.residentBytes);
      latest.set(worker, outcome.value.metrics);
    });
    const sum = AggregatorRegistry.aggregate([ofTheDead, ...latest.values()]);
    return `${await registry.metrics()}\n${await sum.metrics()}`;
  }

  channel.onOpen((link) => link.onAsk('metrics.node', text));
  channel.onGone((worker) => {
    const last = latest.get(worker);
    latest.delete(worker);
    if (last === undefined) return;
    // What it held when it died is gone; what it counted is not.
    const counted = last.filter(({ type }) => String(type) !== 'gauge');
    AggregatorRegistry.aggregate([ofTheDead, counted])
      .getMetricsAsJSON()
      .then((metrics) => {
        ofTheDead = metrics as MetricObject[];
      }, keepAsItWas);
  });
}

/** Sums of a dead worker that cannot be added are lost: a counter that starts anew is what Prometheus expects. */
function keepAsItWas(): void {}
