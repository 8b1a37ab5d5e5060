// The one place that turns a password into a hash that may be stored: after the policy of the account's category, with
// what the directory knows of its holder and what was used before. Every face that sets a password comes here, so that
// none checks less strictly than another.
import { randomInt } from 'node:crypto';
import type { Clock } from '../clock.ts';
import {
  brokenRules,
  type CheckedHash,
  canonicalPassword,
  defaultPasswordNumbers,
  type PasswordFacts,
  type PasswordPolicies,
  type PasswordPolicy,
  type PasswordRule,
  passwordPolicies,
  passwordRules,
} from '../directory/password_policy.ts';
import type { PasswordHistory, TableReader } from '../directory/ports.ts';
import type { AccountRow, PersonRow } from '../directory/tables.ts';
import type { AccountKind } from '../directory/vocabulary.ts';
import { OperationError } from '../errors.ts';
import type { PasswordHasher } from './password.ts';

export interface PasswordChoicePorts {
  tables: TableReader;
  history: PasswordHistory;
  hasher: Pick<PasswordHasher, 'hash' | 'verify'>;
  policies: PasswordPolicies;
  clock: Clock;
}

/** A choice that keeps every rule has a hash; one that does not names the rules. */
export type PasswordChoice =
  | { broken: readonly []; hash: CheckedHash }
  | { broken: readonly [PasswordRule, ...PasswordRule[]]; hash: null };

export interface PasswordChoices {
  /** What a page shows before anything is typed. */
  policyOf(kind: AccountKind): PasswordPolicy;
  /** For an account that does not exist yet. Errors: rate_limited, unavailable. */
  first(kind: AccountKind, facts: PasswordFacts, password: string): Promise<PasswordChoice>;
  /** For an account that exists; `byHolder` also asks for the minimum age. Errors: rate_limited, unavailable. */
  next(account: AccountRow, password: string, byHolder: boolean): Promise<PasswordChoice>;
  /** A secret of a relying system. Error: invalid_value, when it is shorter than such secrets are. */
  secret(secret: string): Promise<CheckedHash>;
  /** A password that is public on purpose (demonstration, generated people): no rule but the bound on its length. */
  publicPassword(password: string): Promise<CheckedHash>;
}

const hour = 3_600_000;

export function createPasswordChoices(ports: PasswordChoicePorts): PasswordChoices {
  const { tables, history, hasher, policies, clock } = ports;

  // The brand is given here and nowhere else (test/architecture.test.ts).
  const hashOf = async (password: string): Promise<CheckedHash> =>
    (await hasher.hash(canonicalPassword(password))) as CheckedHash;

  async function judged(broken: readonly PasswordRule[], password: string): Promise<PasswordChoice> {
    const [first, ...others] = passwordRules.filter((rule) => broken.includes(rule));
    if (first !== undefined) return { broken: [first, ...others], hash: null };
    return { broken: [], hash: await hashOf(password) };
  }

  /** One after the other: eight hashes of one asker must not take eight places. */
  async function wasUsed(hashes: readonly string[], password: string): Promise<boolean> {
    for (const hash of hashes) if (await hasher.verify(hash, canonicalPassword(password))) return true;
    return false;
  }

  return {
    policyOf: (kind) => policies[kind],
    first: (kind, facts, password) => judged(brokenRules(policies[kind], facts, password), password),

    async next(account, password, byHolder) {
      const policy = policies[account.kind];
      const broken = brokenRules(policy, await factsOfAccount(tables, account, clock.now()), password);
      const { current, former } = await history.of(account.uuid);
      if (current !== undefined && byHolder && !current.must_change && !hasExpired(current, clock.now())) {
        const age = clock.now().getTime() - current.created_at.getTime();
        if (age < policy.minAgeHours * hour) broken.push('changed_too_recently');
      }
      // Hashes are compared only for what could be taken otherwise: they are costly.
      if (broken.length === 0 && current !== undefined) {
        const remembered = [current.secret, ...former].slice(0, Math.max(1, policy.history));
        if (await wasUsed(remembered, password)) broken.push('used_before');
      }
      return judged(broken, password);
    },

    async secret(secret) {
      const { minLength } = policies.service;
      if ([...secret].length < minLength) {
        throw new OperationError(
          'invalid_value',
          `a system's secret must be at least ${minLength} characters`,
        );
      }
      return hashOf(secret);
    },

    async publicPassword(password) {
      const broken = brokenRules(policies.personal, { words: [] }, password);
      if (password === '' || broken.includes('too_long')) {
        throw new OperationError('invalid_value', 'password must be 1 to 1024 octets');
      }
      return hashOf(password);
    },
  };
}

