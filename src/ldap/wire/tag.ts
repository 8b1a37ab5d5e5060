// Identifier octets of LDAPv3 (RFC 4511 appendix B), as they stand on the wire.

/** Universal types LDAP uses (X.690 8.1.2). */
export const UNIVERSAL = {
  boolean: 0x01,
  integer: 0x02,
  octetString: 0x04,
  enumerated: 0x0a,
  sequence: 0x30,
  set: 0x31,
} as const;

/** protocolOp of what clients send (RFC 4511 4.1.1). */
export const REQUEST_TAG = {
  bind: 0x60,
  unbind: 0x42,
  search: 0x63,
  modify: 0x66,
  add: 0x68,
  del: 0x4a,
  modifyDN: 0x6c,
  compare: 0x6e,
  abandon: 0x50,
  extended: 0x77,
} as const;

/** protocolOp of what servers send. */
export const RESPONSE_TAG = {
  bind: 0x61,
  searchEntry: 0x64,
  searchDone: 0x65,
  modify: 0x67,
  add: 0x69,
  del: 0x6b,
  modifyDN: 0x6d,
  compare: 0x6f,
  searchReference: 0x73,
  extended: 0x78,
  intermediate: 0x79,
} as const;

/** An operation's protocolOp that carries an LDAPResult and nothing else. */
export type ResultTag =
  | typeof RESPONSE_TAG.bind
  | typeof RESPONSE_TAG.searchDone
  | typeof RESPONSE_TAG.modify
  | typeof RESPONSE_TAG.add
  | typeof RESPONSE_TAG.del
  | typeof RESPONSE_TAG.modifyDN
  | typeof RESPONSE_TAG.compare
  | typeof RESPONSE_TAG.extended;
