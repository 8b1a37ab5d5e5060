// The roles of the embedded database (roles.ts), each with a password of its own. All are derived from the superuser's,
// which stands in the record of the cluster: whoever holds one learns nothing of another.
import { createHmac } from 'node:crypto';
import type pg from 'pg';
import { type Hold, superuserClient } from './embedded_hold.ts';
import type { DatabaseUrls } from './roles.ts';

const setupLock = 0x6261_7569;
const databaseName = 'bauhinia';
const application = 'bauhinia';
const owner = 'bauhinia_owner';
type Role = typeof application | typeof owner;

/** Letters and digits only: it stands in statements that take no parameter, and in a URL. */
function passwordOf(role: Role, superuserPassword: string): string {
  return createHmac('sha256', superuserPassword).update(`bauhinia database role ${role}`).digest('hex');
}

/** The URLs of the embedded database that listens on `port`. */
export function embeddedUrls(port: number, superuserPassword: string): DatabaseUrls {
  const urlOf = (role: Role) =>
    `postgres://${role}:${passwordOf(role, superuserPassword)}@127.0.0.1:${port}/${databaseName}`;
  return { url: urlOf(application), ownerUrl: urlOf(owner) };
}

/**
 * Makes the database and its roles on first use. A cluster of a release that had one role gets the second, which then
 * owns what the first one made. `started`: this process started the server, and sets the passwords as the record has
 * them, which may be a new one.
 */
export async function ensureDatabase(
  hold: Hold,
  cluster: { port: number; superuserPassword: string; started: boolean },
): Promise<void> {
  const { superuserPassword, started } = cluster;
  if (!started && (await isComplete(hold))) return;
  await hold.query('SELECT pg_advisory_lock($1)', [setupLock]);
  try {
    const isNew = !(await hasRow(hold, 'SELECT FROM pg_roles WHERE rolname = $1', owner));
    for (const role of [application, owner] as const) await ensureRole(hold, role, superuserPassword);
    if (!(await hasRow(hold, 'SELECT FROM pg_database WHERE datname = $1', databaseName))) {
      await hold.query(`CREATE DATABASE ${databaseName} OWNER ${owner}`);
    } else if (isNew || !(await isComplete(hold))) {
      await giveToOwner(cluster);
    }
  } finally {
    await hold.query('SELECT pg_advisory_unlock($1)', [setupLock]);
  }
}

/** The owner owns the database: the last step of making it. */
function isComplete(hold: Hold): Promise<boolean> {
  return hasRow(
    hold,
    `SELECT FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba
      WHERE datname = '${databaseName}' AND rolname = $1`,
    owner,
  );
}

async function ensureRole(hold: Hold, role: Role, superuserPassword: string): Promise<void> {
  const exists = await hasRow(hold, 'SELECT FROM pg_roles WHERE rolname = $1', role);
  const password = hold.escapeLiteral(passwordOf(role, superuserPassword));
  await hold.query(`${exists ? 'ALTER' : 'CREATE'} ROLE ${role} LOGIN PASSWORD ${password}`);
}

/** What an earlier release made belongs to the application's role; so does the database, which changes hands last. */
async function giveToOwner(cluster: { port: number; superuserPassword: string }): Promise<void> {
  const client: pg.Client = superuserClient({
    port: cluster.port,
    password: cluster.superuserPassword,
    database: databaseName,
    applicationName: 'bauhinia setup',
  });
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query(`REASSIGN OWNED BY ${application} TO ${owner}`);
    await client.query(`ALTER DATABASE ${databaseName} OWNER TO ${owner}`);
    // What commands need until the next start migrates, which also takes what the application must not have (roles.ts).
    await client.query(
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${application}`,
    );
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
}

async function hasRow(hold: Hold, query: string, value: string): Promise<boolean> {
  return ((await hold.query(query, [value])).rowCount ?? 0) > 0;
}