function hasExpired({ expires_at }: { expires_at: Date | null }, now: Date): boolean {
  return expires_at !== null && expires_at <= now;
}

/** Error: invalid_value, in words that name the rules; for faces that show no form. */
export function requireKept(choice: PasswordChoice, policy: PasswordPolicy): CheckedHash {
  if (choice.hash !== null) return choice.hash;
  throw new OperationError('invalid_value', `the password ${describeRules(choice.broken, policy)}`);
}

/** The rules that were broken, in words: 'must be at least 8 characters; must not be one of the last 8'. */
export function describeRules(broken: readonly PasswordRule[], policy: PasswordPolicy): string {
  return broken.map((rule) => wordsOf[rule](policy)).join('; ');
}

const wordsOf: Record<PasswordRule, (policy: PasswordPolicy) => string> = {
  too_short: ({ minLength, minLengthThreeClasses }) =>
    minLength === minLengthThreeClasses
      ? `must be at least ${minLength} characters`
      : `must be at least ${minLength} characters of all four classes, or ${minLengthThreeClasses} of three`,
  too_long: () => 'must be at most 1024 octets',
  too_few_classes: () => 'must mix upper-case letters, lower-case letters, digits and others (three of them)',
  restricted_word: () => 'must not be made of a name, a login name, a number of its holder or a common word',
  sequence: () => 'must not hold a sequence such as 12345, abcde, qwert, 1qaz or aaaa, or repeat one part',
  used_before: ({ history }) => `must not be one of the last ${history}`,
  changed_too_recently: ({ minAgeHours }) => `was changed less than ${minAgeHours} hours ago`,
};

/** Words of a person that a password must not be made of; the login name among them. */
export function personWords(
  uid: string,
  person: Pick<PersonRow, 'surname' | 'given_name' | 'english_name' | 'name_zh' | 'aliases'>,
  others: readonly (string | null)[],
): PasswordFacts {
  const { surname, given_name, english_name, name_zh, aliases } = person;
  const names = [uid, surname, given_name, ...given_name.split('-'), english_name, name_zh, ...aliases];
  const joined = [`${surname}${given_name}`, `${given_name}${surname}`];
  return { words: [...names, ...joined, ...others].filter((word): word is string => Boolean(word)) };
}

async function factsOfAccount(tables: TableReader, account: AccountRow, now: Date): Promise<PasswordFacts> {
  const [person] = account.person === null ? [] : await tables.find('person', { uuid: account.person });
  if (person === undefined) return { words: [account.uid] };
  const employments = await tables.find('employment', { person: person.uuid });
  const held = await tables.find('assignment', { person: person.uuid });
  const current = held.filter(
    (one) => one.valid_from <= now && (one.valid_to === null || one.valid_to > now),
  );
  const posts = (await Promise.all(current.map(({ post }) => tables.find('post', { uuid: post })))).flat();
  const organisations = await Promise.all(
    employments.map(({ organisation }) => tables.find('organisation', { uuid: organisation })),
  );
  return personWords(account.uid, person, [
    ...employments.map((one) => one.staff_number),
    ...posts.map((one) => one.telephone?.replace(/\D/g, '').slice(-8) ?? null), // as it is dialled here
    ...organisations.flat().map((one) => one.code),
  ]);
}

const letters = 'abcdefghjkmnpqrstuvwxyz';
const capitals = 'ABCDEFGHJKLMNPQRSTUVWXYZ';
const digits = '23456789';

/** A first password to be told to its holder: no characters that are mistaken for others, 68 random bits. */
export function generatePassword(): string {
  const part = (alphabet: string, count: number) =>
    Array.from({ length: count }, () => alphabet[randomInt(alphabet.length)] ?? '').join('');
  for (;;) {
    const groups = Array.from({ length: 3 }, () => part(capitals, 1) + part(letters, 2) + part(digits, 1));
    const password = `${groups.join('-')}-${part(letters, 4)}`;
    if (brokenRules(generated, { words: [] }, password).length === 0) return password;
  }
}

/** The strictest category: what is generated serves all. */
const generated = passwordPolicies(defaultPasswordNumbers).privileged;
