// oidc-provider's storage over the OidcArtifactStore port. The library reads `consumed` and then consumes, so the port's
// conditional update decides who was first; everyone else gets invalid_grant (RFC 6749 5.2, RFC 9700 4.5).
import { createHash } from 'node:crypto';
import { type Adapter, type AdapterFactory, type AdapterPayload, errors } from 'oidc-provider';
import type { Clock } from '../clock.ts';
import type { OidcArtifactStore } from '../directory/ports.ts';
import { isOperationError } from '../errors.ts';
import { libraryClient } from './clients.ts';
import { loadedObjects } from './loaded_objects.ts';
import type { Clients } from './ports.ts';

// NUL and lone surrogates, as JSON.stringify writes them: PostgreSQL's jsonb takes neither.
const unstorable = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/;

/** What strangers have stored, with the characters that its JSON takes at most. */
const largest: Readonly<Record<string, number>> = { Interaction: 10_240, PushedAuthorizationRequest: 10_240 };

function requireStorable(model: string, payload: AdapterPayload): void {
  const json = JSON.stringify(payload);
  if (json.length > (largest[model] ?? Number.POSITIVE_INFINITY)) {
    throw new errors.InvalidRequest(`the parameters of the ${model} are too long`);
  }
  if (unstorable.test(json)) {
    throw new errors.InvalidRequest(`a parameter of the ${model} holds a character that cannot be stored`);
  }
}

function away(cause: unknown): errors.OIDCProviderError {
  const error = new errors.TemporarilyUnavailable('the directory database is away', { cause });
  error.status = 503;
  error.statusCode = 503;
  return error;
}

/** The store's refusals in the library's words: it must not take an absent database for an absent token. */
async function spoken<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw isOperationError(error, 'unavailable', 'time_limit_exceeded') ? away(error) : error;
  }
}

function stored(found: Record<string, unknown> | undefined): AdapterPayload | undefined {
  return found;
}

function clientAdapter(clients: Clients): Adapter {
  const readOnly = () =>
    Promise.reject(new Error('clients change as relying systems, not through the provider'));
  return {
    async find(id) {
      if (id.includes('\0')) return undefined;
      const client = await spoken(clients.find(id));
      return client === undefined ? undefined : libraryClient(client);
    },
    findByUid: readOnly,
    findByUserCode: readOnly,
    upsert: readOnly,
    consume: readOnly,
    destroy: readOnly,
    revokeByGrantId: readOnly,
  };
}

/** What opens something for whoever presents it is stored as its digest: a backup of the database holds none to use. */
const bearers: ReadonlySet<string> = new Set(['AuthorizationCode', 'AccessToken', 'RefreshToken']);

/** Called for each sign-on that begins: keeps those under way at `most`, give or take a fiftieth a worker. */
function pendingBound(store: OidcArtifactStore, most: number): () => Promise<void> {
  const every = Math.max(1, Math.floor(most / 50));
  let begun = 0;
  return async () => {
    if (++begun % every === 0) await store.removeOldest('Interaction', most);
  };
}

function artifactAdapter(
  model: string,
  { artifacts: store, clock }: { artifacts: OidcArtifactStore; clock: Clock },
  begun: () => Promise<void>,
): Adapter {
  const isBearer = bearers.has(model);
  const keyOf = (id: string) => (isBearer ? createHash('sha256').update(id).digest('base64url') : id);
  const found = async (id: string, read: () => Promise<Record<string, unknown> | undefined>) =>
    id.includes('\0') ? undefined : stored(await spoken(read()));
  const isGuarded = model === 'Session' || model === 'Interaction';

  /** Writes what the request loaded: never again once somebody else removed it. */
  async function rewrite(id: string, payload: AdapterPayload, expiresIn: number | null): Promise<void> {
    if (loadedObjects.isHeld(model, id)) {
      const stood = await spoken(store.update(model, id, { ...payload }, expiresIn));
      if (!stood && model === 'Interaction') throw new errors.SessionNotFound('the sign-on has ended');
    } else if (loadedObjects.wasTaken(model, payload.uid)) {
      await spoken(store.upsert(model, id, { ...payload }, expiresIn)); // under a new id: this request removed the old one
    } else if (model === 'Interaction') {
      throw new errors.SessionNotFound('the sign-on has ended');
    }
  }

  return {
    async upsert(id, payload, expiresIn) {
      // A session of nobody: the library would keep one of every stranger who sends a cookie.
      if (model === 'Session' && payload.accountId === undefined) return;
      requireStorable(model, payload);
      if (isGuarded && loadedObjects.isKnown(model, id, payload.uid))
        return rewrite(id, payload, expiresIn ?? null);
      const { jti: _isTheTokenItself, ...rest } = payload;
      await spoken(store.upsert(model, keyOf(id), isBearer ? rest : { ...payload }, expiresIn ?? null));
      if (model === 'Interaction') await spoken(begun());
    },
    async find(id) {
      const payload = await found(id, () => store.find(model, keyOf(id)));
      if (isGuarded && payload !== undefined) loadedObjects.hold(model, id, payload.uid);
      return payload !== undefined && isBearer ? { ...payload, jti: id } : payload;
    },
    findByUid: (uid) => found(uid, () => store.findByUid(model, uid)),
    findByUserCode: (code) => found(code, () => store.findByUserCode(model, code)),
    async consume(id) {
      const first = await spoken(store.consume(model, keyOf(id), clock.now()));
      if (!first) throw new errors.InvalidGrant(`${model} was used already`);
    },
    async destroy(id) {
      const removed = await spoken(store.destroy(model, keyOf(id)));
      // Of several requests that resume one sign-on, the one that removed it goes on.
      if (!removed && model === 'Interaction') throw new errors.SessionNotFound('the sign-on has ended');
      if (removed && isGuarded) loadedObjects.take(model, id);
    },
    revokeByGrantId: (grantId) => spoken(store.revokeByGrantId(grantId)),
  };
}

export function createAdapter(ports: {
  artifacts: OidcArtifactStore;
  clients: Clients;
  clock: Clock;
  /** Sign-ons under way in all. */
  mostPending: number;
}): AdapterFactory {
  const begun = pendingBound(ports.artifacts, ports.mostPending);
  return (model) =>
    model === 'Client' ? clientAdapter(ports.clients) : artifactAdapter(model, ports, begun);
}
