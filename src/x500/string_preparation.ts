// String preparation for matching (RFC 4518): transcode, map, normalise, prohibit, insignificant characters.
// Two departures, both towards accepting names as people write them: code points assigned since Unicode 3.2 are taken,
// and so are private use ones, where names with HKSCS characters still live.
import { isUtf8 } from 'node:buffer';

// 2.2 Map. Controls map to nothing but for those that are spaces, which go first. Variation selectors include the
// supplement (U+E0100…), which came after Unicode 3.2 and changes a character's meaning no more than the others.
const mappedToSpace = /[\t-\r\x85\p{Zs}\p{Zl}\p{Zp}]/gu;
const mappedToNothing =
  /[\p{Cc}\p{Variation_Selector}\xad\u06dd\u070f\u1806\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2063\u206a-\u206f\ufeff\ufff9-\ufffc\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}]|\u034f/gu;
// 2.4 Prohibit, of what valid UTF-8 can still hold: U+FFFD and the non-characters.
const prohibited = /\ufffd|\p{Noncharacter_Code_Point}/u;

/** ASCII that is its own prepared form but for case: no control, no space at an end, no two spaces together. */
const plainAscii = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/;

/** RFC 3454 table B.2, one code point at a time so that a final sigma folds like any other. */
function foldCase(text: string): string {
  return text.replace(/(?![\0-\x7f])\p{Changes_When_Casemapped}/gu, (character) =>
    character === 'ı' ? character : character.toLowerCase().toUpperCase().toLowerCase(),
  );
}

/** Steps 1 to 5; null when the octets are not UTF-8 or hold what is prohibited. */
function prepareText(octets: Buffer, foldsCase: boolean): string | null {
  if (!isUtf8(octets)) return null;
  let text = octets.toString('utf8').replace(mappedToSpace, ' ').replace(mappedToNothing, '');
  if (foldsCase) text = foldCase(text.toLowerCase());
  text = text.normalize('NFKC');
  // Compatibility forms may unfold into capitals (U+2122 is TM); B.2 has them folded already.
  if (foldsCase) text = foldCase(text.toLowerCase()).normalize('NFKC');
  return prohibited.test(text) ? null : text;
}

const collapse = (text: string): string => text.replace(/ {2,}/g, ' ').replace(/^ | $/g, '');

/**
 * Whole values for equality and ordering. Insignificant spaces (2.6.1) are given their shortest form: none at the ends,
 * one between words; nothing but spaces is one space. Null: empty, or not a string of the repertoire.
 */
export function prepareValue(octets: Buffer, foldsCase: boolean): string | null {
  if (octets.length === 0) return null;
  const ascii = octets.toString('latin1');
  if (plainAscii.test(ascii)) return foldsCase ? ascii.toLowerCase() : ascii;
  const text = prepareText(octets, foldsCase);
  return text === null ? null : collapse(text) || ' ';
}

/** Whole values for substrings (2.6.1): one space at each end, two between words, so that parts never share a space. */
export function prepareForSubstrings(octets: Buffer, foldsCase: boolean): string | null {
  const value = prepareValue(octets, foldsCase);
  if (value === null) return null;
  return value === ' ' ? '  ' : ` ${value.replaceAll(' ', '  ')} `;
}

/** One part of a substrings assertion (2.6.1). */
export function preparePart(
  octets: Buffer,
  foldsCase: boolean,
  position: 'initial' | 'any' | 'final',
): string | null {
  if (octets.length === 0) return null;
  const text = prepareText(octets, foldsCase);
  if (text === null || text === '') return null;
  const words = collapse(text);
  if (words === '') return ' ';
  const before = position === 'initial' || text.startsWith(' ') ? ' ' : '';
  const after = position === 'final' || text.endsWith(' ') ? ' ' : '';
  return `${before}${words.replaceAll(' ', '  ')}${after}`;
}

/** 2.6.2: in numeric strings no space counts. */
export function prepareNumeric(octets: Buffer): string | null {
  const text = prepareText(octets, false)?.replaceAll(' ', '') ?? null;
  return text !== null && /^[0-9]+$/.test(text) ? text : null;
}

/** 2.6.3: in telephone numbers neither spaces nor hyphens count. */
export function prepareTelephone(octets: Buffer): string | null {
  const text = prepareText(octets, true);
  return text?.replace(/[ \-\u058a\u2010\u2011\u2212\ufe63\uff0d]/g, '') || null;
}
