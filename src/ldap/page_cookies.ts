// Cookies of paged results (RFC 2696): where a search stands, sealed under a key of this process. The server keeps
// nothing between pages, and a cookie is worth something only in its own session, to the same asker, for the same query.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { OperationError } from '../errors.ts';

export interface PagePosition {
  /** Id of the last entry sent. */
  readonly after: number;
  /** Entries sent on all pages so far. */
  readonly sent: number;
  /** People named in them besides (x500/select_attributes.ts). */
  readonly named: number;
}

const FIELDS = 18; // after, sent, named: 6 octets each
const SEAL = 16;

export class PageCookies {
  readonly #key = randomBytes(32);

  /** `scope` names session, asker and query: everything that must not change between pages. */
  seal(position: PagePosition, scope: string): Buffer {
    const fields = Buffer.alloc(FIELDS);
    fields.writeUIntBE(position.after, 0, 6);
    fields.writeUIntBE(position.sent, 6, 6);
    fields.writeUIntBE(position.named, 12, 6);
    return Buffer.concat([fields, this.#sealOf(fields, scope)]);
  }

  /** Error: invalid_state, for a cookie that was not made for `scope`. */
  open(cookie: Buffer, scope: string): PagePosition {
    const fields = cookie.subarray(0, FIELDS);
    const sound =
      cookie.length === FIELDS + SEAL &&
      timingSafeEqual(cookie.subarray(FIELDS), this.#sealOf(fields, scope));
    if (!sound) {
      throw new OperationError(
        'invalid_state',
        'the paged results cookie belongs to another search or session; begin the search again',
      );
    }
    return {
      after: fields.readUIntBE(0, 6),
      sent: fields.readUIntBE(6, 6),
      named: fields.readUIntBE(12, 6),
    };
  }

  #sealOf(fields: Buffer, scope: string): Buffer {
    return createHmac('sha256', this.#key).update(fields).update(scope).digest().subarray(0, SEAL);
  }
}
