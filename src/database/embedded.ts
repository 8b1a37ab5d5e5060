// The embedded database: a real PostgreSQL from npm on `<dataDir>`, shared by every process that opens it. Who finds no
// server starts one; who finds one joins it, also one that a killed process left behind; the last to leave stops it.
// Nobody owns it and there is no lock file: PostgreSQL's interlock picks the starter, an advisory lock counts the users.
import { once } from 'node:events';
import { mkdir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { OperationError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type Cluster, initialiseCluster, resetPassword } from './embedded_cluster.ts';
import { errorCode, reasonOf } from './embedded_folder.ts';
import { type Hold, releaseHold, tryHold } from './embedded_hold.ts';
import { placeCluster } from './embedded_place.ts';
import {
  freePort,
  isPostmasterOf,
  readPostmaster,
  startPostmaster,
  stopPostmaster,
} from './embedded_postmaster.ts';
import { type ClusterRecord, readRecord, replaceRecord } from './embedded_record.ts';
import { embeddedUrls, ensureDatabase } from './embedded_roles.ts';
import type { DatabaseUrls } from './roles.ts';

/** `postgres://<role>:…@127.0.0.1:<port>/bauhinia` for the application and for the owner; neither is a superuser. */
export interface EmbeddedDatabase extends DatabaseUrls {
  /** This call started the server; otherwise it joined one. Says nothing about who stops it. */
  readonly owned: boolean;
  /** Leaves; when no other process uses the server, stops it and returns when it has ended. May be repeated. */
  stop(): Promise<void>;
}

const patienceMilliseconds = 120_000; // recovery after a crash included
const stopMilliseconds = 30_000;
const pollMilliseconds = 25;
const rejoinMilliseconds = 500;

/**
 * Opens the embedded database of `dataDir`, made on first use. `durable: false` gives up crash safety for speed, for
 * tests. `keepRunning` starts the server again when it was killed under us, on the same port while that is free: one
 * process of a service asks for it. Fails with `configuration` (a folder, a record, an account) or `unavailable` (PostgreSQL said why).
 */
export async function openEmbeddedDatabase(options: {
  readonly dataDir: string;
  readonly log: Log;
  readonly durable?: boolean;
  readonly keepRunning?: boolean;
}): Promise<EmbeddedDatabase> {
  try {
    const wanted = resolve(options.dataDir);
    await mkdir(wanted, { recursive: true, mode: 0o711 }); // PostgreSQL's account must pass through
    const dataDir = await realpath(wanted);
    const cluster = await placeCluster(dataDir, options.durable ?? true, options.log);
    const entered = await enter(cluster, dataDir);
    options.log.info(
      { folder: cluster.folder, port: entered.port, started: entered.started },
      'embedded PostgreSQL',
    );
    return await useDatabase(cluster, dataDir, entered, options.keepRunning ?? false);
  } catch (error) {
    if (!/^E[A-Z]+$/.test(errorCode(error) ?? '')) throw error;
    const detail = `the embedded database cannot be kept in ${options.dataDir}: ${reasonOf(error)}`;
    throw new OperationError('configuration', detail, { cause: error });
  }
}

interface Entered {
  readonly hold: Hold;
  readonly port: number;
  readonly password: string;
  readonly started: boolean;
}

/** Joins what runs, waits for what is starting or ending, starts what does not run; until one of them succeeds. */
async function enter(cluster: Cluster, dataDir: string): Promise<Entered> {
  const signal = AbortSignal.timeout(patienceMilliseconds);
  let started = false;
  let reason = 'it did not become ready';
  while (!signal.aborted) {
    const record = await readRecord(dataDir); // again each time: a faster starter may have changed it
    if (record === undefined)
      throw new OperationError('configuration', `${dataDir}/postgres.json was taken away`);
    const running = await readPostmaster(cluster.data);
    if (running?.ready) {
      const attempt = await tryHold(running.port, record.password, cluster.data);
      if (attempt.outcome === 'held')
        return { ...running, hold: attempt.hold, password: record.password, started };
      reason = attempt.reason;
      if (attempt.outcome === 'password_refused' && (await isPostmasterOf(cluster.data, running.pid))) {
        throw passwordRefused(cluster, dataDir, running.pid);
      }
    }
    if (running !== undefined && (await isPostmasterOf(cluster.data, running.pid)))
      await delay(pollMilliseconds);
    else if (await start(cluster, dataDir, record, signal)) started = true;
    else await delay(pollMilliseconds);
  }
  throw new OperationError(
    'unavailable',
    `the embedded PostgreSQL in ${cluster.data} cannot be joined: ${reason}`,
  );
}

/** True when this process started the server; false when another one was faster and the caller should look again. */
async function start(
  cluster: Cluster,
  dataDir: string,
  record: ClusterRecord,
  signal: AbortSignal,
): Promise<boolean> {
  if (!(await ensureData(cluster, dataDir, record))) return false;
  const port = await freePort(record.port);
  if ((await startPostmaster(cluster, port, signal)) !== 'ready') return false; // a taken port is chosen anew
  await replaceRecord(dataDir, { ...record, initialised: true, port });
  return true;
}

/** Makes the cluster, or finishes what a killed start or a lost record left undone. */
async function ensureData(cluster: Cluster, dataDir: string, record: ClusterRecord): Promise<boolean> {
  const exists = await stat(cluster.data).then(
    () => true,
    () => false,
  );
  if (exists && record.initialised) return true;
  if (exists) return (await resetPassword(cluster, record.password)) === 'set';
  if (record.initialised) {
    const remedy = `restore it, or move ${join(dataDir, 'postgres.json')} away to begin with an empty database`;
    throw new OperationError('configuration', `${cluster.data}, where the data is, is gone: ${remedy}`);
  }
  await initialiseCluster(cluster, record.password);
  return true;
}

function passwordRefused(cluster: Cluster, dataDir: string, pid: number): OperationError {
  return new OperationError(
    'configuration',
    `the PostgreSQL process ${pid} on ${cluster.data} refuses the password in ${join(dataDir, 'postgres.json')}: end it (kill -INT ${pid}), write "initialised": false in that file to have its password set, and start again`,
  );
}

async function useDatabase(
  cluster: Cluster,
  dataDir: string,
  entered: Entered,
  keepRunning: boolean,
): Promise<EmbeddedDatabase> {
  const { hold, port, password, started } = entered;
  try {
    await ensureDatabase(hold, { port, superuserPassword: password, started });
  } catch (error) {
    await leaveServer(cluster, hold);
    const detail = `the database in ${cluster.data} cannot be made: ${reasonOf(error)}`;
    throw new OperationError('unavailable', detail, { cause: error });
  }
  const leaving = new AbortController();
  const rejoin = async () => {
    const running = await readPostmaster(cluster.data);
    if (keepRunning && (running === undefined || !(await isPostmasterOf(cluster.data, running.pid))))
      await startAgain(cluster, dataDir, leaving.signal);
    if (!running?.ready) return undefined;
    const attempt = await tryHold(running.port, password, cluster.data);
    return attempt.outcome === 'held' ? attempt.hold : undefined;
  };
  const kept = keepHold(hold, rejoin, leaving.signal);
  const leave = async () => {
    leaving.abort();
    const last = (await kept) ?? (await rejoin());
    if (last !== undefined) await leaveServer(cluster, last);
  };
  let left: Promise<void> | undefined;
  return {
    ...embeddedUrls(port, password),
    owned: started,
    stop: () => {
      left ??= leave();
      return left;
    },
  };
}

/** A failure is PostgreSQL's to explain in its log; the next turn of the loop tries again. */
async function startAgain(cluster: Cluster, dataDir: string, leaving: AbortSignal): Promise<void> {
  const record = leaving.aborted ? undefined : await readRecord(dataDir);
  if (record !== undefined) await start(cluster, dataDir, record, leaving).catch(() => false);
}

/**
 * Takes the hold anew whenever the server dropped it (one crashed backend makes it drop all), else another process that
 * leaves would stop the server under us. Ends when we leave, with the hold we then have.
 */
async function keepHold(
  first: Hold,
  rejoin: () => Promise<Hold | undefined>,
  leaving: AbortSignal,
): Promise<Hold | undefined> {
  let hold: Hold | undefined = first;
  while (!leaving.aborted) {
    if (hold === undefined) {
      // Both waits end early by throwing, and then only because we leave or the connection broke: the loop looks which.
      await delay(rejoinMilliseconds, undefined, { signal: leaving, ref: false }).catch(() => undefined);
      if (!leaving.aborted) hold = await rejoin();
    } else {
      await once(hold, 'end', { signal: leaving }).catch(() => undefined);
      if (!leaving.aborted) hold = undefined;
    }
  }
  return hold;
}

async function leaveServer(cluster: Cluster, hold: Hold): Promise<void> {
  try {
    if (await releaseHold(hold)) await stopPostmaster(cluster, AbortSignal.timeout(stopMilliseconds));
  } catch (error) {
    if (error instanceof OperationError) throw error;
    // The connection broke in this instant: the server is gone, or the next to open and leave it will stop it.
  } finally {
    await hold.end().catch(() => undefined); // broken already
  }
}
