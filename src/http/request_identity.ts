// Who is at the other end of a request and how it came: request id, client address, whether the hop was encrypted,
// language. Forwarding headers count only from trusted proxies; from anybody else they are removed before Koa sees them.
import { randomUUID } from 'node:crypto';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Middleware, ParameterizedContext } from 'koa';
import type { Language } from '../directory/vocabulary.ts';
import { OperationError } from '../errors.ts';
import { isLoopbackAddress } from '../settings.ts';
import { chooseLanguage } from './language.ts';

export interface WebState {
  request: string; // correlation id
  address: string; // of the client, without an IPv4-in-IPv6 prefix
  local: boolean; // the client is this machine itself, and no proxy says otherwise
  secure: boolean; // TLS reached us, or a trusted proxy says that it reached the proxy
  language: Language;
}

export type WebContext = ParameterizedContext<WebState>;
export type WebMiddleware = Middleware<WebState>;

const forwardingHeaders = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-request-id',
];
/** Those of them that say that somebody else asked. */
const addressing = new Set(['forwarded', 'x-forwarded-for', 'x-forwarded-host']);
const requestIdForm = /^[\w.-]{8,64}$/;

/** Addresses and CIDR ranges of proxies. Error: configuration, with the malformed one. */
function proxyList(trusted: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of trusted) {
    const [address = '', prefix] = range.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    const bits = prefix === undefined ? (family === 'ipv6' ? 128 : 32) : Number(prefix);
    if (isIP(address) === 0 || !Number.isInteger(bits) || bits < 0 || bits > (family === 'ipv6' ? 128 : 32)) {
      throw new OperationError('configuration', `trusted proxy ${range} is not an address or a CIDR range`);
    }
    list.addSubnet(address, bits, family);
  }
  return list;
}

function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '');
}

function isTrusted(list: BlockList, address: string): boolean {
  return isIP(address) !== 0 && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** The client's address: the last hop of X-Forwarded-For that is not itself a trusted proxy. */
function clientAddress(peer: string, forwardedFor: string, list: BlockList): string {
  const hops = forwardedFor
    .split(',')
    .map((hop) => plainAddress(hop.trim()))
    .filter((hop) => isIP(hop) !== 0);
  let client = peer;
  while (isTrusted(list, client)) {
    const previous = hops.pop();
    if (previous === undefined) break;
    client = previous;
  }
  return client;
}

/** Whether an address, as a socket names it, is one of the trusted proxies. Error: configuration, with a malformed one. */
export function proxyCheck(trusted: readonly string[]): (address: string) => boolean {
  const list = proxyList(trusted);
  return (address) => isTrusted(list, plainAddress(address));
}

/** First middleware of every web face. */
export function identifyRequest(trustedProxies: readonly string[]): WebMiddleware {
  const list = proxyList(trustedProxies);
  return async function identify(ctx, next) {
    const { headers } = ctx.req;
    const peer = plainAddress(ctx.req.socket.remoteAddress);
    const viaProxy = isTrusted(list, peer);
    const forwarded = forwardingHeaders.some((name) => addressing.has(name) && headers[name] !== undefined);
    if (!viaProxy) for (const name of forwardingHeaders) delete headers[name];
    const given = ctx.get('x-request-id');
    ctx.state.request = requestIdForm.test(given) ? given : randomUUID();
    ctx.state.address = viaProxy ? clientAddress(peer, ctx.get('x-forwarded-for'), list) : peer;
    // A proxy on this machine that nobody declared: whoever it speaks for is not this machine.
    ctx.state.local = isLoopbackAddress(ctx.state.address) && (viaProxy || !forwarded);
    ctx.state.secure = ctx.req.socket instanceof TLSSocket || ctx.get('x-forwarded-proto') === 'https';
    ctx.state.language = chooseLanguage(ctx);
    ctx.set('X-Request-Id', ctx.state.request);
    await next();
  };
}
