// LDAP by hand over a socket: requests as octets, answers split into messages and read no further than a test needs.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { BerReader } from '../../src/ldap/wire/ber_reader.ts';
import { octetString, tlv } from './wire/tlv.ts';

export interface RawAnswer {
  readonly messageId: number;
  readonly tag: number; // of the protocolOp
  /** The whole message. */
  readonly octets: Buffer;
  /** Of an LDAPResult; -1 and '' for entries. */
  readonly code: number;
  readonly matchedDN: string;
  readonly text: string;
  /** Of an entry. */
  readonly dn: string;
}

export const TAG = {
  bind: 0x61,
  entry: 0x64,
  done: 0x65,
  compare: 0x6f,
  extended: 0x78,
  modify: 0x67,
} as const;

/** One whole message. */
export function readAnswer(octets: Buffer): RawAnswer {
  const reader = new BerReader(octets);
  reader.enter(0x30);
  const messageId = reader.integer();
  const tag = reader.peek();
  reader.enter(tag);
  if (tag === TAG.entry) {
    return { messageId, tag, octets, code: -1, matchedDN: '', text: '', dn: reader.text('dn') };
  }
  const code = reader.enumerated();
  return {
    messageId,
    tag,
    octets,
    code,
    matchedDN: reader.text('matchedDN'),
    text: reader.text('text'),
    dn: '',
  };
}

/** Octets of the first message; infinite while that cannot be said. */
export function sizeOfFirst(octets: Buffer): number {
  const first = octets[1];
  if (octets.length < 2 || first === undefined) return Number.POSITIVE_INFINITY;
  if (first < 0x80) return 2 + first;
  const size = first & 0x7f;
  return octets.length < 2 + size ? Number.POSITIVE_INFINITY : 2 + size + octets.readUIntBE(2, size);
}

export class RawClient {
  readonly socket: Socket;
  readonly answers: RawAnswer[] = [];
  closed = false;
  #rest: Buffer = Buffer.alloc(0);
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      for (let size = sizeOfFirst(this.#rest); size <= this.#rest.length; size = sizeOfFirst(this.#rest)) {
        this.answers.push(readAnswer(this.#rest.subarray(0, size)));
        this.#rest = this.#rest.subarray(size);
      }
      this.#wake();
    });
    socket.on('close', () => {
      this.closed = true;
      this.#wake();
    });
    socket.on('error', () => undefined); // 'close' follows
  }

  static async open(port: number, localAddress = '127.0.0.1'): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    await once(socket, 'connect');
    socket.setNoDelay(true);
    return new RawClient(socket);
  }

  send(...octets: Buffer[]): void {
    this.socket.write(Buffer.concat(octets));
  }

  /** Waits until `enough` holds of what has come; fails when the connection ends before. */
  async until(enough: () => boolean): Promise<void> {
    while (!enough()) {
      if (this.closed) throw new Error(`the connection ended after ${this.answers.length} answers`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The answer that ends operation `messageId`. */
  async result(messageId: number): Promise<RawAnswer> {
    const find = () => this.answers.find((one) => one.messageId === messageId && one.tag !== TAG.entry);
    await this.until(() => find() !== undefined);
    return find() as RawAnswer;
  }

  async ask(messageId: number, octets: Buffer): Promise<RawAnswer> {
    this.send(octets);
    return this.result(messageId);
  }

  async ended(): Promise<void> {
    if (!this.closed) await once(this.socket, 'close');
  }

  end(): void {
    this.socket.destroy();
  }
}

export const id = (messageId: number): Buffer => {
  const octets = Buffer.alloc(4);
  octets.writeInt32BE(messageId);
  const start = octets.findIndex((octet, at) => at === 3 || octet !== 0 || (octets[at + 1] ?? 0) >= 0x80);
  return tlv(2, octets.subarray(start));
};
const one = (value: number, tag = 2): Buffer => tlv(tag, Buffer.from([value]));

export function message(messageId: number, operation: Buffer, ...controls: Buffer[]): Buffer {
  return tlv(0x30, id(messageId), operation, ...(controls.length === 0 ? [] : [tlv(0xa0, ...controls)]));
}

export function bindRequest(messageId: number, dn: string, password: string, version = 3): Buffer {
  return message(messageId, tlv(0x60, one(version), octetString(dn), tlv(0x80, Buffer.from(password))));
}

export const present = (attribute: string): Buffer => tlv(0x87, Buffer.from(attribute));
export const equality = (attribute: string, value: string): Buffer =>
  tlv(0xa3, octetString(attribute), octetString(value));

export function searchRequest(
  messageId: number,
  base: string,
  scope: number,
  filter: Buffer,
  attributes: string[] = [],
  ...controls: Buffer[]
): Buffer {
  const operation = tlv(
    0x63,
    octetString(base),
    one(scope, 10),
    one(0, 10),
    one(0),
    one(0),
    one(0, 1),
    filter,
    tlv(0x30, ...attributes.map((name) => octetString(name))),
  );
  return message(messageId, operation, ...controls);
}

export function control(type: string, criticality: boolean, value?: Buffer): Buffer {
  return tlv(
    0x30,
    octetString(type),
    ...(criticality ? [one(0xff, 1)] : []),
    ...(value === undefined ? [] : [octetString(value)]),
  );
}

export function extendedRequest(messageId: number, oid: string, value?: Buffer): Buffer {
  const parts = [tlv(0x80, Buffer.from(oid)), ...(value === undefined ? [] : [tlv(0x81, value)])];
  return message(messageId, tlv(0x77, ...parts));
}

export const abandonRequest = (messageId: number, target: number): Buffer =>
  message(messageId, tlv(0x50, id(target).subarray(2)));
export const unbindRequest = (messageId: number): Buffer => message(messageId, tlv(0x42));
