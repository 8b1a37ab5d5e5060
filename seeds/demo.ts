// The demonstration: some sixty invented officers in fourteen B/Ds, with an acting appointment, a secondment, a contractor,
// a leaver, a joiner to come, clearances, roles and groups. One transaction, laid once: an account of it that stands ends it.
import { randomUUID } from 'node:crypto';
import { assign } from '../src/directory/commands/assign.ts';
import { grantClearance } from '../src/directory/commands/clearance_grant.ts';
import { withdrawClearance } from '../src/directory/commands/clearance_withdraw.ts';
import { addMember } from '../src/directory/commands/group_add_member.ts';
import { createGroup } from '../src/directory/commands/group_create.ts';
import { leave } from '../src/directory/commands/leave.ts';
import { createPerson } from '../src/directory/commands/person_create.ts';
import { createPost } from '../src/directory/commands/post_create.ts';
import { grantRole } from '../src/directory/commands/role_grant.ts';
import { dayOf, startOfDay } from '../src/directory/day.ts';
import type { CheckedHash } from '../src/directory/password_policy.ts';
import type { Command, CommandContext } from '../src/directory/ports.ts';
import type { EmploymentCategory } from '../src/directory/vocabulary.ts';
import { referTo } from './base.ts';
import type { SeedContext } from './context.ts';
import { demoClearances, demoGroups, demoRoles, demoUids } from './demo_facts.ts';
import { type DemoHolder, type DemoPost, demoPosts } from './demo_staff.ts';

const dayLength = 24 * 3_600_000;
const establishedFrom = startOfDay('2017-04-01');

/** Lays the demonstration on the base seeds; false when it stands already. `password` is everybody's. */
export async function seedDemo(context: SeedContext, password: string): Promise<{ laid: boolean }> {
  const input = { passwordHash: await context.hashPassword(password) };
  const origin = { identity: context.identity, request: randomUUID() };
  const { output } = await context.runner.run(layDemo, input, origin);
  return { laid: output };
}

/** What later steps look up by the words that the tables use. */
interface Laid {
  organisations: ReadonlyMap<string, string>; // by code
  posts: Map<string, string>; // by 'CSB/AS-1'
  people: Map<string, string>; // by uid
}

const layDemo: Command<{ passwordHash: CheckedHash }, boolean> = {
  name: 'seed.demo',
  async execute(context, { passwordHash }) {
    if ((await context.tx.accountByUid(demoUids.clerk)) !== undefined) return false;
    const organisations = await context.tx.find('organisation', {});
    const laid: Laid = {
      organisations: new Map(organisations.map((one) => [one.code, one.uuid])),
      posts: new Map(),
      people: new Map(),
    };
    for (const [index, post] of demoPosts.entries()) await layPost(context, laid, post, index, passwordHash);
    await layRoles(context, laid);
    await layClearances(context, laid);
    await layMovements(context, laid);
    await layGroups(context, laid);
    return true;
  },
};

/** 'Vincent', 'Kwok-ming', 'Cheuk' -> 'vkmcheuk', as the government forms them; letters only. */
export function demoUid({ english_name, given_name, surname }: DemoHolder): string {
  const initials = [
    ...(english_name ?? '').slice(0, 1),
    ...given_name.split('-').map((part) => part.slice(0, 1)),
  ];
  return [...initials, surname]
    .join('')
    .toLowerCase()
    .replaceAll(/[^a-z]/g, '');
}

