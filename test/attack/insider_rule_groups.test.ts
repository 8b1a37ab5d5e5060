// A manager of groups makes hundreds of groups by rule over everybody. An ordinary posting then re-evaluated every member of
// every one of them in every replica, and a suspension behind it waited. What one person's change costs must not grow so.
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { seedPeople } from '../../seeds/generate.ts';
import { createChangeFeed } from '../../src/database/change_feed.ts';
import { createPublishedSource } from '../../src/database/published_source.ts';
import { suspendAccount } from '../../src/directory/commands/account_suspend.ts';
import { movePerson } from '../../src/directory/commands/person_move.ts';
import { createPost } from '../../src/directory/commands/post_create.ts';
import type { CommandContext } from '../../src/directory/ports.ts';
import { silentLog } from '../../src/log.ts';
import { openReplica, type Replica } from '../../src/replica/replica.ts';
import { loadSchema } from '../../src/x500/load_schema.ts';
import { openGovernment, someHash, type World } from '../directory/world.ts';

const people = Number(process.env.PEOPLE ?? 3_000);
const ruleGroups = 400;

describe('four hundred groups by rule over everybody', function () {
  this.timeout(300_000);
  let world: World;
  let replica: Replica;

  before(async () => {
    world = await openGovernment('2026-11-20T02:00:00Z');
    await seedPeople(world.seeds, { count: people, passwordHash: someHash });
    const columns = { description: null, organisation: null, gid_number: null, mail: null } as const;
    await world.run(
      {
        name: 'test.groups',
        execute: ({ tx }: CommandContext) =>
          tx.insert(
            'group',
            ...Array.from({ length: ruleGroups }, (_, index) => {
              const rule = { category: 'civil_servant' as const };
              return {
                uuid: randomUUID(),
                name: `everybody-${index}`,
                kind: 'rule' as const,
                rule,
                ...columns,
              };
            }),
          ),
      },
      undefined,
    );
    const { database, clock } = world;
    const feed = createChangeFeed({ database, applicationName: 'test', log: silentLog });
    const source = createPublishedSource({ database, feed, clock });
    const started = performance.now();
    replica = await openReplica({
      source,
      schema: loadSchema(),
      suffix: 'dc=gov,dc=hk',
      clock,
      log: silentLog,
    });
    if (process.env.PEOPLE) console.log('loaded in', Math.round(performance.now() - started));
  });
  after(async () => {
    await replica?.close();
    await world?.close();
  });

  it('do not hold a suspension back behind a posting', async () => {
    const [posted, suspended] = [
      await world.one('account', { uid: 'u000009' }),
      await world.one('account', { uid: 'u000010' }),
    ];
    const csb = await world.one('organisation', { code: 'CSB' });
    const waits: number[] = [];
    for (const number of ['A 1', 'A 2', 'A 3']) {
      const { post } = await world.run(createPost, { organisation: csb.uuid, number, title_en: 'Officer' });
      await replica.reached(world.changes.at(-1)?.number ?? 0, 60_000);
      const started = performance.now();
      await world.run(movePerson, { person: posted.person ?? '', post: post.uuid });
      if (waits.length === 2) await world.run(suspendAccount, { account: suspended.uuid });
      await replica.reached(world.changes.at(-1)?.number ?? 0, 60_000);
      waits.push(performance.now() - started);
    }
    if (process.env.PEOPLE) console.log(waits.map(Math.round).join());
    expect(replica.accountByUuid(suspended.uuid)?.state).to.equal('SUSPENDED');
    expect(Math.max(...waits)).to.be.below(1_000);
  });
});
