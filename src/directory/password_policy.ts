// Rules of passwords (G3 11.4), by category of account. Pure: what was used before is compared by who holds the hashes
// (authentication/choose_password.ts). Every number is a setting.
import type { AccountKind } from './vocabulary.ts';

/** What a password may break, in the order in which it is told. */
export const passwordRules = [
  'too_short',
  'too_long',
  'too_few_classes',
  'restricted_word',
  'sequence',
  'used_before',
  'changed_too_recently',
] as const;
export type PasswordRule = (typeof passwordRules)[number];

/** The rules of one category of account. */
export interface PasswordPolicy {
  /** With all four classes of characters (upper, lower, digit, other), or with three at the longer length. */
  minLength: number;
  minLengthThreeClasses: number;
  /** Passwords remembered, the one in force included; none of them is taken again. */
  history: number;
  /** Days after which it must be changed; 0 is never. */
  maxAgeDays: number;
  /** Hours before its holder may change it again: else the history is walked through in a minute. */
  minAgeHours: number;
  /** Words beside those of the holder that it must not be made of. */
  restrictedWords: readonly string[];
}
export type PasswordPolicies = Readonly<Record<AccountKind, PasswordPolicy>>;

/** What an operator sets; each for the categories that it concerns. */
export interface PasswordNumbers {
  minLength: number;
  minLengthThreeClasses: number;
  minLengthPrivileged: number;
  minLengthService: number;
  history: number;
  maxAgeDays: number;
  minAgeHours: number;
  restrictedWords: readonly string[];
}

export const defaultPasswordNumbers: PasswordNumbers = {
  minLength: 8,
  minLengthThreeClasses: 10,
  minLengthPrivileged: 14,
  minLengthService: 16,
  history: 8,
  maxAgeDays: 180,
  minAgeHours: 24,
  restrictedWords: [
    'password',
    'welcome',
    'government',
    'hongkong',
    'letmein',
    'qwerty',
    'iloveyou',
    'changeme',
  ],
};

/** The policy of each category. A service has a generated secret: it is long, and changed when its system says so. */
export function passwordPolicies(numbers: PasswordNumbers): PasswordPolicies {
  const { minLength, minLengthThreeClasses, history, maxAgeDays, minAgeHours, restrictedWords } = numbers;
  const personal = { minLength, minLengthThreeClasses, history, maxAgeDays, minAgeHours, restrictedWords };
  const privileged = {
    ...personal,
    minLength: Math.max(minLength, numbers.minLengthPrivileged),
    minLengthThreeClasses: Math.max(minLengthThreeClasses, numbers.minLengthPrivileged),
  };
  const service = {
    ...personal,
    minLength: numbers.minLengthService,
    minLengthThreeClasses: numbers.minLengthService,
    history: 1,
    maxAgeDays: 0,
    minAgeHours: 0,
    restrictedWords: [],
  };
  return { personal, privileged, shared: personal, service, break_glass: { ...privileged, maxAgeDays: 0 } };
}

/** What the directory knows of the holder, as words that a password must not be made of. */
export interface PasswordFacts {
  words: readonly string[];
}

declare const checked: unique symbol;
/**
 * A hash of a password that was checked by the policy, or that a stated exception spared (authentication/choose_password.ts,
 * which alone makes one): no face can store another.
 */
export type CheckedHash = string & { readonly [checked]: true };

/** Octets beyond which a password is refused unread: a hash must not be fed megabytes. */
export const maxPasswordOctets = 1024;

/** One text for one password, however its characters were composed (RFC 8265 4.2: NFC). */
export function canonicalPassword(password: string): string {
  return password.normalize('NFC');
}

/** The rules that a password breaks by itself, in the order of `passwordRules`; empty when it keeps them. */
export function brokenRules(policy: PasswordPolicy, facts: PasswordFacts, given: string): PasswordRule[] {
  const password = canonicalPassword(given);
  // Bounded before any of it is walked.
  if (password.length > maxPasswordOctets || new TextEncoder().encode(password).length > maxPasswordOctets) {
    return ['too_long'];
  }
  const broken: PasswordRule[] = [];
  const classes = classesOf(password);
  const needed = classes === 4 ? policy.minLength : policy.minLengthThreeClasses;
  if ([...password].length < needed) broken.push('too_short');
  if (classes < 3) broken.push('too_few_classes');
  if (isMadeOfWords(password, [...facts.words, ...policy.restrictedWords])) broken.push('restricted_word');
  if (hasSequence(password) || isRepetition(password)) broken.push('sequence');
  return broken;
}

