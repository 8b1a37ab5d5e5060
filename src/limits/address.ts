// The name under which an address is counted. Whoever has one IPv6 address usually has its whole /64 (RFC 4291 2.5.4,
// RFC 6177), so that network counts as one; an IPv4 address counts as itself, however it is written.
import { isIP } from 'node:net';

/** For an address: IPv4 dotted, IPv6 its first four groups. Anything else is its own key; null is `unknown`. */
export function addressKey(address: string | null): string {
  const { plain, groups } = read(address);
  return groups === null ? plain : `${groups.slice(0, 4).join(':')}::/64`;
}

/** The one host of an address: where others of its network must not be taken for it. Written as addressKey() is. */
export function hostKey(address: string | null): string {
  const { plain, groups } = read(address);
  return groups === null ? plain : groups.join(':');
}

/** `groups`: of an IPv6 address that stands for no IPv4 one. */
function read(address: string | null): { plain: string; groups: readonly string[] | null } {
  if (address === null || address === '') return { plain: 'unknown', groups: null };
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (isIP(plain) !== 6) return { plain, groups: null };
  const groups = expand(plain);
  const mapped = mappedIpv4(groups);
  return mapped === null ? { plain, groups } : { plain: mapped, groups: null };
}

/** The eight groups in lower-case hexadecimal without leading zeros; a zone (`%eth0`) is dropped. */
function expand(address: string): string[] {
  const [bare = ''] = address.toLowerCase().split('%');
  const hexadecimal = bare.replace(
    /(\d+)\.(\d+)\.(\d+)\.(\d+)$/,
    (_, a: string, b: string, c: string, d: string) =>
      [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((group) => group.toString(16)).join(':'),
  );
  const [head = '', tail] = hexadecimal.split('::');
  const groupsOf = (text: string | undefined) => (text === undefined || text === '' ? [] : text.split(':'));
  const left = groupsOf(head);
  const right = groupsOf(tail);
  const missing = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return [...left, ...missing, ...right].map((group) => Number.parseInt(group, 16).toString(16));
}

/** ::ffff:0:0/96 written in hexadecimal. */
function mappedIpv4(groups: readonly string[]): string | null {
  const isMapped = groups[5] === 'ffff' && groups.slice(0, 5).every((group) => group === '0');
  if (!isMapped) return null;
  return [groups[6], groups[7]]
    .map((group) => Number.parseInt(group ?? '0', 16))
    .flatMap((group) => [group >> 8, group & 255])
    .join('.');
}
