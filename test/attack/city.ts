// The city that every attack is tried on: one real server of two workers with 20,000 people, started when the first
// suite asks for it and shared by all of them. Strangers come from addresses of their own (127.0.66.0/24), as they would:
// honest clients keep 127.0.0.1.
import { demoUids } from '../../seeds/demo_facts.ts';
import { demoPassword, demoSystemSecret } from '../../seeds/demo_secrets.ts';
import { newSettings, type RunningServer, runProgram, startServer } from '../journeys/running_server.ts';
import { personDn, suffix, systemDn } from '../journeys/systems.ts';
import { closeAfterAllTests } from '../setup.ts';

export interface BindName {
  readonly dn: string;
  readonly password: string;
}

export interface City {
  readonly server: RunningServer;
  readonly suffix: string;
  /** Generated people u000001 to this. */
  readonly people: number;
  /** The generated person of that number, from 1. */
  person(number: number): BindName;
  /** An ordinary officer without any role. */
  readonly officer: BindName;
  /** The mail system's service account: reads everybody's address-book entry, without a size limit. */
  readonly mail: BindName;
}

const people = 20_000;
const password = 'Attack-City-2026';

/** An address of loopback that no honest client uses. */
export const strangerAddress = (number: number): string => `127.0.66.${1 + (number % 250)}`;

let city: Promise<City> | undefined;

/** The city; takes some 20 seconds the first time. Put it in a `before` hook with a time-out of two minutes. */
export function openCity(): Promise<City> {
  city ??= build();
  return city;
}

async function build(): Promise<City> {
  const environment: Record<string, string> = { ...(await newSettings()), BAUHINIA_WORKERS: '2' };
  const seeded = await runProgram(
    ['seed', '--demo', '--staff', String(people), '--password', password],
    environment,
  );
  if (seeded.status !== 0) throw new Error(`the city could not be laid: ${seeded.stderr}`);
  const server = await startServer({ environment });
  closeAfterAllTests(() => server.remove());
  return {
    server,
    suffix,
    people,
    person: (number) => ({ dn: personDn(`u${String(number).padStart(6, '0')}`), password }),
    officer: { dn: personDn(demoUids.clerk), password: demoPassword },
    mail: { dn: systemDn('mail'), password: demoSystemSecret('mail') },
  };
}
