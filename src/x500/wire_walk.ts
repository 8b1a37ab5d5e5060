// Steps through encoded attributes (PartialAttribute TLVs) without making objects. The octets are our own encoding, always
// well formed: see encode_entry.ts.

/** Where the content of the element at `at` starts. */
function contentStart(wire: Buffer, at: number): number {
  const first = wire[at + 1] ?? 0;
  return first < 0x80 ? at + 2 : at + 2 + (first & 0x7f);
}

/** Where the element at `at` ends and the next begins. */
export function elementEnd(wire: Buffer, at: number): number {
  const first = wire[at + 1] ?? 0;
  if (first < 0x80) return at + 2 + first;
  let length = 0;
  const start = at + 2 + (first & 0x7f);
  for (let digit = at + 2; digit < start; digit++) length = length * 256 + (wire[digit] ?? 0);
  return start + length;
}

/** Where the attribute at `position` of the layout begins, walking on from the attribute at `from`, which begins at `at`. */
export function attributeStart(wire: Buffer, position: number, from = 0, at = 0): number {
  let start = at;
  for (let passed = from; passed < position; passed++) start = elementEnd(wire, start);
  return start;
}

/** Calls `test` with each value's start and end until it answers true; whether it did. `at`: where the attribute begins. */
export function someValue(wire: Buffer, at: number, test: (start: number, end: number) => boolean): boolean {
  const values = elementEnd(wire, contentStart(wire, at)); // past the type: the SET
  const end = elementEnd(wire, values);
  for (let value = contentStart(wire, values); value < end; ) {
    const next = elementEnd(wire, value);
    if (test(contentStart(wire, value), next)) return true;
    value = next;
  }
  return false;
}

/** How many values the attribute that begins at `at` has. */
export function valueCount(wire: Buffer, at: number): number {
  const values = elementEnd(wire, contentStart(wire, at));
  const end = elementEnd(wire, values);
  let count = 0;
  for (let value = contentStart(wire, values); value < end; value = elementEnd(wire, value)) count++;
  return count;
}

/** As someValue, one value after another for whoever stops in between. */
export function* eachValueFrom(wire: Buffer, at: number): Generator<{ start: number; end: number }> {
  const values = elementEnd(wire, contentStart(wire, at));
  const end = elementEnd(wire, values);
  for (let value = contentStart(wire, values); value < end; ) {
    const next = elementEnd(wire, value);
    yield { start: contentStart(wire, value), end: next };
    value = next;
  }
}
