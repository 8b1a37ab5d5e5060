// Time, passed in so that tests can freeze and move it. The only file that reads the system clock.

export interface Clock {
  /** The current instant. */
  now(): Date;
  /** Monotonic milliseconds from an arbitrary start, for measuring durations. */
  elapsed(): number;
}

export const systemClock: Clock = {
  now: () => new Date(),
  elapsed: () => performance.now(),
};
