// Measurements of the replica.
import { Gauge, type Registry } from 'prom-client';
import type { ReadModel } from '../x500/read_model.ts';

export function openReplicaMetrics(registry: Registry, replica: Pick<ReadModel, 'status'>): void {
  new Gauge({
    name: 'bauhinia_replica_left_out',
    help: 'Published objects that the replica cannot show, or shows without their extension attributes; the log names them',
    registers: [registry],
    aggregator: 'max', // every worker leaves out the same ones
    collect() {
      this.set(replica.status().leftOut);
    },
  });
}
