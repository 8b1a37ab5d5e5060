// Connections of a web listener that a test opens by itself: as many as it likes.
import { systemClock } from '../../src/clock.ts';
import { WebConnections } from '../../src/http/connections.ts';
import { createLocalLimits } from '../../src/limits/limits.ts';

export function manyConnections(): WebConnections {
  return new WebConnections(createLocalLimits(systemClock), {
    most: 10_000,
    mostOfAddress: 10_000,
    isProxy: () => false,
  });
}
