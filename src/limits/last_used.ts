// Maps that remember a bounded number of things. A Map keeps the order of insertion, so what is put last at every use
// stands in order of use, and the first is what was used longest ago.

/** Puts `key` last. Returns what gave way, when the map would hold more than `most` otherwise. */
export function putLast<Key, Value>(
  map: Map<Key, Value>,
  key: Key,
  value: Value,
  most: number,
): [Key, Value] | undefined {
  map.delete(key);
  map.set(key, value);
  if (map.size <= most) return undefined;
  const [oldest] = map;
  if (oldest !== undefined) map.delete(oldest[0]);
  return oldest;
}
