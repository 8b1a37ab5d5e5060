// A light LDAP load generator: raw sockets, requests encoded beforehand, answers parsed just enough to count entries and
// to see where each message ends. One request under way on each connection, as mail servers work. Prints one JSON line.
//
//   tsx bench/ldap_load.ts --host 127.0.0.1 --port 1389 --bindDn DN --password P --suffix dc=gov,dc=hk \
//     --kind equality|base|substring|paged|bind --connections 16 --seconds 5 --uids 100000 [--uidFormat u%06d] [--page 500]
import { connect, type Socket } from 'node:net';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

export type LoadKind = 'equality' | 'base' | 'substring' | 'paged' | 'bind';

export interface LoadOptions {
  host: string;
  port: number;
  bindDn: string;
  password: string;
  kind: LoadKind;
  connections: number;
  seconds: number;
  /** People that exist: their uids are `uidFormat` of 1 to this. */
  uids: number;
  uidFormat: string; // 'u%06d': a prefix and a number of so many digits
  suffix: string;
  /** Where people stand below the suffix. */
  peopleRdn: string;
  page: number;
}

export interface LoadResult {
  operations: number;
  seconds: number;
  errors: number;
  entries: number;
  /** Processor seconds that the generator took itself: near `seconds`, it was the bottleneck. */
  cpu: number;
  /** Milliseconds from sending a request to its last answer. */
  p50: number;
  p99: number;
}

// --- encoding

function tlv(tag: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const length = body.length;
  const header =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(header), body]);
}

const text = (value: string): Buffer => tlv(4, Buffer.from(value));
const small = (value: number, tag = 2): Buffer => tlv(tag, Buffer.from([value]));
const MESSAGE_ID = small(2);

function number(value: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeInt32BE(value);
  return tlv(
    2,
    octets[0] === 0
      ? octets.subarray(value > 0x7f_ffff ? 0 : value > 0x7fff ? 1 : value > 0x7f ? 2 : 3)
      : octets,
  );
}

function searchRequest(base: string, scope: number, filter: Buffer, controls: Buffer[] = []): Buffer {
  const operation = tlv(
    0x63,
    text(base),
    small(scope, 10),
    small(0, 10),
    small(0),
    small(0),
    tlv(1, Buffer.from([0])),
    filter,
    tlv(0x30),
  );
  return tlv(0x30, MESSAGE_ID, operation, ...controls);
}

function bindRequest(dn: string, password: string): Buffer {
  return tlv(0x30, MESSAGE_ID, tlv(0x60, small(3), text(dn), tlv(0x80, Buffer.from(password))));
}

function pagedControl(page: number, cookie: Uint8Array): Buffer {
  const value = tlv(0x30, number(page), tlv(4, cookie));
  return tlv(0xa0, tlv(0x30, text('1.2.840.113556.1.4.319'), tlv(1, Buffer.from([0xff])), tlv(4, value)));
}

function uidOf(format: string, index: number): string {
  const digits = /%0?(\d+)d/.exec(format);
  return digits === null
    ? `${format}${index}`
    : format.replace(digits[0], String(index).padStart(Number(digits[1]), '0'));
}

const ANY_ENTRY = tlv(0x87, Buffer.from('objectClass'));

function requestsOf(options: LoadOptions): (index: number) => Buffer {
  const { kind, suffix, peopleRdn, uidFormat } = options;
  const uid = (index: number): string => uidOf(uidFormat, 1 + (index % options.uids));
  const people = `${peopleRdn},${suffix}`;
  switch (kind) {
    case 'equality':
      return (index) => searchRequest(suffix, 2, tlv(0xa3, text('uid'), text(uid(index))));
    case 'base':
      return (index) => searchRequest(`uid=${uid(index)},${people}`, 0, ANY_ENTRY);
    case 'substring': // the last three characters left out: up to ten entries
      return (index) =>
        searchRequest(
          suffix,
          2,
          tlv(0xa4, text('uid'), tlv(0x30, tlv(0x80, Buffer.from(uid(index).slice(0, -1))))),
        );
    case 'bind':
      return (index) => bindRequest(`uid=${uid(index)},${people}`, options.password);
    case 'paged':
      return () => searchRequest(people, 2, ANY_ENTRY, [pagedControl(options.page, Buffer.alloc(0))]);
  }
}

// --- one connection

/** Where a value's content starts and ends; null while its header or content is incomplete. */
function element(octets: Buffer, at: number): { start: number; end: number } | null {
  if (octets.length - at < 2) return null;
  const first = octets[at + 1] ?? 0;
  const size = first < 0x80 ? 0 : first & 0x7f;
  if (octets.length - at < 2 + size) return null;
  const start = at + 2 + size;
  const end = start + (size === 0 ? first : octets.readUIntBE(at + 2, size));
  return end > octets.length ? null : { start, end };
}

function contentOf(octets: Buffer, at: number): { start: number; end: number } {
  const found = element(octets, at);
  if (found === null) throw new Error('an answer is cut off');
  return found;
}

