// Whoever reads many entries is on record, however the reading ends: the events that the audit trail is given.
import { expect } from 'chai';
import { demoUids } from '../../seeds/demo_facts.ts';
import { demoPassword } from '../../seeds/demo_secrets.ts';
import type { AuditAct } from '../../src/audit/event.ts';
import { decodePagedResults, encodePagedResults, PAGED_RESULTS } from '../../src/ldap/wire/paged_results.ts';
import type { PostRecord } from '../../src/x500/published.ts';
import { newSettings, type RunningServer, startServer } from '../journeys/running_server.ts';
import { soon } from '../journeys/soon.ts';
import { personDn } from '../journeys/systems.ts';
import {
  abandonRequest,
  bindRequest,
  control,
  equality,
  message,
  present,
  RawClient,
  searchRequest,
  TAG,
  unbindRequest,
} from '../ldap/raw_client.ts';
import { organisations, uuidFrom } from '../ldap/staff.ts';
import { tlv } from '../ldap/wire/tlv.ts';
import { dnOf, mailDn, openWorld, password, suffix, type World } from '../ldap/world.ts';

function post(number: number, holders: string[]): PostRecord {
  const at = new Date('2026-01-05');
  return {
    kind: 'post',
    post: {
      ...{ uuid: uuidFrom(6, number), number: `P${number}`, title_en: 'Clerk', title_zh: null, rank: null },
      ...{ organisation: organisations[0].uuid, unit: null, kind: 'permanent', required_clearance: 'NONE' },
      ...{
        telephone: null,
        fax: null,
        room: null,
        mail: null,
        extension: {},
        valid_from: at,
        valid_to: null,
      },
    },
    rank_en: null,
    holders,
    stamps: { created_at: at, modified_at: at },
  };
}

type Read = Extract<AuditAct, { act: 'directory.read' }>;
const everybody = present('objectClass');
const mark = 20;

