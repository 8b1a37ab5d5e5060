// One reader for each protocolOp a client may send (RFC 4511 4.2-4.14).
import { OperationError } from '../../errors.ts';
import type { SearchScope } from '../../x500/read_model.ts';
import type { BerReader } from './ber_reader.ts';
import { decodeFilter } from './decode_filter.ts';
import { checkLimit, type DecodeLimits } from './decode_limits.ts';
import type {
  AbandonRequest,
  AddRequest,
  BindCredentials,
  BindRequest,
  CompareRequest,
  DelRequest,
  DerefAliases,
  ExtendedRequest,
  Modification,
  ModifyDNRequest,
  ModifyRequest,
  PartialAttribute,
  RequestOperation,
  SearchRequest,
  UnbindRequest,
} from './message.ts';
import { REQUEST_TAG, UNIVERSAL } from './tag.ts';

export interface OperationReader {
  readonly kind: RequestOperation['kind'];
  read(reader: BerReader, limits: DecodeLimits): RequestOperation;
}

/** By the tag of the protocolOp. */
export const OPERATION_READERS: Readonly<Record<number, OperationReader>> = {
  [REQUEST_TAG.bind]: { kind: 'bind', read: readBind },
  [REQUEST_TAG.unbind]: { kind: 'unbind', read: readUnbind },
  [REQUEST_TAG.search]: { kind: 'search', read: readSearch },
  [REQUEST_TAG.modify]: { kind: 'modify', read: readModify },
  [REQUEST_TAG.add]: { kind: 'add', read: readAdd },
  [REQUEST_TAG.del]: { kind: 'del', read: readDel },
  [REQUEST_TAG.modifyDN]: { kind: 'modifyDN', read: readModifyDN },
  [REQUEST_TAG.compare]: { kind: 'compare', read: readCompare },
  [REQUEST_TAG.abandon]: { kind: 'abandon', read: readAbandon },
  [REQUEST_TAG.extended]: { kind: 'extended', read: readExtended },
};

const AUTHENTICATION = { simple: 0x80, sasl: 0xa3 } as const;
const NEW_SUPERIOR = 0x80;
const EXTENDED = { requestName: 0x80, requestValue: 0x81 } as const;

// `children` is subordinateSubtree of draft-sermersheim-ldap-subordinate-scope, which OpenLDAP's tools send.
const SCOPES: readonly SearchScope[] = ['base', 'one', 'subtree', 'children'];
const DEREF_ALIASES: readonly DerefAliases[] = [
  'neverDerefAliases',
  'derefInSearching',
  'derefFindingBaseObj',
  'derefAlways',
];
const MODIFICATIONS: readonly Modification['operation'][] = ['add', 'delete', 'replace', 'increment'];

function readBind(reader: BerReader): BindRequest {
  const outer = reader.enter(REQUEST_TAG.bind);
  const version = reader.integer();
  if (version < 1 || version > 127)
    throw new OperationError('invalid_request', 'version must be from 1 to 127');
  const name = reader.text('name');
  const credentials = readCredentials(reader);
  reader.leave(outer);
  return { kind: 'bind', version, name, credentials };
}

function readCredentials(reader: BerReader): BindCredentials {
  const tag = reader.peek();
  if (tag === AUTHENTICATION.simple) return { method: 'simple', password: reader.octetString(tag) };
  if (tag !== AUTHENTICATION.sasl) {
    reader.skip();
    return { method: 'unrecognized', tag };
  }
  const outer = reader.enter(tag);
  const mechanism = reader.text('mechanism');
  const credentials = reader.peek() === UNIVERSAL.octetString ? reader.octetString() : null;
  reader.leave(outer);
  return { method: 'sasl', mechanism, credentials };
}

function readUnbind(reader: BerReader): UnbindRequest {
  reader.skip(); // NULL
  return { kind: 'unbind' };
}

function readSearch(reader: BerReader, limits: DecodeLimits): SearchRequest {
  const outer = reader.enter(REQUEST_TAG.search);
  const baseObject = reader.text('baseObject');
  const scope = choice(SCOPES, reader.enumerated(), 'scope');
  const derefAliases = choice(DEREF_ALIASES, reader.enumerated(), 'derefAliases');
  const sizeLimit = reader.integer();
  const timeLimit = reader.integer();
  if (sizeLimit < 0) throw new OperationError('invalid_request', 'sizeLimit must not be negative');
  if (timeLimit < 0) throw new OperationError('invalid_request', 'timeLimit must not be negative');
  const typesOnly = reader.boolean();
  const filter = decodeFilter(reader, limits);
  const attributes = readSelection(reader, limits);
  reader.leave(outer);
  return {
    kind: 'search',
    baseObject,
    scope,
    derefAliases,
    sizeLimit,
    timeLimit,
    typesOnly,
    filter,
    attributes,
  };
}

