// Accounts beside the entries they belong to (RFC 4513 binds outlive the database). Each is a short row of octets kept
// with its entry, unpacked into an AccountRecord when somebody asks: 200,000 plain objects would cost 100 MB.
import type { RoleGrant } from '../directory/identity.ts';
import {
  accountKinds,
  accountStates,
  clearanceLevels,
  employmentCategories,
} from '../directory/vocabulary.ts';
import type { AccountRecord } from '../x500/read_model.ts';
import { IdTable } from './id_table.ts';
import type { StoredEntry } from './stored_entry.ts';

/** An account as the database publishes it; its DN is its entry's. */
export type PublishedAccount = Omit<AccountRecord, 'dn'>;

// Where the fixed fields stand. Texts follow: uid, organisation, person, relying system, password hash, grants as JSON.
const at = {
  kind: 0,
  state: 1,
  category: 2,
  clearance: 3,
  ceiling: 4,
  flags: 5,
  lockedUntil: 6,
  expiresAt: 14,
  sessionsValidFrom: 22,
  passwordExpiresAt: 30,
  uuid: 38,
  texts: 54,
} as const;
const hasPassword = 1;
const mustChange = 2;

const uuidText = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const uuidLength = 36;
const sixteenOctets = 16;
const longestRow = 1 << 20;

/** Texts are written after their length. A uuid is sixteen octets, marked by a length that no text has. */
const uuidMark = 0xfffffffe;
const nullMark = 0xffffffff;

const nibble = (code: number): number => (code > 0x39 ? code - 0x57 : code - 0x30);

/** Sixteen octets of a UUID in lower case. */
function writeUuid(octets: Buffer, uuid: string, where: number): void {
  let next = where;
  for (let digit = 0; digit < uuidLength; digit += 2) {
    if (uuid.charCodeAt(digit) === 0x2d) digit++;
    octets[next++] = (nibble(uuid.charCodeAt(digit)) << 4) | nibble(uuid.charCodeAt(digit + 1));
  }
}

class Writer {
  #octets = Buffer.allocUnsafeSlow(4096);
  #used = 0;

  start(): Buffer {
    this.#used = at.texts;
    return this.#octets;
  }

  text(value: string | null): void {
    if (value === null) {
      this.#length(nullMark);
    } else if (value.length === uuidLength && uuidText.test(value)) {
      this.#length(uuidMark);
      writeUuid(this.#octets, value, this.#used);
      this.#used += sixteenOctets;
    } else {
      const size = Buffer.byteLength(value);
      if (size > longestRow) throw new RangeError(`a text of ${size} octets in an account`);
      this.#room(size + 4);
      this.#length(size);
      this.#used += this.#octets.write(value, this.#used);
    }
  }

  finish(): Buffer {
    return this.#octets.subarray(0, this.#used);
  }

  #length(length: number): void {
    this.#room(4 + sixteenOctets);
    this.#used = this.#octets.writeUInt32LE(length, this.#used);
  }

