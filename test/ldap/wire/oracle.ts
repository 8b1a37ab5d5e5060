// The independent codec: ldapjs's own encoder and decoder (@ldapjs/messages and what it stands on), resolved from
// ldapjs as its users get them. They carry no types; these are the parts the tests use.
import { createRequire } from 'node:module';

export interface OracleReader {
  readonly buffer: Buffer;
  readonly offset: number;
  readSequence(tag?: number): number | null;
  readInt(tag?: number): number;
  readEnumeration(): number;
  readBoolean(): boolean;
  readString(tag?: number, asBuffer?: boolean): string | Buffer;
}

export interface OracleWriter {
  readonly buffer: Buffer;
  startSequence(tag?: number): void;
  endSequence(): void;
  writeInt(value: number, tag?: number): void;
  writeString(value: string, tag?: number): void;
  writeBuffer(value: Buffer, tag: number): void;
}

type Options = Record<string, unknown>;
type Encodable = { toBer(): { buffer: Buffer } };

/** A decoded response: the property names are ldapjs's. */
export interface OracleMessage {
  readonly type: string;
  readonly messageId: number;
  readonly status: number;
  readonly matchedDN: string;
  readonly diagnosticMessage: string;
  readonly objectName: { toString(): string };
  readonly attributes: { type: string; buffers: Buffer[] }[];
  readonly uri: string[];
  readonly responseName: string | null | undefined;
  readonly responseValue: string | null | undefined;
  readonly controls: { type: string; criticality: boolean; value: unknown }[];
}

interface Messages {
  LdapMessage: { parse(reader: OracleReader): OracleMessage };
  [request: string]: unknown;
}

const fromLdapjs = createRequire(createRequire(import.meta.url).resolve('ldapjs'));
const messages = fromLdapjs('@ldapjs/messages') as Messages;
const filters = fromLdapjs('@ldapjs/filter') as Record<string, new (options: Options) => object>;
const controls = fromLdapjs('@ldapjs/controls') as Record<string, new (options: Options) => object>;
const asn1 = fromLdapjs('@ldapjs/asn1') as {
  BerReader: new (octets: Buffer) => OracleReader;
  BerWriter: new () => OracleWriter;
};
const dn = fromLdapjs('@ldapjs/dn') as { DN: { fromString(text: string): { toString(): string } } };

function construct<Made>(made: unknown, options: Options): Made {
  return new (made as new (options: Options) => Made)(options);
}

/** A request as ldapjs encodes it: `name` is the class in @ldapjs/messages. */
export function encodeRequest(name: string, options: Options): Buffer {
  return Buffer.from(construct<Encodable>(messages[name], options).toBer().buffer);
}

export function makeFilter(name: string, options: Options): object {
  return construct(filters[name], options);
}

export function makeControl(name: string, options: Options): object {
  return construct(controls[name], options);
}

export function parseDn(text: string): { toString(): string } {
  return dn.DN.fromString(text);
}

export function decodeResponse(octets: Buffer): OracleMessage {
  return messages.LdapMessage.parse(oracleReader(octets));
}

export function oracleReader(octets: Buffer): OracleReader {
  return new asn1.BerReader(octets);
}

export function oracleWriter(): OracleWriter {
  return new asn1.BerWriter();
}