function readSelection(reader: BerReader, limits: DecodeLimits): string[] {
  const outer = reader.enter(UNIVERSAL.sequence);
  const attributes: string[] = [];
  while (reader.more) {
    checkLimit(attributes.length + 1, limits.attributes, 'attributes');
    attributes.push(reader.text('attribute selector'));
  }
  reader.leave(outer);
  return attributes;
}

function readModify(reader: BerReader, limits: DecodeLimits): ModifyRequest {
  const outer = reader.enter(REQUEST_TAG.modify);
  const object = reader.text('object');
  const changes: Modification[] = [];
  const list = reader.enter(UNIVERSAL.sequence);
  const count = { values: 0 };
  while (reader.more) {
    checkLimit(changes.length + 1, limits.attributes, 'changes');
    const change = reader.enter(UNIVERSAL.sequence);
    const operation = choice(MODIFICATIONS, reader.enumerated(), 'operation');
    const modification = readPartialAttribute(reader, count, limits);
    reader.leave(change);
    changes.push({ operation, modification });
  }
  reader.leave(list);
  reader.leave(outer);
  return { kind: 'modify', object, changes };
}

function readAdd(reader: BerReader, limits: DecodeLimits): AddRequest {
  const outer = reader.enter(REQUEST_TAG.add);
  const entry = reader.text('entry');
  const attributes: PartialAttribute[] = [];
  const list = reader.enter(UNIVERSAL.sequence);
  const count = { values: 0 };
  while (reader.more) {
    checkLimit(attributes.length + 1, limits.attributes, 'attributes');
    const attribute = readPartialAttribute(reader, count, limits);
    if (attribute.values.length === 0) {
      throw new OperationError('invalid_request', `${attribute.type.slice(0, 64)} must have a value`);
    }
    attributes.push(attribute);
  }
  reader.leave(list);
  reader.leave(outer);
  return { kind: 'add', entry, attributes };
}

function readPartialAttribute(
  reader: BerReader,
  count: { values: number },
  limits: DecodeLimits,
): PartialAttribute {
  const outer = reader.enter(UNIVERSAL.sequence);
  const type = reader.text('type');
  const values: Buffer[] = [];
  const set = reader.enter(UNIVERSAL.set);
  while (reader.more) {
    checkLimit(++count.values, limits.values, 'values');
    values.push(reader.octetString());
  }
  reader.leave(set);
  reader.leave(outer);
  return { type, values };
}

function readDel(reader: BerReader): DelRequest {
  return { kind: 'del', entry: reader.text('entry', REQUEST_TAG.del) };
}

function readModifyDN(reader: BerReader): ModifyDNRequest {
  const outer = reader.enter(REQUEST_TAG.modifyDN);
  const entry = reader.text('entry');
  const newrdn = reader.text('newrdn');
  const deleteoldrdn = reader.boolean();
  const newSuperior = reader.peek() === NEW_SUPERIOR ? reader.text('newSuperior', NEW_SUPERIOR) : null;
  reader.leave(outer);
  return { kind: 'modifyDN', entry, newrdn, deleteoldrdn, newSuperior };
}

function readCompare(reader: BerReader): CompareRequest {
  const outer = reader.enter(REQUEST_TAG.compare);
  const entry = reader.text('entry');
  const ava = reader.enter(UNIVERSAL.sequence);
  const attribute = reader.text('attributeDesc');
  const value = reader.octetString();
  reader.leave(ava);
  reader.leave(outer);
  return { kind: 'compare', entry, attribute, value };
}

function readAbandon(reader: BerReader): AbandonRequest {
  const messageId = reader.integer(REQUEST_TAG.abandon);
  if (messageId < 0) throw new OperationError('invalid_request', 'MessageID must not be negative');
  return { kind: 'abandon', messageId };
}

function readExtended(reader: BerReader): ExtendedRequest {
  const outer = reader.enter(REQUEST_TAG.extended);
  const requestName = reader.text('requestName', EXTENDED.requestName);
  const { requestValue: value } = EXTENDED;
  const requestValue = reader.peek() === value ? reader.octetString(value) : null;
  reader.leave(outer);
  return { kind: 'extended', requestName, requestValue };
}

/** The name of an ENUMERATED value; `children` and `increment` are extensions, further ones are refused. */
function choice<Name>(names: readonly Name[], value: number, what: string): Name {
  const name = names[value];
  if (name === undefined) throw new OperationError('invalid_request', `${what} ${value} is not defined`);
  return name;
}
