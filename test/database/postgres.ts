// A real PostgreSQL for any suite: one server a mocha run, started by the first suite that asks, and for each suite a
// clone of a template which holds the schema and the base seeds. BAUHINIA_TEST_DATABASE_URL (a superuser's URL) has an
// existing server used instead.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { openEmbeddedDatabase } from '../../src/database/embedded.ts';
import { migrate } from '../../src/database/migrate.ts';
import { type DatabaseUrls, roleOf } from '../../src/database/roles.ts';
import { silentLog } from '../../src/log.ts';
import { closeAfterAllTests } from '../setup.ts';

/** Brings an empty database to what every suite starts from. Leaves no connection to it open. */
async function prepareTemplate(urls: DatabaseUrls): Promise<void> {
  await migrate(urls, silentLog);
}

interface TestServer {
  /** A superuser in the maintenance database. */
  readonly adminUrl: string;
  /** The role that owns the clones; on the embedded server no superuser, as in production. */
  readonly owner: string;
  readonly template: string;
  urlsOf(database: string): DatabaseUrls;
}

let server: Promise<TestServer> | undefined;

/** A database of its own for the calling suite, like the template. `drop` ends its connections and removes it. */
export async function testDatabase(): Promise<DatabaseUrls & { drop(): Promise<void> }> {
  server ??= openTestServer();
  const { adminUrl, owner, template, urlsOf } = await server;
  const name = `t_${randomBytes(8).toString('hex')}`;
  await command(adminUrl, `CREATE DATABASE ${name} TEMPLATE ${template} OWNER ${owner}`);
  return { ...urlsOf(name), drop: () => dropDatabase(adminUrl, name) };
}

async function openTestServer(): Promise<TestServer> {
  const given = process.env.BAUHINIA_TEST_DATABASE_URL;
  const { adminUrl, url, ownerUrl } =
    given === undefined ? await startEmbedded() : { adminUrl: given, url: given, ownerUrl: given };
  const owner = pg.escapeIdentifier(roleOf(ownerUrl));
  const urlsOf = (database: string): DatabaseUrls => ({
    url: withParts(url, { pathname: `/${database}` }),
    ownerUrl: withParts(ownerUrl, { pathname: `/${database}` }),
  });
  const template = `bauhinia_template_${randomBytes(8).toString('hex')}`; // runs may share a given server
  await command(adminUrl, `CREATE DATABASE ${template} TEMPLATE template0 ENCODING 'UTF8' OWNER ${owner}`);
  closeAfterAllTests(() => dropDatabase(adminUrl, template));
  await prepareTemplate(urlsOf(template));
  return { adminUrl, owner, template, urlsOf };
}

async function startEmbedded(): Promise<DatabaseUrls & { adminUrl: string }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bauhinia-test-'));
  await chmod(dataDir, 0o711); // the account that PostgreSQL runs as when we are root must pass
  const { url, ownerUrl, stop } = await openEmbeddedDatabase({ dataDir, log: silentLog, durable: false });
  const { folder, password } = JSON.parse(await readFile(join(dataDir, 'postgres.json'), 'utf8'));
  const cluster = resolve(dataDir, folder);
  // An interrupted mocha runs no hook: then end the server at once, nobody needs its data.
  const abandon = () => {
    const lock = join(cluster, 'data/postmaster.pid');
    if (existsSync(lock)) process.kill(Number.parseInt(readFileSync(lock, 'utf8'), 10), 'SIGKILL');
    for (const path of [cluster, dataDir]) rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  };
  const interrupted = () => process.exit(130);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  process.once('exit', abandon);
  for (const signal of signals) process.once(signal, interrupted);
  closeAfterAllTests(async () => {
    await stop();
    process.off('exit', abandon);
    for (const signal of signals) process.off(signal, interrupted);
    for (const path of [cluster, dataDir]) await rm(path, { recursive: true, force: true });
  });
  const adminUrl = withParts(url, { username: 'postgres', password, pathname: '/postgres' });
  return { adminUrl, url, ownerUrl };
}

const dropDatabase = (adminUrl: string, name: string) =>
  command(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);

async function command(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function withParts(url: string, parts: Partial<Pick<URL, 'username' | 'password' | 'pathname'>>): string {
  return Object.assign(new URL(url), parts).href;
}
