// Which stored objects the request at hand loaded. The library writes an object the same way whether it is new or was
// loaded; one that was loaded and then removed by somebody else (a sign-out, the end of a session) must not come back.
import { AsyncLocalStorage } from 'node:async_hooks';

interface Loaded {
  uid: string | undefined;
  /** This request removed it, to write it again under another id. */
  taken: boolean;
}

const requests = new AsyncLocalStorage<Map<string, Loaded>>();
const keyOf = (model: string, id: string) => `${model} ${id}`;

function byUid(model: string, uid: string | undefined): Loaded[] {
  if (uid === undefined) return [];
  const all = [...(requests.getStore() ?? [])];
  return all.filter(([key, one]) => key.startsWith(`${model} `) && one.uid === uid).map(([, one]) => one);
}

export const loadedObjects = {
  /** Every request of the provider runs in this. */
  run: <T>(work: () => Promise<T>): Promise<T> => requests.run(new Map(), work),
  hold(model: string, id: string, uid: string | undefined): void {
    requests.getStore()?.set(keyOf(model, id), { uid, taken: false });
  },
  take(model: string, id: string): void {
    const one = requests.getStore()?.get(keyOf(model, id));
    if (one !== undefined) one.taken = true;
  },
  isHeld: (model: string, id: string): boolean => requests.getStore()?.has(keyOf(model, id)) ?? false,
  /** It was loaded, under this id or, where the library gave it a new one, under its former. */
  isKnown: (model: string, id: string, uid: string | undefined): boolean =>
    loadedObjects.isHeld(model, id) || byUid(model, uid).length > 0,
  wasTaken: (model: string, uid: string | undefined): boolean => byUid(model, uid).some(({ taken }) => taken),
};
