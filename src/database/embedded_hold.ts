// A hold: the connection by which one process says that it uses the embedded server. Each takes a shared advisory
// lock; who leaves and then gets the lock alone was the last, and stops the server. The lock dies with its process.
import pg from 'pg';
import { errorCode, reasonOf } from './embedded_folder.ts';

const holdLock = 0x6261_7568; // 'bauh', in the maintenance database: it meets no lock of the application

export type Hold = pg.Client;

/** A connection of the superuser, which this program makes for itself alone: nothing hands it on. */
export function superuserClient(to: {
  port: number;
  password: string;
  database: string;
  applicationName: string;
}): pg.Client {
  return new pg.Client({
    host: '127.0.0.1',
    port: to.port,
    user: 'postgres',
    password: to.password,
    database: to.database,
    application_name: to.applicationName,
    connectionTimeoutMillis: 5000,
    ssl: false,
  });
}

/** How an attempt to join ended; `reason` explains all but `held`. */
export type HoldAttempt =
  | { readonly outcome: 'held'; readonly hold: Hold }
  | { readonly outcome: 'password_refused' | 'away'; readonly reason: string };

/** Joins the server at `port` if it is ready, is the one on `data`, and is not being stopped by its last user. */
export async function tryHold(port: number, password: string, data: string): Promise<HoldAttempt> {
  const hold = superuserClient({ port, password, database: 'postgres', applicationName: 'bauhinia hold' });
  hold.on('error', () => undefined); // its end is seen by the 'end' event
  try {
    await hold.connect();
    const { rows } = await hold.query<{ data: string; held: boolean }>(
      `SELECT current_setting('data_directory') AS data, pg_try_advisory_lock_shared($1) AS held`,
      [holdLock],
    );
    if (rows[0]?.data === data && rows[0].held) return { outcome: 'held', hold };
    await hold.end();
    return { outcome: 'away', reason: 'it is being stopped' };
  } catch (error) {
    await hold.end().catch(() => undefined); // never connected
    const refused = ['28P01', '28000'].includes(errorCode(error) ?? '');
    return { outcome: refused ? 'password_refused' : 'away', reason: reasonOf(error) };
  }
}

/** Gives the hold up. True when nobody else holds the server: then nobody can join either, until the hold is closed. */
export async function releaseHold(hold: Hold): Promise<boolean> {
  await hold.query('SELECT pg_advisory_unlock_shared($1)', [holdLock]);
  const { rows } = await hold.query<{ last: boolean }>('SELECT pg_try_advisory_lock($1) AS last', [holdLock]);
  return rows[0]?.last === true;
}
