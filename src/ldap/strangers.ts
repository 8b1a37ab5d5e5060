// What connections without a bind may cost, by address and for all workers of the node: processor time, octets, and how
// many there are. Whoever has bound is no stranger.
import type { Limits } from '../limits/limits.ts';
import type { LdapSettings } from './session.ts';

/** Work that is not seen by whoever measures requests, in milliseconds. */
const ACCEPT_MS = 0.1;
const HANDSHAKE_MS = 1;
/** A full bucket holds what flows back in a quarter of a minute. */
const BURST_SHARE = 4;

export interface Strangers {
  /** False: the address has spent its processor time or its octets, until some flow back. */
  allows(address: string): boolean;
  /** A place for one more connection; gives it back when called. Null: the address holds as many as it may. */
  enter(address: string): (() => void) | null;
  worked(address: string, milliseconds: number): void;
  received(address: string, octets: number): void;
  accepted(address: string): void;
  beganTls(address: string): void;
}

export function createStrangers(limits: Limits, settings: LdapSettings): Strangers {
  const perMinute = (amount: number) => ({ burst: amount / BURST_SHARE, perMinute: amount });
  const work = limits.rate('ldap work before bind', perMinute(settings.ldapWorkAnonymous));
  const octets = limits.rate('ldap octets before bind', perMinute(settings.ldapBytesAnonymous));
  const places = limits.level('ldap connections before bind', settings.ldapMaxConnectionsAnonymous);
  return {
    allows: (address) => work.allows(address) && octets.allows(address),
    enter: (address) => places.enter(address),
    worked: (address, milliseconds) => work.charge(address, milliseconds),
    received: (address, count) => octets.charge(address, count),
    accepted: (address) => work.charge(address, ACCEPT_MS),
    beganTls: (address) => work.charge(address, HANDSHAKE_MS),
  };
}