describe('a harvest of the directory leaves a trace', () => {
  let world: World;
  let client: RawClient;
  before(async () => {
    world = await openWorld({ settings: { ldapRecordedEntries: mark } });
  });
  after(() => world.close());
  beforeEach(async () => {
    world.events.length = 0;
    client = await RawClient.open(world.ldap);
    await client.ask(1, bindRequest(1, mailDn, password));
  });
  afterEach(() => client.end());

  const reads = (): Read[] => world.events.flatMap(({ act }) => (act.act === 'directory.read' ? [act] : []));
  const states = (): string[] => reads().map(({ state, entries }) => `${state} ${entries}`);
  async function recorded(state: string): Promise<Read> {
    for (;;) {
      const read = reads().find((one) => one.state === state);
      if (read !== undefined) return read;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  async function counted(series: string): Promise<number> {
    const text = await world.registry.getSingleMetricAsString(series.replace(/\{.*/, ''));
    const line = text.split('\n').find((one) => one.startsWith(series));
    return Number(line?.split(' ').at(-1) ?? 0);
  }
  const entries = (): Promise<number> => counted('bauhinia_ldap_entries_total');
  const stopped = (): Promise<number> =>
    counted('bauhinia_ldap_operations_total{operation="search",result="canceled"}');

  /** Leaves answers unread, so that the search cannot come to its end before it is stopped. */
  async function begin(): Promise<void> {
    client.socket.pause();
    for (let id = 2; id < 60; id++) client.send(searchRequest(id, suffix, 2, everybody, ['*', '+']));
    await recorded('going on');
  }

  it('when the mark is passed and when the search has ended', async () => {
    const before = await entries();
    await client.ask(2, searchRequest(2, suffix, 2, everybody));
    const sent = client.answers.filter(({ tag }) => tag === TAG.entry).length;
    // The group names three.
    expect(states()).to.deep.equal([`going on ${mark + 1}`, `ended ${sent + 2}`]);
    expect((await entries()) - before).to.equal(sent);
    expect(reads()[1]).to.include({ base: suffix, filter: '(objectClass=*)' });
  });

  it('when the connection is cut', async () => {
    const before = await stopped();
    await begin();
    client.end();
    expect((await recorded('stopped')).entries).to.be.above(mark);
    expect((await stopped()) - before).to.be.above(0);
  });

  it('when its searches are abandoned', async () => {
    const before = await stopped();
    await begin();
    for (let id = 2; id < 60; id++) client.send(abandonRequest(100 + id, id));
    client.socket.resume();
    expect((await recorded('stopped')).entries).to.be.above(mark);
    expect((await stopped()) - before).to.be.above(0);
  });

  it('when it unbinds in the middle', async () => {
    await begin();
    client.send(unbindRequest(200));
    client.socket.resume();
    expect((await recorded('stopped')).entries).to.be.above(mark);
  });

  async function page(id: number, size: number, cookie: Buffer): Promise<Buffer> {
    const value = encodePagedResults({ size, cookie });
    const asked = control(PAGED_RESULTS, true, value);
    const { octets } = await client.ask(id, searchRequest(id, suffix, 2, everybody, ['1.1'], asked));
    const at = octets.indexOf(PAGED_RESULTS);
    return Buffer.from(decodePagedResults(octets.subarray(at + PAGED_RESULTS.length + 2)).cookie);
  }

  it('when a walk over pages passes the mark, and when its reader goes away between two pages', async () => {
    const second = await page(2, 15, Buffer.alloc(0));
    await page(3, 15, second);
    expect(states()).to.deep.equal([`going on ${mark + 1}`]);
    client.end();
    expect((await recorded('stopped')).entries).to.equal(30);
  });

  it('when a walk over pages is given up by its reader, or goes on to its end', async () => {
    const given = await page(2, 25, Buffer.alloc(0));
    await page(3, 0, given);
    expect(states()).to.deep.equal([`going on ${mark + 1}`, 'stopped 25']);
    world.events.length = 0;
    let cookie: Buffer = Buffer.alloc(0);
    let id = 10;
    do {
      cookie = await page(id++, 100, cookie);
    } while (cookie.length > 0);
    const sent = client.answers.filter(({ tag, messageId }) => tag === TAG.entry && messageId >= 10).length;
    expect(states()).to.deep.equal([`going on ${mark + 1}`, `ended ${sent}`]);
  });

  it('when it is made of many small searches, once at the mark and at each tenfold of it', async () => {
    await client.ask(2, bindRequest(2, dnOf('u1'), password));
    world.events.length = 0;
    for (let id = 3; id < 3 + 10 * mark + 1; id++) {
      await client.ask(id, searchRequest(id, suffix, 2, equality('uid', `u${1 + (id % 300)}`)));
    }
    expect(states()).to.deep.equal([`sum of an hour ${mark + 1}`, `sum of an hour ${10 * mark + 1}`]);
  });

  it('when a single entry names many: each name beyond the first counts, where it is sent', async () => {
    const holders = Array.from({ length: 25 }, (_, number) => `u${number + 1}`);
    await world.publish(post(1, holders));
    await world.publish(post(2, holders.slice(0, 1)));
    await client.ask(2, bindRequest(2, dnOf('u3'), password));
    world.events.length = 0;
    const before = await entries();
    const posts = present('bauhiniaPostNumber');
    await client.ask(3, searchRequest(3, suffix, 2, posts, ['cn']));
    await client.ask(4, searchRequest(4, suffix, 2, posts, ['1.1']));
    expect(states()).to.deep.equal([]);
    await client.ask(5, searchRequest(5, suffix, 2, posts));
    expect(states()).to.deep.equal(['going on 25', 'ended 26']);
    expect(reads().map(({ names }) => names)).to.deep.equal([24, 24]);
    expect((await entries()) - before).to.equal(6);
  });

  it('when the names come over several pages, or in many small groups', async () => {
    const holders = Array.from({ length: 15 }, (_, number) => `u${number + 1}`);
    for (const number of [1, 2]) await world.publish(post(number, holders));
    await client.ask(2, bindRequest(2, dnOf('u4'), password));
    world.events.length = 0;
    const posts = present('bauhiniaPostNumber');
    const paged = (cookie: Buffer) => control(PAGED_RESULTS, true, encodePagedResults({ size: 1, cookie }));
    const { octets } = await client.ask(3, searchRequest(3, suffix, 2, posts, ['*'], paged(Buffer.alloc(0))));
    const value = octets.subarray(octets.indexOf(PAGED_RESULTS) + PAGED_RESULTS.length + 2);
    const cookie = Buffer.from(decodePagedResults(value).cookie);
    expect(states()).to.deep.equal([]);
    await client.ask(4, searchRequest(4, suffix, 2, posts, ['*'], paged(cookie)));
    expect(states()).to.deep.equal(['going on 30', 'ended 30']);
    await client.ask(5, bindRequest(5, dnOf('u5'), password));
    world.events.length = 0;
    for (const [id, number] of [
      [6, 1],
      [7, 2],
    ] as const) {
      await client.ask(id, searchRequest(id, suffix, 2, equality('bauhiniaPostNumber', `P${number}`)));
    }
    expect(states()).to.deep.equal(['sum of an hour 30']);
  });

  it('when it is made of many comparisons', async () => {
    await client.ask(2, bindRequest(2, dnOf('u2'), password));
    world.events.length = 0;
    const octets = (text: string) => tlv(0x04, Buffer.from(text));
    for (let id = 3; id < 3 + mark + 1; id++) {
      const assertion = tlv(0x30, octets('sn'), octets('CHAN'));
      const { code } = await client.ask(id, message(id, tlv(0x6e, octets(dnOf(`u${id}`)), assertion)));
      expect(code).to.be.within(5, 6);
    }
    expect(states()).to.deep.equal([`sum of an hour ${mark + 1}`]);
    expect(reads()[0]).to.include({ base: dnOf(`u${mark + 3}`), filter: '(sn=CHAN)' });
  });
});

describe('a harvest that is spread over the workers of a node', function () {
  this.timeout(120_000);
  let server: RunningServer;
  before(async () => {
    const environment = {
      ...(await newSettings()),
      BAUHINIA_WORKERS: '2',
      BAUHINIA_LDAP_RECORDED_ENTRIES: '40',
    };
    server = await startServer({ environment });
  });
  after(() => server?.remove());

  it('is one sum, recorded once', async () => {
    const clerk = personDn(demoUids.clerk);
    const each = 15;
    // The primary hands connections to the workers in turn: no worker serves more than two of these.
    for (let connection = 0; connection < 4; connection++) {
      const client = await RawClient.open(server.ports.ldap);
      expect((await client.ask(1, bindRequest(1, clerk, demoPassword))).code).to.equal(0);
      for (let id = 2; id < 2 + each; id++) {
        await client.ask(id, searchRequest(id, personDn(demoUids.officer), 0, everybody));
      }
      client.end();
    }
    const events = await soon(
      () => server.json<{ act: string; uid: string; details: object }[]>('audit', 'list', '--limit', '1000'),
      (all) => all.some(({ act }) => act === 'directory.read'),
      5_000,
    );
    const sums = events.filter(({ act }) => act === 'directory.read');
    expect(sums.map(({ uid }) => uid)).to.deep.equal([demoUids.clerk]);
    const details = { base: personDn(demoUids.officer), filter: '(objectClass=*)', state: 'sum of an hour' };
    expect(sums[0]?.details).to.deep.include(details);
    expect(Reflect.get(sums[0]?.details ?? {}, 'entries')).to.be.within(41, 4 * each);
  });
});
