// Runs one command in one transaction that ends by appending its change to the feed.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Clock } from '../clock.ts';
import type { AccessPolicy } from '../directory/access.ts';
import type { Change, RowChange } from '../directory/change.ts';
import type { Command, CommandRunner, RequestOrigin } from '../directory/ports.ts';
import type { Rules } from '../directory/rules.ts';
import type { TableName } from '../directory/tables.ts';
import { OperationError } from '../errors.ts';
import type { Log } from '../log.ts';
import { requireNoCircle } from './hierarchy.ts';
import type { Database } from './pool.ts';
import { createRecorder } from './recorder.ts';
import { isConnectionLoss, isTransient, operationError } from './sqlstate.ts';
import { stampOwners } from './stamps.ts';
import { openTransaction } from './transaction.ts';

/** Readers of the feed LISTEN here; the payload is the number, and only a hint. */
export const changeChannel = 'bauhinia_change';

export interface CommandRunnerOptions {
  database: Database;
  clock: Clock;
  policy: AccessPolicy;
  rules: Rules;
  log: Log;
  /** Resolves when this process's replica has applied the change: a writer then reads what it wrote. */
  applied(change: Change): Promise<void>;
  newUuid?: () => string;
}

/** A transaction that lost a race or its connection is tried so often before its caller hears of it. */
const mostAttempts = 6;

/** Tables with constraints that are deferred to the end of the command: checked before the counter is taken. */
const deferredTables: ReadonlySet<TableName> = new Set([
  'unit',
  'post',
  'mail_address',
  'assignment',
  'clearance',
]);

interface Outcome<Output> {
  output: Output;
  change: Change | null;
}

export function createCommandRunner(options: CommandRunnerOptions): CommandRunner {
  const { database, log, applied } = options;

  /** In this order: the command's own writes, the checks that look across rows, and last the counter, which lets one
   * writer through at a time: what follows it must be short. */
  function attempt<Input, Output>(
    command: Command<Input, Output>,
    input: Input,
    origin: RequestOrigin,
    progress: { committing: boolean },
  ): Promise<Outcome<Output>> {
    return database.knex.transaction(async (knex) => {
      const now = options.clock.now();
      const recorder = createRecorder();
      let actingPost: string | null = null;
      const context = {
        tx: openTransaction(knex, recorder, now),
        identity: origin.identity,
        policy: options.policy,
        rules: options.rules,
        now,
        instant: () => options.clock.now(),
        newUuid: options.newUuid ?? randomUUID,
        actIn: (post: string) => {
          actingPost ??= post;
        },
      };
      const output = await command.execute(context, input);
      const rows = recorder.rows();
      const change =
        rows.length === 0 ? null : await appendChange(knex, command.name, origin, actingPost, now, rows);
      progress.committing = change !== null;
      return { output, change };
    });
  }

  /** Repeats what failed before its commit began; once that began, a broken connection leaves the outcome unknown. */
  async function commit<Input, Output>(
    command: Command<Input, Output>,
    input: Input,
    origin: RequestOrigin,
  ): Promise<Outcome<Output>> {
    for (let tried = 1; ; tried++) {
      const progress = { committing: false };
      try {
        return await attempt(command, input, origin, progress);
      } catch (error) {
        if (progress.committing && isConnectionLoss(error)) {
          const detail = 'the connection broke during commit: whether the change was made is unknown';
          throw new OperationError('unavailable', detail, { cause: error });
        }
        if (tried === mostAttempts || !isTransient(error)) throw operationError(error);
        await delay(Math.random() * 10 * 2 ** tried);
      }
    }
  }

  return {
    async run(command, input, origin) {
      const { output, change } = await commit(command, input, origin);
      if (change === null) return { output, change };
      // The change is committed: a replica that lags must not make it look refused.
      await applied(change).catch((error: unknown) =>
        log.warn({ err: error, change: change.number }, 'the replica has not applied a change yet'),
      );
      return { output, change: change.number };
    },
  };
}

async function appendChange(
  knex: Knex.Transaction,
  command: string,
  origin: RequestOrigin,
  post: string | null,
  at: Date,
  rows: RowChange[],
): Promise<Change> {
  await stampOwners(knex, rows, at);
  if (rows.some((row) => deferredTables.has(row.table))) await knex.raw('set constraints all immediate');
  const change = {
    at,
    command,
    account: origin.identity.account,
    post,
    origin: origin.identity.origin,
    request: origin.request,
    rows,
  };
  const { rows: appended } = await knex.raw<{ rows: [{ number: number }] }>(
    `with taken as (
       update change_counter set number = number + 1 returning number
     ), appended as (
       insert into change (number, at, command, account, post, origin, request, rows)
       select number, ?::timestamptz, ?, ?::uuid, ?::uuid, ?, ?, ?::jsonb from taken
       returning number
     )
     select number, pg_notify(?, number::text) from appended`,
    [
      change.at,
      change.command,
      change.account,
      change.post,
      change.origin,
      change.request,
      JSON.stringify(rows),
      changeChannel,
    ] as Knex.RawBinding[],
  );
  await requireNoCircle(knex, rows);
  return { number: appended[0].number, ...change };
}