  #room(size: number): void {
    if (this.#used + size <= this.#octets.length) return;
    const grown = Buffer.allocUnsafeSlow((this.#used + size) * 2);
    this.#octets.copy(grown, 0, 0, this.#used);
    this.#octets = grown;
  }
}

function uuidAt(octets: Buffer, start: number): string {
  const hex = octets.toString('hex', start, start + sixteenOctets);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

class Reader {
  readonly #octets: Buffer;
  #next: number = at.texts;

  constructor(octets: Buffer) {
    this.#octets = octets;
  }

  text(): string | null {
    const length = this.#octets.readUInt32LE(this.#next);
    const start = this.#next + 4;
    if (length === nullMark) {
      this.#next = start;
      return null;
    }
    this.#next = start + (length === uuidMark ? sixteenOctets : length);
    return length === uuidMark
      ? uuidAt(this.#octets, start)
      : this.#octets.toString('utf8', start, this.#next);
  }
}

const writeDate = (octets: Buffer, date: Date | null, where: number): void => {
  octets.writeDoubleLE(date === null ? Number.NaN : date.getTime(), where);
};
const readDate = (octets: Buffer, where: number): Date | null => {
  const time = octets.readDoubleLE(where);
  return Number.isNaN(time) ? null : new Date(time);
};

/** The member of a code list at a stored position. */
function word<Word extends string>(words: readonly Word[], octets: Buffer, where: number): Word {
  const found = words[octets[where] ?? -1];
  if (found === undefined) throw new RangeError(`an account row holds no word at ${where}`);
  return found;
}

/** The account that `Accounts.pack` wrote, with the DN of its entry. */
export function unpackAccount(octets: Buffer, dn: string): AccountRecord {
  const texts = new Reader(octets);
  const uid = texts.text() ?? '';
  const organisation = texts.text();
  const person = texts.text();
  const relying_system = texts.text();
  const hash = texts.text();
  const grants = texts.text();
  const flags = octets[at.flags] ?? 0;
  return {
    uuid: uuidAt(octets, at.uuid),
    uid,
    dn,
    kind: word(accountKinds, octets, at.kind),
    state: word(accountStates, octets, at.state),
    locked_until: readDate(octets, at.lockedUntil),
    expires_at: readDate(octets, at.expiresAt),
    sessions_valid_from: readDate(octets, at.sessionsValidFrom) ?? new Date(0),
    person,
    relying_system,
    password:
      (flags & hasPassword) === 0
        ? null
        : {
            hash: hash ?? '',
            must_change: (flags & mustChange) !== 0,
            expires_at: readDate(octets, at.passwordExpiresAt),
          },
    grants: grants === null ? [] : (JSON.parse(grants) as RoleGrant[]),
    organisation,
    category: octets[at.category] === 0xff ? null : word(employmentCategories, octets, at.category),
    clearance: word(clearanceLevels, octets, at.clearance),
    clearance_ceiling: word(clearanceLevels, octets, at.ceiling),
  };
}

/** The login name alone. */
export function accountUid(octets: Buffer): string {
  return new Reader(octets).text() ?? '';
}

/** Which entry has the account of a login name (regardless of case) or uuid. */
export class Accounts {
  readonly #byUid = new IdTable();
  readonly #byUuid = new IdTable();
  readonly #writer = new Writer();

  /** The account as octets, valid until the next call. */
  pack(account: PublishedAccount): Buffer {
    const writer = this.#writer;
    const octets = writer.start();
    octets[at.kind] = accountKinds.indexOf(account.kind);
    octets[at.state] = accountStates.indexOf(account.state);
    octets[at.category] = account.category === null ? 0xff : employmentCategories.indexOf(account.category);
    octets[at.clearance] = clearanceLevels.indexOf(account.clearance);
    octets[at.ceiling] = clearanceLevels.indexOf(account.clearance_ceiling);
    octets[at.flags] =
      (account.password === null ? 0 : hasPassword) | (account.password?.must_change ? mustChange : 0);
    writeDate(octets, account.locked_until, at.lockedUntil);
    writeDate(octets, account.expires_at, at.expiresAt);
    writeDate(octets, account.sessions_valid_from, at.sessionsValidFrom);
    writeDate(octets, account.password?.expires_at ?? null, at.passwordExpiresAt);
    writeUuid(octets, account.uuid, at.uuid);
    writer.text(account.uid);
    writer.text(account.organisation);
    writer.text(account.person);
    writer.text(account.relying_system);
    writer.text(account.password?.hash ?? null);
    writer.text(account.grants.length === 0 ? null : JSON.stringify(account.grants));
    return writer.finish();
  }

  byUid(uid: string): number {
    return this.#byUid.get(uid.toLowerCase());
  }

  byUuid(uuid: string): number {
    return this.#byUuid.get(uuid);
  }

  add(account: { uid: string; uuid: string }, entry: StoredEntry): void {
    this.#byUid.set(account.uid.toLowerCase(), entry.id);
    this.#byUuid.set(account.uuid, entry.id);
  }

  remove(account: { uid: string; uuid: string }, entry: StoredEntry): void {
    this.#byUid.delete(account.uid.toLowerCase(), entry.id);
    this.#byUuid.delete(account.uuid, entry.id);
  }

  /** How many names there are. */
  get names(): number {
    return this.#byUid.size + this.#byUuid.size;
  }
}
