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
    ...['password', 'welcome', 'government', 'hongkong', 'letmein', 'qwerty', 'iloveyou', 'changeme'],
    ...['bauhinia', 'spring', 'summer', 'autumn', 'winter', 'january', 'february', 'march', 'april', 'may'],
    ...['june', 'july', 'august', 'september', 'october', 'november', 'december'],
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

/** How letters are commonly written with other characters. Both sides are rewritten, so i and l may count as one. */
const disguises: Readonly<Record<string, string>> = {
  ...{ '0': 'o', '1': 'l', '2': 'z', '3': 'e', '4': 'a', '5': 's', '6': 'g', '7': 't', '8': 'b', '9': 'g' },
  ...{ '@': 'a', $: 's', '§': 's', '!': 'l', '|': 'l', i: 'l', '+': 't', '€': 'e', '£': 'l', '¥': 'y' },
};
const shortestContained = 4;
const shortestWord = 2;
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
  const lower = text.normalize('NFKD').toUpperCase().toLowerCase().replace(/\p{M}/gu, ''); // ß has two capitals
  return [...lower.normalize('NFKC')]
    .map((character) => lookAlikes.get(character) ?? character)
    .join('')
    .replaceAll('vv', 'w')
    .replaceAll('rn', 'm');
}

const lettersAndDigits = (text: string): string => text.replace(/[^\p{L}\p{Nd}]/gu, '');
const letter = /\p{L}/u;
const digit = /\p{Nd}/u;

/** The password as it is compared: each character, and what it counts as. */
interface Spelling {
  characters: readonly string[];
  keys: readonly string[];
  keyOf: (character: string) => string;
}

function spellingsOf(password: string): Spelling[] {
  const spell = (text: string, keyOf: Spelling['keyOf']) => ({
    characters: [...text],
    keys: [...text].map(keyOf),
    keyOf,
  });
  const plain = folded(password);
  return [
    spell(plain, (character) => character),
    spell(plain.replace(/\(\)|\[\]|\{\}|<>/g, 'o'), (character) => disguises[character] ?? character),
  ];
}

interface Word {
  keys: readonly string[];
  /** What may stand between its characters: no letter, and no digit where it has digits itself. */
  between: RegExp;
}

/** The place after the word where it begins at `start`; undefined where it does not. */
function endOfWord({ characters, keys }: Spelling, word: Word, start: number): number | undefined {
  let at = start;
  for (const wanted of word.keys) {
    while (at > start && at < keys.length && keys[at] !== wanted && word.between.test(characters[at] ?? ''))
      at++;
    if (keys[at] !== wanted) return undefined;
    at++;
  }
  return at;
}

/**
 * True when the password is made of words, however cased, reversed, disguised, repeated or decorated: nothing but words,
 * digits and separators, or a word of four letters and fewer than eight characters besides.
 */
function isMadeOfWords(password: string, words: readonly string[]): boolean {
  const wanted = words
    .flatMap((word) => [word, [...word.normalize('NFC')].reverse().join('')])
    .map((word) => [...lettersAndDigits(folded(word))])
    .filter((word) => word.length >= shortestWord);
  return spellingsOf(password).some((spelling) => {
    const spelt = wanted.map((word) => ({
      keys: word.map(spelling.keyOf),
      between: word.some((one) => digit.test(one)) ? /[^\p{L}\p{Nd}]/u : /\P{L}/u,
    }));
    return isCovered(spelling, spelt);
  });
}

function isCovered(spelling: Spelling, words: readonly Word[]): boolean {
  const { characters } = spelling;
  const covered = new Set<number>(); // by words long enough to be contained, which may overlap
  const reached = new Set([0]); // places up to which there are only words, digits and separators
  let named = false;
  for (const [start, character] of characters.entries()) {
    if (reached.has(start) && !letter.test(character)) reached.add(start + 1);
    for (const word of words) {
      const end = endOfWord(spelling, word, start);
      if (end === undefined) continue;
      if (reached.has(start)) {
        reached.add(end);
        named = true;
      }
      if (word.keys.length < shortestContained) continue;
      for (let place = start; place < end; place++) covered.add(place);
    }
  }
  if (named && reached.has(characters.length)) return true;
  const own = characters.filter((one, at) => !covered.has(at) && (letter.test(one) || digit.test(one)));
  return covered.size > 0 && own.length < ownCharacters;
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

const keyboardRows = [
  ...['1234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm', 'abcdefghijklmnopqrstuvwxyz'],
  ...['qazwsxedcrfvtgbyhnujmikolp'],
];
const longestSequence = 4;
const keyboardColumns = ['1qaz', '2wsx', '3edc', '4rfv', '5tgb', '6yhn', '7ujm', '8ik,', '9ol.', '0p;/'];
/** Keys of digits with shift, from 1 to 0. */
const shiftedDigits = '!@#$%^&*()';

const eitherWay = (keys: readonly string[]): string[] =>
  keys.flatMap((row) => [row, [...row].reverse().join('')]);

/** True when five keys in a row follow each other, or a column of the keyboard does, either way; or one key four times. */
function hasSequence(password: string): boolean {
  const lower = password.toLowerCase();
  if (/(.)\1{3}/u.test(lower)) return true;
  const keys = lower.replace(/[!@#$%^&*()]/g, (key) => String((shiftedDigits.indexOf(key) + 1) % 10));
  if (eitherWay(keyboardColumns).some((column) => keys.includes(column))) return true;
  const rows = eitherWay(keyboardRows);
  for (let at = 0; at + longestSequence < keys.length; at++) {
    const part = keys.slice(at, at + longestSequence + 1);
    if (rows.some((row) => row.includes(part))) return true;
  }
  return false;
}
