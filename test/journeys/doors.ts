// When does a door close? Each is tried again and again while something happens elsewhere, and has closed at the first
// refusal after which it never opened again.
import { setTimeout as pause } from 'node:timers/promises';

export interface Door {
  name: string;
  /** True while it opens. */
  opens: () => Promise<boolean>;
}

export interface Closing {
  name: string;
  /** Epoch milliseconds. */
  closedAt: number;
}

const betweenTriesMs = 20;
/** So many refusals in a row: several connections and both workers were asked. */
const refusalsNeeded = 8;
const patienceMs = 20_000;

async function watch({ name, opens }: Door): Promise<Closing> {
  const deadline = Date.now() + patienceMs;
  let refusals: number[] = [];
  while (refusals.length < refusalsNeeded) {
    if (Date.now() > deadline) throw new Error(`still open after ${patienceMs} ms: ${name}`);
    if (await opens()) refusals = [];
    else refusals.push(Date.now());
    await pause(betweenTriesMs);
  }
  return { name, closedAt: refusals[0] ?? 0 };
}

/** Tries all doors, each by itself, from now on; resolves when all are closed. All must open at first. */
export async function watchDoors(doors: Door[]): Promise<{ closed: Promise<Closing[]> }> {
  for (const { name, opens } of doors)
    if (!(await opens())) throw new Error(`closed from the start: ${name}`);
  return { closed: Promise.all(doors.map(watch)) };
}

/** The last of each kind to close (names but for their numbers), in milliseconds after `since`. */
export function latest(closings: Closing[], since: number): string {
  const kinds = new Map<string, number>();
  for (const { name, closedAt } of closings) {
    const kind = name.replace(/ \d+$/, '');
    kinds.set(kind, Math.max(kinds.get(kind) ?? 0, closedAt - since));
  }
  return [...kinds].map(([kind, ms]) => `${kind} ${ms}`).join(', ');
}
