// Names are written by officers of every department, and LDAP takes some that look different for the same. Nothing that the
// commands accept may take another object's name, or its place in the tree.
import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { seedBase } from '../../seeds/base.ts';
import { createPost } from '../../src/directory/commands/post_create.ts';
import type { PostRow } from '../../src/directory/tables.ts';
import { openWorld, type World } from '../directory/world.ts';
import { outcome } from '../outcome.ts';

describe('names that an insider chooses', () => {
  let world: World;
  let csb: string;
  const create = (number: string): Promise<{ post: PostRow }> =>
    world.run(createPost, { organisation: csb, number, title_en: 'Departmental Security Officer' });

  beforeEach(async () => {
    world = await openWorld('2026-11-20T02:00:00Z');
    await seedBase(world.seeds, (code) => code);
    csb = (await world.one('organisation', { code: 'CSB' })).uuid;
  });
  afterEach(() => world.close());

  describe('for a post', () => {
    it('hold one space at a time: LDAP takes a run of them for one (RFC 4518 2.6.1)', async () => {
      await create('DSO 1');
      expect(await outcome(create('DSO  1'))).to.match(/invalid_value: number must be letters and digits/);
      expect(await outcome(create('dso 1'))).to.equal(
        'OperationError: already_exists: post number is taken in its organisation, in whatever case and spacing',
      );
    });

    it('are kept apart by the database as LDAP compares them, however they get there', async () => {
      const { post } = await create('DSO 1');
      const twin = { ...post, uuid: randomUUID(), number: 'Dso   1', extension: '{}' };
      const refused = await outcome(world.database.knex('post').insert(twin));
      expect(refused).to.contain('post_number_is_unique');
    });
  });
});
