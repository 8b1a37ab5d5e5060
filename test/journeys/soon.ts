// The command line does not wait for the workers: they show a change within moments of it.
import { setTimeout as pause } from 'node:timers/promises';

/** Reads until the value is `wanted`, for `withinMs` at most, and returns what was read last: the caller asserts. */
export async function soon<T>(
  read: () => Promise<T>,
  wanted: (value: T) => boolean,
  withinMs = 1_000,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  let value = await read();
  for (; !wanted(value) && performance.now() < deadline; value = await read()) await pause(5);
  return value;
}
