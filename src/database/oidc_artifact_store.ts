// Stored state of the OpenID Provider. What is searched for stands in columns beside the payload; an expired object is
// not found, whether or not it was removed yet.
import type { Knex } from 'knex';
import type { Clock } from '../clock.ts';
import type { OidcArtifactStore } from '../directory/ports.ts';
import type { Database } from './pool.ts';
import { speaking } from './sqlstate.ts';

type Payload = Record<string, unknown>;

interface ArtifactRow {
  payload: Payload;
  consumed_at: Date | null;
}

/** An interaction names the grant it may extend without being a part of it: ending the grant leaves it alone. */
const outsideGrants = new Set(['Interaction', 'Session', 'Grant']);

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

export function createOidcArtifactStore(options: { database: Database; clock: Clock }): OidcArtifactStore {
  const { database, clock } = options;
  const { knex } = database;

  async function findOne(where: Record<string, string>): Promise<Payload | undefined> {
    const row: ArtifactRow | undefined = await speaking(() =>
      knex('oidc_artifact')
        .select('payload', 'consumed_at')
        .where(where)
        .where((unexpired) => unexpired.whereNull('expires_at').orWhere('expires_at', '>', clock.now()))
        .first(),
    );
    if (row === undefined) return undefined;
    if (row.consumed_at === null) return row.payload;
    return { ...row.payload, consumed: Math.floor(row.consumed_at.getTime() / 1_000) };
  }

  const columnsOf = (model: string, payload: Payload, expiresInSeconds: number | null) => ({
    payload: JSON.stringify(payload),
    grant_id: outsideGrants.has(model) ? null : textOf(payload.grantId),
    uid: textOf(payload.uid),
    user_code: textOf(payload.userCode),
    account_id: textOf(payload.accountId),
    expires_at: expiresInSeconds === null ? null : new Date(clock.now().getTime() + expiresInSeconds * 1_000),
  });

  return {
    // consumed_at is left as it is: writing an object again does not make it usable again, nor younger.
    upsert: (model, id, payload, expiresInSeconds) =>
      speaking(async () => {
        const columns = columnsOf(model, payload, expiresInSeconds);
        await knex('oidc_artifact')
          .insert({ model, id, ...columns, created_at: clock.now() })
          .onConflict(['model', 'id'])
          .merge(Object.keys(columns));
      }),

    update: (model, id, payload, expiresInSeconds) =>
      speaking(async () => {
        const columns = columnsOf(model, payload, expiresInSeconds);
        return (await knex('oidc_artifact').update(columns).where({ model, id })) === 1;
      }),

    find: (model, id) => findOne({ model, id }),
    findByUid: (model, uid) => findOne({ model, uid }),
    findByUserCode: (model, userCode) => findOne({ model, user_code: userCode }),

    // One conditional update: of any number of callers the row lock lets exactly one find it unconsumed.
    consume: (model, id, at) =>
      speaking(async () => {
        const consumed = await knex('oidc_artifact')
          .update({ consumed_at: at })
          .where({ model, id })
          .whereNull('consumed_at');
        return consumed === 1;
      }),

    destroy: (model, id) =>
      speaking(async () => (await knex('oidc_artifact').delete().where({ model, id })) === 1),

    revokeByGrantId: (grantId) =>
      speaking(async () => {
        await knex('oidc_artifact').delete().where({ grant_id: grantId });
      }),

    // SKIP LOCKED: neither a second cleaner nor a request that still writes the row is waited for.
    removeExpired: (before, limit) =>
      speaking(async () => {
        const { rowCount } = await knex.raw<{ rowCount: number | null }>(
          `delete from oidc_artifact where (model, id) in (
             select model, id from oidc_artifact where expires_at < ? order by expires_at limit ? for update skip locked
           )`,
          [before, limit] as Knex.RawBinding[],
        );
        return rowCount ?? 0;
      }),

    removeOldest: (model, most) =>
      speaking(async () => {
        await knex.raw(
          `delete from oidc_artifact where model = :model and id in (
             select id from oidc_artifact where model = :model order by expires_at desc offset :most for update skip locked
           )`,
          { model, most },
        );
      }),
  };
}