class LoadConnection {
  entries = 0;
  #socket: Socket;
  #rest: Buffer | null = null;
  #done: ((answer: { code: number; cookie: Buffer }) => void) | null = null;
  #failed: ((error: Error) => void) | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.#failed?.(error));
    socket.on('close', () => this.#failed?.(new Error('the server closed the connection')));
  }

  /** Calls back with the result code when the last answer has come. */
  ask(
    request: Uint8Array,
    done: (answer: { code: number; cookie: Buffer }) => void,
    failed: (error: Error) => void,
  ): void {
    this.#done = done;
    this.#failed = failed;
    this.#socket.write(request);
  }

  end(): void {
    this.#failed = null;
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    const octets = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (let message = element(octets, at); message !== null; message = element(octets, at)) {
      at = message.end;
      const operation = message.start + 2 + (octets[message.start + 1] ?? 0); // behind the messageID
      if (octets[operation] === 0x64) this.entries++;
      else this.#finish(octets, operation, message.end);
    }
    this.#rest = at === octets.length ? null : octets.subarray(at);
  }

  #finish(octets: Buffer, operation: number, end: number): void {
    const { start, end: next } = contentOf(octets, operation);
    const code = octets[start + 2] ?? -1;
    const done = this.#done;
    this.#done = null;
    done?.({ code, cookie: next < end ? cookieOf(octets, next) : Buffer.alloc(0) });
  }
}

/** The cookie of the paged results control, which is the only control our answers carry. */
function cookieOf(octets: Buffer, at: number): Buffer {
  const control = contentOf(octets, contentOf(octets, at).start);
  let next = contentOf(octets, control.start).end; // behind the OID
  if (octets[next] === 1) next = contentOf(octets, next).end;
  const value = contentOf(octets, contentOf(octets, next).start);
  const cookie = contentOf(octets, contentOf(octets, value.start).end);
  return Buffer.from(octets.subarray(cookie.start, cookie.end));
}

function open(options: LoadOptions): Promise<LoadConnection> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: options.host, port: options.port }, () => {
      const connection = new LoadConnection(socket);
      connection.ask(
        bindRequest(options.bindDn, options.password),
        ({ code }) => (code === 0 ? resolve(connection) : reject(new Error(`bind answered ${code}`))),
        reject,
      );
    });
    socket.once('error', reject);
  });
}

// --- the run

/** Encoded requests, more than fit the caches of a server that remembers the last ones. */
const PREPARED = 20_000;

/** Runs the load. Errors: those of the connections; results other than success are counted, not thrown. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const make = requestsOf(options);
  const step = 7919; // a prime: walks over all uids without order
  const prepared = Array.from(
    { length: options.kind === 'paged' ? 1 : Math.min(PREPARED, options.uids) },
    (_, index) => make(index * step),
  );
  const connections = await Promise.all(Array.from({ length: options.connections }, () => open(options)));
  const times: number[] = [];
  let errors = 0;
  let next = 0;
  const before = process.cpuUsage();
  const started = performance.now();
  const until = started + options.seconds * 1000;

  const work = (connection: LoadConnection): Promise<void> =>
    new Promise((resolve, reject) => {
      let sent = 0;
      const answered = ({ code, cookie }: { code: number; cookie: Buffer }): void => {
        const now = performance.now();
        times.push(now - sent);
        if (code !== 0) errors++;
        if (now >= until) resolve();
        else ask(options.kind === 'paged' ? cookie : null);
      };
      const ask = (cookie: Buffer | null): void => {
        const request =
          cookie !== null && cookie.length > 0
            ? searchRequest(`${options.peopleRdn},${options.suffix}`, 2, ANY_ENTRY, [
                pagedControl(options.page, cookie),
              ])
            : prepared[next++ % prepared.length];
        sent = performance.now();
        connection.ask(request ?? Buffer.alloc(0), answered, reject);
      };
      ask(null);
    });
  await Promise.all(connections.map(work));
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(before);
  for (const connection of connections) connection.end();
  times.sort((one, other) => one - other);
  const at = (share: number): number => Number((times[Math.floor(times.length * share)] ?? 0).toFixed(3));
  return {
    operations: times.length,
    seconds: Number(seconds.toFixed(3)),
    errors,
    entries: connections.reduce((sum, { entries }) => sum + entries, 0),
    cpu: Number(((user + system) / 1e6).toFixed(3)),
    p50: at(0.5),
    p99: at(0.99),
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '1389' },
      bindDn: { type: 'string', default: '' },
      password: { type: 'string', default: '' },
      kind: { type: 'string', default: 'equality' },
      connections: { type: 'string', default: '16' },
      seconds: { type: 'string', default: '5' },
      uids: { type: 'string', default: '100000' },
      uidFormat: { type: 'string', default: 'u%06d' },
      suffix: { type: 'string', default: 'dc=gov,dc=hk' },
      peopleRdn: { type: 'string', default: 'ou=people' },
      page: { type: 'string', default: '500' },
    },
  });
  const result = await runLoad({
    ...values,
    kind: values.kind as LoadKind,
    port: Number(values.port),
    connections: Number(values.connections),
    seconds: Number(values.seconds),
    uids: Number(values.uids),
    page: Number(values.page),
  });
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