async function layPost(
  context: CommandContext,
  laid: Laid,
  demo: DemoPost,
  index: number,
  passwordHash: CheckedHash,
): Promise<void> {
  const { holder, ...columns } = demo;
  const organisation = referTo(laid.organisations, demo.organisation);
  const { post } = await createPost.execute(context, {
    ...columns,
    organisation,
    telephone: `+852 28${String(10 + (index % 60)).padStart(2, '0')} ${String(2101 + index * 7)}`,
    fax: index % 5 === 0 ? `+852 2869 ${String(4500 + index)}` : null,
    room: `${String(3 + (index % 20))}${String(1 + (index % 30)).padStart(2, '0')}`,
    valid_from: establishedFrom,
  });
  laid.posts.set(`${demo.organisation}/${demo.number}`, post.uuid);
  if (holder === null) return;
  const uid = demoUid(holder);
  const { person } = await createPerson.execute(context, {
    ...holder,
    uid,
    preferred_language: index % 2 === 0 ? 'en' : 'zh-Hant',
    employment: { organisation, ...termsOf(context, uid, index) },
    post: post.uuid,
    password: { hash: passwordHash, must_change: false },
  });
  laid.people.set(uid, person.uuid);
}

interface Terms {
  source: string;
  staff_number: string;
  category: EmploymentCategory;
  start_date: string;
  last_duty_date?: string;
}

/** Civil servants from before the demonstration; the contractor's term ends, the joiner's begins, as seen from today. */
function termsOf({ now }: CommandContext, uid: string, index: number): Terms {
  const inDays = (days: number): string => dayOf(new Date(now.getTime() + days * dayLength));
  const staff_number = `D${String(100_001 + index * 37)}`;
  const civilServant: Terms = {
    source: 'demo',
    staff_number,
    category: 'civil_servant',
    start_date: `${String(2017 + (index % 5))}-0${String(4 + (index % 5))}-03`,
  };
  if (uid === demoUids.contractor) {
    return { ...civilServant, category: 't_contract', start_date: inDays(-90), last_duty_date: inDays(270) };
  }
  if (uid === demoUids.ncsc) return { ...civilServant, category: 'ncsc' };
  if (uid === demoUids.joiner) return { ...civilServant, start_date: inDays(14) };
  return civilServant;
}

async function layRoles(context: CommandContext, laid: Laid): Promise<void> {
  for (const { post, role, over } of demoRoles) {
    const organisation = over === null ? null : referTo(laid.organisations, over);
    await grantRole.execute(context, { post: referTo(laid.posts, post), role, organisation });
  }
}

async function layClearances(context: CommandContext, laid: Laid): Promise<void> {
  for (const [index, { uid, level, check_type, withdrawn }] of demoClearances.entries()) {
    const person = referTo(laid.people, uid);
    const basis = `DSO/DEMO/${String(index + 1)}`;
    await grantClearance.execute(context, { person, level, check_type, basis });
    if (withdrawn) await withdrawClearance.execute(context, { person });
  }
}

/** One acting appointment, one secondment, one leaver. */
async function layMovements(context: CommandContext, laid: Laid): Promise<void> {
  const inDays = (days: number): Date => new Date(context.now.getTime() + days * dayLength);
  await assign.execute(context, {
    person: referTo(laid.people, demoUids.acting),
    post: referTo(laid.posts, 'CSB/PAS-1'),
    kind: 'acting',
    valid_to: inDays(60),
  });
  await assign.execute(context, {
    person: referTo(laid.people, demoUids.seconded),
    post: referTo(laid.posts, 'OGCIO/PM-N'),
    kind: 'secondment',
    valid_to: inDays(365),
  });
  await leave.execute(context, {
    person: referTo(laid.people, demoUids.leaver),
    last_duty_date: dayOf(inDays(-1)),
  });
}

async function layGroups(context: CommandContext, laid: Laid): Promise<void> {
  const groups = new Map<string, string>();
  for (const { name, description, owner, rule_organisation, gid_number, members } of demoGroups) {
    const { group } = await createGroup.execute(context, {
      name,
      description,
      organisation: referTo(laid.organisations, owner),
      ...(rule_organisation !== undefined && {
        kind: 'rule' as const,
        rule: { organisation: referTo(laid.organisations, rule_organisation) },
      }),
      gid_number: gid_number ?? null,
    });
    groups.set(name, group.uuid);
    for (const member of members) {
      const nested = groups.get(member);
      await addMember.execute(context, {
        group: group.uuid,
        member: nested === undefined ? { person: referTo(laid.people, member) } : { group: nested },
      });
    }
  }
}