const classPatterns = [/\p{Lu}/u, /\p{Ll}/u, /\p{Nd}/u, /[^\p{Lu}\p{Ll}\p{Nd}]/u];

function classesOf(password: string): number {
  return classPatterns.filter((pattern) => pattern.test(password)).length;
}

/** How letters are commonly written with other characters. */
const disguises: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'l',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '8': 'b',
  '@': 'a',
  $: 's',
  '!': 'i',
};
const shortestContained = 4;
/** So many characters of its own make a password more than decorated words. */
const ownCharacters = 8;

/** Cyrillic and Greek letters that look like Latin ones, in lower case. */
const lookAlikes = new Map(
  [...'аaвbеeёeкkмmнhоoрpсcтtуyхxѕsіiїiјjԁdԛqԝwһhαaβbεeηnιiκkνvοoρpτtυuχxγyωw'].flatMap((from, at, all) =>
    at % 2 === 0 ? [[from, all[at + 1] ?? from] as const] : [],
  ),
);

/** One text for all spellings that look alike: for comparison alone. */
function folded(text: string): string {
  const lower = text.normalize('NFKD').toLowerCase().replace(/\p{M}/gu, '');
  return [...lower.normalize('NFKC')].map((character) => lookAlikes.get(character) ?? character).join('');
}

const lettersAndDigits = (text: string): string => text.replace(/[^\p{L}\p{Nd}]/gu, '');

/**
 * True when the password is made of words, however cased, reversed, disguised, repeated or decorated. Words may stand in a
 * password that is long enough without them.
 */
function isMadeOfWords(password: string, words: readonly string[]): boolean {
  const plain = folded(password);
  const disguised = [...plain].map((character) => disguises[character] ?? character).join('');
  const wanted = words
    .map((word) => lettersAndDigits(folded(word)))
    .filter((word) => word !== '')
    .flatMap((word) => [word, [...word].reverse().join('')])
    .sort((one, other) => other.length - one.length);
  return [plain, disguised].map(lettersAndDigits).some((form) => {
    const letters = form.replace(/\p{Nd}/gu, '');
    if (wanted.some((word) => word.length < shortestContained && letters === word)) return true;
    // Places are marked before any is removed, so that overlapping words do not hide each other.
    const covered = new Set<number>();
    for (const word of wanted.filter(({ length }) => length >= shortestContained))
      for (let at = form.indexOf(word); at >= 0; at = form.indexOf(word, at + 1))
        for (let place = at; place < at + word.length; place++) covered.add(place);
    return covered.size > 0 && form.length - covered.size < ownCharacters;
  });
}

/** Blocks shorter than this repeat in good passwords by chance. */
const shortestBlock = 2;

/** True when the whole password is one block again and again, which is worth no more than the block. */
function isRepetition(password: string): boolean {
  const text = folded(password);
  for (let block = shortestBlock; block <= text.length / 2; block++)
    if (text.length % block === 0 && text === text.slice(0, block).repeat(text.length / block)) return true;
  return false;
}

const keyboardRows = ['1234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm', 'abcdefghijklmnopqrstuvwxyz'];
const longestSequence = 4;

/** True when five characters in a row are one key after the other, either way, or the same four times over. */
function hasSequence(password: string): boolean {
  const lower = password.toLowerCase();
  if (/(.)\1{3}/u.test(lower)) return true;
  const rows = keyboardRows.flatMap((row) => [row, [...row].reverse().join('')]);
  for (let at = 0; at + longestSequence < lower.length; at++) {
    const part = lower.slice(at, at + longestSequence + 1);
    if (rows.some((row) => row.includes(part))) return true;
  }
  return false;
}
