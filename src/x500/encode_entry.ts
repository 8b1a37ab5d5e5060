// Encodes attributes once, as search results carry them (RFC 4511 4.5.2: PartialAttribute TLVs), and interns which
// descriptions an entry holds in which order (its Layout).
import type { AttributeValues, Layout } from './entry.ts';
import type { AttributeDescription, Schema } from './schema.ts';

const sequence = 0x30;
const set = 0x31;
const octetString = 0x04;

/** A step of the way through descriptions; where an entry's way ends hangs its layout. */
interface Step {
  layout: Layout | null;
  next: Map<AttributeDescription, Step>;
}

/** All layouts of one replica. */
export class LayoutTable {
  readonly #start: Step = { layout: null, next: new Map() };
  readonly #layouts: Layout[] = [];

  /** The one layout of these descriptions in this order, user attributes first, each description once. */
  layoutOf(descriptions: readonly AttributeDescription[]): Layout {
    let step = this.#start;
    for (const description of descriptions) {
      let next = step.next.get(description);
      if (next === undefined) {
        next = { layout: null, next: new Map() };
        step.next.set(description, next);
      }
      step = next;
    }
    step.layout ??= this.#add(descriptions);
    return step.layout;
  }

  #add(descriptions: readonly AttributeDescription[]): Layout {
    const twice = descriptions.find((description, at) => descriptions.indexOf(description) < at);
    if (twice !== undefined) throw new Error(`the entry holds ${twice.name} twice`);
    const firstOperational = descriptions.findIndex(({ type }) => type.operational);
    const userAttributes = firstOperational < 0 ? descriptions.length : firstOperational;
    const layout = { index: this.#layouts.length, descriptions: [...descriptions], userAttributes };
    this.#layouts.push(layout);
    return layout;
  }

  get layouts(): readonly Layout[] {
    return this.#layouts;
  }
}

const headerSize = (length: number): number =>
  length < 0x80 ? 2 : length < 0x100 ? 3 : length < 0x10000 ? 4 : length < 0x1000000 ? 5 : 6;

function writeHeader(target: Buffer, at: number, tag: number, length: number): number {
  target[at] = tag;
  if (length < 0x80) {
    target[at + 1] = length;
    return at + 2;
  }
  const size = headerSize(length) - 2;
  target[at + 1] = 0x80 | size;
  target.writeUIntBE(length, at + 2, size);
  return at + 2 + size;
}

function writeText(target: Buffer, at: number, text: string, length: number): void {
  if (length !== text.length || length > 48) {
    target.write(text, at, 'utf8');
    return;
  }
  // As many octets as characters: all ASCII. For short texts a loop beats the call.
  for (let index = 0; index < length; index++) target[at + index] = text.charCodeAt(index);
}

const lengthOf = (value: string | Buffer): number =>
  typeof value === 'string' ? Buffer.byteLength(value) : value.length;

/** User attributes before operational ones, objectClass first; otherwise the order given, which is mostly this one. */
function arrange(attributes: Described[]): Described[] {
  const rank = ({ description: { type } }: Described): number =>
    type.operational ? 2 : type.name === 'objectClass' ? 0 : 1;
  for (let at = 1; at < attributes.length; at++) {
    const [left, right] = [attributes[at - 1], attributes[at]];
    if (left !== undefined && right !== undefined && rank(left) > rank(right)) {
      return attributes.sort((first, second) => rank(first) - rank(second));
    }
  }
  return attributes;
}

interface Described {
  description: AttributeDescription;
  values: readonly (string | Buffer)[];
}

/**
 * Encodes an entry. Attributes without values are left out. A description nobody defined, or one that comes twice, is a
 * fault of the caller's and thrown as such: attributes come from projection.ts and from checked writes.
 */
export function encodeEntry(
  schema: Pick<Schema, 'describe'>,
  layouts: LayoutTable,
  attributes: readonly AttributeValues[],
): { layout: Layout; wire: Buffer } {
  const described: Described[] = [];
  for (const { description, values } of attributes) {
    if (values.length === 0) continue;
    const known = schema.describe(description);
    if (known === undefined) throw new Error(`the attribute ${description} is not in the schema`);
    described.push({ description: known, values });
  }
  const arranged = arrange(described);
  return { layout: layouts.layoutOf(arranged.map(({ description }) => description)), wire: encode(arranged) };
}

function encode(attributes: readonly Described[]): Buffer {
  const setLengths: number[] = [];
  const valueLengths: number[] = [];
  let total = 0;
  for (const { description, values } of attributes) {
    let inSet = 0;
    for (const value of values) {
      const length = lengthOf(value);
      valueLengths.push(length);
      inSet += headerSize(length) + length;
    }
    setLengths.push(inSet);
    const inSequence = typeSize(description) + headerSize(inSet) + inSet;
    total += headerSize(inSequence) + inSequence;
  }
  const wire = Buffer.allocUnsafe(total);
  let at = 0;
  let nextValue = 0;
  attributes.forEach(({ description, values }, index) => {
    const inSet = setLengths[index] ?? 0;
    at = writeHeader(wire, at, sequence, typeSize(description) + headerSize(inSet) + inSet);
    at = writeHeader(wire, at, octetString, description.octets.length);
    wire.set(description.octets, at);
    at = writeHeader(wire, at + description.octets.length, set, inSet);
    for (const value of values) {
      const length = valueLengths[nextValue++] ?? 0;
      at = writeHeader(wire, at, octetString, length);
      if (typeof value === 'string') writeText(wire, at, value, length);
      else wire.set(value, at);
      at += length;
    }
  });
  return wire;
}

function typeSize({ octets }: AttributeDescription): number {
  return headerSize(octets.length) + octets.length;
}

/** The descriptions alone, each with an empty set: what a search with typesOnly sends. */
export function encodeTypes(descriptions: readonly AttributeDescription[]): Buffer {
  return encode(descriptions.map((description) => ({ description, values: [] })));
}
