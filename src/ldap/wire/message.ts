// Requests as decoded (RFC 4511 4.2-4.14). Text fields are UTF-8 checked and no more; octets are views of the message
// they came in, so whoever keeps one longer than the operation copies it.
import type { OperationError } from '../../errors.ts';
import type { SearchScope } from '../../x500/read_model.ts';
import type { UncheckedFilter } from '../../x500/unchecked_filter.ts';
import { RESPONSE_TAG, type ResultTag } from './tag.ts';

/** RFC 4511 4.1.11. The same form on requests and responses. */
export interface Control {
  readonly type: string;
  readonly criticality: boolean;
  readonly value: Buffer | null;
}

/** RFC 4511 4.1.7: in a modification `values` may be empty, in an added entry it is not. */
export interface PartialAttribute {
  readonly type: string;
  readonly values: readonly Buffer[];
}

export type BindCredentials =
  | { readonly method: 'simple'; readonly password: Buffer }
  /** `credentials` is null when absent, which is not the same as empty (RFC 4513 5.2.1.3). */
  | { readonly method: 'sasl'; readonly mechanism: string; readonly credentials: Buffer | null }
  /** An AuthenticationChoice nobody specified for LDAPv3: answer authMethodNotSupported. */
  | { readonly method: 'unrecognized'; readonly tag: number };

export interface BindRequest {
  readonly kind: 'bind';
  readonly version: number; // 1 to 127
  readonly name: string;
  readonly credentials: BindCredentials;
}

export interface UnbindRequest {
  readonly kind: 'unbind';
}

export type DerefAliases = 'neverDerefAliases' | 'derefInSearching' | 'derefFindingBaseObj' | 'derefAlways';

export interface SearchRequest {
  readonly kind: 'search';
  readonly baseObject: string;
  readonly scope: SearchScope;
  readonly derefAliases: DerefAliases;
  readonly sizeLimit: number; // entries; 0 asks for no limit
  readonly timeLimit: number; // seconds; 0 asks for no limit
  readonly typesOnly: boolean;
  readonly filter: UncheckedFilter;
  /** AttributeSelection as sent: descriptions, `*`, `+`, `1.1`, and what means nothing to us. */
  readonly attributes: readonly string[];
}

export interface Modification {
  readonly operation: 'add' | 'delete' | 'replace' | 'increment'; // increment: RFC 4525
  readonly modification: PartialAttribute;
}

export interface ModifyRequest {
  readonly kind: 'modify';
  readonly object: string;
  readonly changes: readonly Modification[];
}

export interface AddRequest {
  readonly kind: 'add';
  readonly entry: string;
  readonly attributes: readonly PartialAttribute[];
}

export interface DelRequest {
  readonly kind: 'del';
  readonly entry: string;
}

export interface ModifyDNRequest {
  readonly kind: 'modifyDN';
  readonly entry: string;
  readonly newrdn: string;
  readonly deleteoldrdn: boolean;
  readonly newSuperior: string | null;
}

export interface CompareRequest {
  readonly kind: 'compare';
  readonly entry: string;
  readonly attribute: string;
  readonly value: Buffer;
}

export interface AbandonRequest {
  readonly kind: 'abandon';
  readonly messageId: number; // of the operation to abandon
}

export interface ExtendedRequest {
  readonly kind: 'extended';
  readonly requestName: string;
  readonly requestValue: Buffer | null;
}

export type RequestOperation =
  | BindRequest
  | UnbindRequest
  | SearchRequest
  | ModifyRequest
  | AddRequest
  | DelRequest
  | ModifyDNRequest
  | CompareRequest
  | AbandonRequest
  | ExtendedRequest;

/** The protocolOp that answers each operation; null where the protocol has no answer. */
export const RESPONSE_OF = {
  bind: RESPONSE_TAG.bind,
  unbind: null,
  search: RESPONSE_TAG.searchDone,
  modify: RESPONSE_TAG.modify,
  add: RESPONSE_TAG.add,
  del: RESPONSE_TAG.del,
  modifyDN: RESPONSE_TAG.modifyDN,
  compare: RESPONSE_TAG.compare,
  abandon: null,
  extended: RESPONSE_TAG.extended,
} as const satisfies Record<RequestOperation['kind'], ResultTag | null>;

export interface RequestMessage {
  readonly kind: 'request';
  readonly messageId: number; // 1 to 2^31 - 1
  readonly operation: RequestOperation;
  readonly controls: readonly Control[];
}

/** The encoding holds, its content cannot be meant: answer `refusal` under `responseTag`, keep the session. */
export interface MalformedRequest {
  readonly kind: 'malformed';
  readonly messageId: number;
  /** Null for unbind and abandon, which have no response. */
  readonly responseTag: ResultTag | null;
  /** invalid_request, or admin_limit_exceeded for a limit of the decoder. */
  readonly refusal: OperationError;
}

export type DecodedMessage = RequestMessage | MalformedRequest;

/** Components of every LDAPResult (RFC 4511 4.1.9). */
export interface LdapResult {
  readonly resultCode: number;
  readonly matchedDN: string;
  readonly diagnosticMessage: string;
  /** URIs; only with resultCode referral (10). */
  readonly referral?: readonly string[];
}
