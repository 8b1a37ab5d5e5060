import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { openPool, parseInstant } from '../../src/database/pool.ts';
import { operationError, speaking } from '../../src/database/sqlstate.ts';
import type { ClearanceLevel } from '../../src/directory/vocabulary.ts';
import {
  accountRow,
  assignmentRow,
  employmentRow,
  type Fixture,
  groupRow,
  memberRow,
  openFixture,
  organisationRow,
  personRow,
  postRow,
  unitRow,
} from './fixture.ts';

type Act = Parameters<Fixture['run']>[0];

describe('SQLSTATE in the directory’s words', () => {
  let fixture: Fixture;
  const organisation = organisationRow({ code: 'CSB' });
  const [person, other] = [personRow(), personRow()];
  const employment = employmentRow({
    person: person.uuid,
    organisation: organisation.uuid,
    staff_number: '7',
  });
  const post = postRow({ organisation: organisation.uuid, number: 'A1' });
  const account = accountRow({ person: person.uuid, uid: 'chan.tm' });
  const group = groupRow({ name: 'Registry' });
  const mail = {
    uuid: randomUUID(),
    person: person.uuid,
    address: 'chan@csb.gov.hk',
    is_primary: true,
    valid_from: new Date(0),
    valid_to: null,
  };

  before(async () => {
    fixture = await openFixture();
    await fixture.run(async (tx) => {
      await tx.insert('organisation', organisation);
      await tx.insert('person', person, other);
      await tx.insert('employment', employment);
      await tx.insert('post', post);
      await tx.insert(
        'assignment',
        assignmentRow({ person: person.uuid, employment: employment.uuid, post: post.uuid }),
      );
      await tx.insert('account', account);
      await tx.insert('group', group);
      await tx.insert('mail_address', mail);
    });
  });
  after(() => fixture.close());

  const cases: { title: string; act: Act; refused: string }[] = [
    {
      title: 'a login name is taken regardless of case',
      act: (tx) => tx.insert('account', accountRow({ kind: 'shared', uid: 'CHAN.TM' })),
      refused: 'already_exists: uid is taken',
    },
    {
      title: 'so is a mail address',
      act: (tx) =>
        tx.insert('mail_address', {
          ...mail,
          uuid: randomUUID(),
          address: 'CHAN@csb.gov.hk',
          is_primary: false,
        }),
      refused: 'already_exists: mail address is taken',
    },
    {
      title: 'a person has one primary mail address at a time',
      act: (tx) => tx.insert('mail_address', { ...mail, uuid: randomUUID(), address: 'x@csb.gov.hk' }),
      refused: 'already_exists: the person has another primary mail address at that time',
    },
    {
      title: 'a person has one primary assignment at a time',
      act: (tx) =>
        tx.insert(
          'assignment',
          assignmentRow({
            person: person.uuid,
            employment: employment.uuid,
            post: post.uuid,
            kind: 'doubling_up',
          }),
        ),
      refused: 'already_exists: the person has another primary assignment at that time',
    },
    {
      title: 'a post has one substantive holder at a time',
      act: (tx) =>
        tx.insert(
          'assignment',
          assignmentRow({
            person: person.uuid,
            employment: employment.uuid,
            post: post.uuid,
            is_primary: false,
          }),
        ),
      refused: 'already_exists: the post has a substantive holder in that time',
    },
    {
      title: 'a person has one personal account',
      act: (tx) => tx.insert('account', accountRow({ person: person.uuid })),
      refused: 'already_exists: the person has a personal account already',
    },
    {
      title: 'an assignment is of an employment of the same person',
      act: (tx) =>
        tx.insert(
          'assignment',
          assignmentRow({
            person: other.uuid,
            employment: employment.uuid,
            post: post.uuid,
            kind: 'doubling_up',
          }),
        ),
      refused: 'not_found: refers to nothing: assignment employment is of the person',
    },
    {
      title: 'a post lies in a unit of its own organisation',
      act: async (tx) => {
        const elsewhere = organisationRow();
        const unit = unitRow({ organisation: elsewhere.uuid });
        await tx.insert('organisation', elsewhere);
        await tx.insert('unit', unit);
        await tx.update('post', post.uuid, { unit: unit.uuid });
      },
      refused: 'not_found: refers to nothing: post unit is of the organisation',
    },
    {
      title: 'what is referred to stays',
      act: (tx) => tx.remove('person', person.uuid),
      refused: 'has_dependents: still referred to: ',
    },
    {
      title: 'a word outside its code list is refused',
      act: (tx) =>
        tx.insert(
          'organisation',
          organisationRow({ clearance_ceiling: 'COSMIC' as string as ClearanceLevel }),
        ),
      refused: 'invalid_value: not allowed: organisation clearance ceiling is known',
    },
    {
      title: 'a period runs forward',
      act: (tx) => tx.update('post', post.uuid, { valid_to: new Date(0) }),
      refused: 'invalid_value: valid_to lies before valid_from',
    },
    {
      title: 'a member is one person or one group',
      act: (tx) => tx.insert('group_member', memberRow({ group: group.uuid })),
      refused: 'invalid_value: not allowed: group member is one member',
    },
    {
      title: 'NUL is refused in text',
      act: (tx) => tx.insert('person', personRow({ surname: 'a\u0000b' })),
      refused: 'invalid_value: a text holds a character that cannot be stored (NUL)',
    },
    {
      title: 'and in an extension',
      act: (tx) => tx.insert('person', personRow({ extension: { description: ['a\u0000b'] } })),
      refused: 'invalid_value: a text holds a character that cannot be stored (NUL)',
    },
    {
      title: 'a lone surrogate is refused in an extension',
      act: (tx) => tx.insert('person', personRow({ extension: { description: ['\ud800'] } })),
      refused: 'invalid_value: a value does not have the form of its column',
    },
    {
      title: 'a text that no index can hold is refused',
      act: (tx) =>
        tx.insert('group', groupRow({ name: Array.from({ length: 9_000 }, () => randomUUID()).join('') })),
      refused: 'invalid_value: a value is too long',
    },
    {
      title: 'what is no uuid names nothing',
      act: (tx) => tx.get('person', 'nobody'),
      refused: 'invalid_value: a value does not have the form of its column',
    },
  ];
  for (const { title, act, refused } of cases) {
    it(title, async () => {
      const outcome: unknown = await fixture.run(act).catch((error: unknown) => error);
      expect(String(outcome)).to.match(new RegExp(`^OperationError: ${escaped(refused)}`));
    });
  }

  it('keeps the values of a failed statement out of the error that is logged', async () => {
    const outcome: unknown = await fixture
      .run((tx) => tx.insert('person', personRow({ surname: 'hunter2', extension: { a: ['\u0000'] } })))
      .catch((error: unknown) => error);
    const { cause } = outcome as Error;
    expect(String(cause)).to.include('insert into').and.not.include('hunter2');
  });

  it('cancels what takes too long, and frees the connection', async () => {
    const database = openPool({ url: fixture.url, applicationName: 'x', size: 1, statementTimeoutMs: 50 });
    const slow = await speaking(() => database.knex.raw('select pg_sleep(5)')).catch(String);
    expect(slow).to.equal('OperationError: time_limit_exceeded: the database did not answer in time');
    expect((await database.knex.raw('select 1 as one')).rows).to.deep.equal([{ one: 1 }]);
    await database.close();
  });

  it('reads instants as the database writes them, in any time zone', async () => {
    const { knex } = fixture.database;
    for (const zone of ['UTC', 'Asia/Hong_Kong', 'America/St_Johns', 'Asia/Kolkata']) {
      const rows: Record<string, Date>[] = await knex.transaction(async (transaction) => {
        await transaction.raw(`set local timezone = '${zone}'`);
        const instants = await transaction.raw(
          `select timestamptz '2026-07-01 01:02:03Z' as whole, timestamptz '2026-07-01 01:02:03.4Z' as tenth,
                  timestamptz '2026-12-31 23:59:59.987654Z' as micro, timestamptz '0044-03-15 12:00:00Z BC' as ides`,
        );
        return instants.rows;
      });
      const { whole, tenth, micro, ides } = rows[0] ?? {};
      expect(
        [whole, tenth, micro].map((instant) => instant?.toISOString()),
        zone,
      ).to.deep.equal(['2026-07-01T01:02:03.000Z', '2026-07-01T01:02:03.400Z', '2026-12-31T23:59:59.987Z']);
      expect(ides?.getUTCFullYear()).to.equal(-43);
    }
    expect(parseInstant('infinity')).to.equal(Number.POSITIVE_INFINITY);
  });

  it('leaves what the caller did not cause as the fault it is', () => {
    const fault = Object.assign(new Error('relation does not exist'), { code: '42P01' });
    expect(operationError(fault)).to.equal(fault);
    expect(operationError('text')).to.equal('text');
  });
});

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
