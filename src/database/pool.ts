// Connections to PostgreSQL: the pool that Knex queries run on, and single ones for what needs a session of its own
// (LISTEN, advisory locks, a long snapshot). Values arrive as the row types spell them.
import knex, { type Knex } from 'knex';
import pg from 'pg';

export interface DatabaseOptions {
  /** postgresql://…; its `sslmode` and `sslrootcert` decide on TLS. */
  url: string;
  /** Shown in pg_stat_activity: 'bauhinia worker 2'. */
  applicationName: string;
}

export interface PoolOptions extends DatabaseOptions {
  /** Most connections at once; default 10. */
  size?: number;
  /** A statement that takes longer is cancelled; default 30 s. 0 is no limit, for migrations. */
  statementTimeoutMs?: number;
}

/** An open pool. Who opens it closes it. */
export interface Database {
  readonly knex: Knex;
  readonly url: string;
  close(): Promise<void>;
}

const connectTimeoutMs = 5_000;

const typeOids = { int8: 20, date: 1082, timestamptz: 1184 } as const;

/** Calendar days stay text (a Date would shift them by the time zone); int8 holds counters far below 2^53. */
const typeParsers: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (format !== 'binary') {
      if (oid === typeOids.int8) return Number;
      if (oid === typeOids.date) return (text: string) => text;
      if (oid === typeOids.timestamptz) return parseInstant;
    }
    return pg.types.getTypeParser(oid, format);
  }) as typeof pg.types.getTypeParser,
};

const parseAnyInstant = pg.types.getTypeParser(typeOids.timestamptz, 'text');

/**
 * '2026-11-22 11:49:03.166+08', read by position: a replica starts with a million of them, and the driver's parser, made
 * for every style and era, takes ten times as long. What is not of this form goes to the driver's.
 */
export function parseInstant(text: string): Date {
  const sign = text[text.length - 3];
  if (text[4] !== '-' || text[10] !== ' ' || (sign !== '+' && sign !== '-'))
    return parseAnyInstant(text) as Date;
  const end = text.length - 3;
  const fraction = end > 20 ? digits(text, 20, Math.min(end, 23)) * 10 ** Math.max(0, 23 - end) : 0; // milliseconds
  const local = Date.UTC(
    digits(text, 0, 4),
    digits(text, 5, 7) - 1,
    digits(text, 8, 10),
    digits(text, 11, 13),
    digits(text, 14, 16),
    digits(text, 17, 19),
    fraction,
  );
  const offset = digits(text, end + 1, end + 3) * 3_600_000;
  return new Date(sign === '+' ? local - offset : local + offset);
}

function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) value = value * 10 + text.charCodeAt(at) - 48;
  return value;
}

function clientConfig(options: PoolOptions): pg.ClientConfig {
  return {
    connectionString: options.url,
    application_name: options.applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: options.statementTimeoutMs ?? 30_000,
    keepAlive: true, // a primary that vanished without a FIN is noticed
    keepAliveInitialDelayMillis: 10_000,
    types: typeParsers,
  };
}

/** Knex prints broken connections to the console; whoever waits for one gets the error thrown, and logs it. */
const silent: Knex.Logger = {
  warn: () => undefined,
  error: () => undefined,
  deprecate: () => undefined,
  debug: () => undefined,
};

/** Opens a pool; connects on first use. */
export function openPool(options: PoolOptions): Database {
  const config: Knex.Config = {
    client: 'pg',
    connection: { ...clientConfig(options) } as Knex.PgConnectionConfig,
    pool: { min: 0, max: options.size ?? 10, idleTimeoutMillis: 60_000 },
    acquireConnectionTimeout: 10_000,
    compileSqlOnError: false, // else every failed INSERT would carry its values, secrets among them, into the log
    log: silent,
  };
  const pool = knex(config);
  return { knex: pool, url: options.url, close: () => pool.destroy() };
}

/** Opens one connection outside any pool. It has no statement timeout. `lost` is called when it breaks. */
export async function connect(options: DatabaseOptions, lost: (error: Error) => void): Promise<pg.Client> {
  const client = new pg.Client(clientConfig({ ...options, statementTimeoutMs: 0 }));
  client.on('error', lost); // without a listener a broken connection would end the process
  await client.connect();
  return client;
}
