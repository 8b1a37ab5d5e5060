// Names that people read and believe: of organisations, units and systems, and of persons. The government writes English
// and Chinese, so letters of other scripts, which is what look-alikes are made of (UTS 39), stand in none of them.
import type { TextRule } from './field.ts';

/** Han with planes 2 and 3 whole, so that extensions younger than the running Unicode tables pass. */
const han = '\\p{Script=Han}\\u{20000}-\\u{3fffd}';

const personLetter = `\\p{Script=Latin}${han}\u02bb\u02bc`; // and the letter apostrophes of romanised names
const personName = new RegExp(`^(?=.*[${personLetter}])(?:[${personLetter}]|\\P{L})+$`, 'su');

/** A part of a person's name. */
export const nameOfPerson = (max: number): TextRule => ({
  max,
  pattern: { expression: personName, form: 'a name in English or Chinese letters' },
});

/** ASCII, Han, the punctuation of both languages, and marks that a decomposed letter leaves. */
const officialText = new RegExp(
  `^(?=.*[A-Za-z${han}])[ -~${han}\\p{M}‘’“”–—·‧・、。「」『』《》〈〉]+$`,
  'u',
);

/** True when nothing in the text passes for another letter: English letters, accented or of full width, and Chinese. */
export const isOfficialName = (text: string): boolean => officialText.test(text.normalize('NFKD'));

/** The name of an organisation, a unit or a system. */
export const officialName = (max: number): TextRule => ({
  max,
  pattern: { expression: { test: isOfficialName }, form: 'a name in English or Chinese letters' },
});

/** Characters that are read as others, where UTS 39 or variants of an ideograph make them alike; in lower case. */
const alike = new Map(
  [
    'o0',
    'li1|',
    '衛衞',
    '為爲',
    '裏裡',
    '峰峯',
    '台臺',
    '群羣',
    '戶户戸',
    '己已巳',
    '未末',
    '土士',
    '日曰',
  ].flatMap(([first = '', ...others]) => others.map((one) => [one, first] as const)),
);

/** One text for all that a reader takes for the same name, whatever its case, width, accents, blanks and punctuation. */
export function skeleton(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toUpperCase()
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .normalize('NFKC')
    .replaceAll('&', 'and');
  const read = [...plain].map((character) => alike.get(character) ?? character).join('');
  return read
    .replace(/[^\p{L}\p{N}]/gu, '')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w');
}

/** As skeleton, for codes, where I and L are told apart: they are of capitals and digits alone. */
export function skeletonOfCode(code: string): string {
  return code.toUpperCase().replaceAll('0', 'O').replaceAll('1', 'I');
}

/** How an organisation is called by its code, where its name does not fit. */
export const nameByCode = (code: string): string => `${code}, Government of the HKSAR`;
