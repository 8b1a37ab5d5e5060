// Lists for the operator's console: a page of people, posts, members or certificates with what names them, one statement
// each. The service itself reads the replica; the console has none.
import type { OrganisationKind } from '../directory/vocabulary.ts';
import type { Database } from './pool.ts';
import { speaking } from './sqlstate.ts';

export interface ListedPerson {
  uid: string;
  name: string; // surname first, as on the staff list
  name_zh: string | null;
  organisation: string | null; // code
  post: string | null; // title
  mail: string | null;
  state: string;
}

export interface PersonListing {
  /** uuid of an organisation; people of those below it are its people too. */
  organisation: string | null;
  /** Part of a login name, a name in either script or a mail address, regardless of case. */
  query: string | null;
  now: Date;
  limit: number;
}

/** The primary post says where a person works; without one the employment does. */
const peopleSql = `
  with recursive within(uuid) as (
    select uuid from organisation where uuid = :organisation::uuid
    union
    select organisation.uuid from organisation join within on organisation.parent = within.uuid
  )
  select account.uid, person.surname || ' ' || person.given_name
           || coalesce(', ' || person.english_name, '') as name,
         person.name_zh, organisation.code as organisation, held.title_en as post, mail.address as mail,
         account.state
  from account
  join person on person.uuid = account.person
  left join lateral (
    select post.organisation, post.title_en
    from assignment join post on post.uuid = assignment.post
    where assignment.person = person.uuid and assignment.is_primary
      and assignment.valid_from <= :now and (assignment.valid_to is null or assignment.valid_to > :now)
    limit 1
  ) held on true
  left join lateral (
    select employment.organisation from employment
    where employment.person = person.uuid order by employment.start_date desc limit 1
  ) employed on true
  left join lateral (
    select mail_address.address from mail_address
    where mail_address.person = person.uuid and mail_address.is_primary
      and mail_address.valid_from <= :now and (mail_address.valid_to is null or mail_address.valid_to > :now)
    limit 1
  ) mail on true
  left join organisation on organisation.uuid = coalesce(held.organisation, employed.organisation)
  where account.kind = 'personal'
    and (:organisation::uuid is null or organisation.uuid in (select uuid from within))
    and (:pattern::text is null or account.uid ilike :pattern or mail.address ilike :pattern
      or person.surname || ' ' || person.given_name ilike :pattern
      or person.english_name ilike :pattern or person.name_zh ilike :pattern)
  order by account.uid
  limit :limit`;

export function listPeople({ knex }: Database, listing: PersonListing): Promise<ListedPerson[]> {
  const { organisation, query, now, limit } = listing;
  const pattern = query === null ? null : `%${query.replaceAll(/[\\%_]/g, '\\$&')}%`;
  return speaking(async () => {
    const bindings = { organisation, pattern, now, limit } as never; // Knex's type forbids null, which it binds well
    return (await knex.raw<{ rows: ListedPerson[] }>(peopleSql, bindings)).rows;
  });
}

export interface ListedPost {
  post: string; // 'CSB/AS-1'
  title: string;
  title_zh: string | null;
  rank: string | null;
  holders: string[]; // uids, those who act included
}

/** Posts that exist now. */
export function listPosts(
  { knex }: Database,
  listing: { organisation: string | null; now: Date; limit: number },
): Promise<ListedPost[]> {
  return speaking(async () => {
    const { rows } = await knex.raw<{ rows: ListedPost[] }>(
      `select organisation.code || '/' || post.number as post, post.title_en as title, post.title_zh, post.rank,
              array(
                select account.uid from assignment
                join account on account.person = assignment.person and account.kind = 'personal'
                where assignment.post = post.uuid
                  and assignment.valid_from <= :now and (assignment.valid_to is null or assignment.valid_to > :now)
                order by account.uid
              ) as holders
       from post join organisation on organisation.uuid = post.organisation
       where (:organisation::uuid is null or post.organisation = :organisation::uuid)
         and post.valid_from <= :now and (post.valid_to is null or post.valid_to > :now)
       order by organisation.code, post.number
       limit :limit`,
      listing as never, // Knex's type forbids null, which it binds well
    );
    return rows;
  });
}

export interface ListedMember {
  kind: 'person' | 'group';
  name: string; // uid, or the name of the group
  until: Date | null;
}

/** Listed members now, groups first. */
export function listMembers(
  { knex }: Database,
  listing: { group: string; now: Date; limit: number },
): Promise<ListedMember[]> {
  return speaking(async () => {
    const { rows } = await knex.raw<{ rows: ListedMember[] }>(
      `select case when member.person is null then 'group' else 'person' end as kind,
              coalesce(nested.name, account.uid) as name, member.valid_to as until
       from group_member member
       left join "group" nested on nested.uuid = member.member_group
       left join account on account.person = member.person and account.kind = 'personal'
       where member."group" = :group and member.valid_from <= :now
         and (member.valid_to is null or member.valid_to > :now)
       order by 1, 2
       limit :limit`,
      listing,
    );
    return rows;
  });
}

export interface ListedCertificate {
  serial: string;
  profile: string;
  uid: string | null;
  state: string;
  reason: string | null;
  not_before: Date;
  not_after: Date;
}

/** Newest first; `person` null is everybody's. */
export function listCertificates(
  { knex }: Database,
  listing: { person: string | null; limit: number },
): Promise<ListedCertificate[]> {
  return speaking(async () => {
    const { rows } = await knex.raw<{ rows: ListedCertificate[] }>(
      `select certificate.serial, certificate.profile, account.uid, certificate.state,
              certificate.revocation_reason as reason, certificate.not_before, certificate.not_after
       from certificate
       left join account on account.person = certificate.person and account.kind = 'personal'
       where :person::uuid is null or certificate.person = :person::uuid
       order by certificate.not_before desc, certificate.serial
       limit :limit`,
      listing as never, // Knex's type forbids null, which it binds well
    );
    return rows;
  });
}

export interface ListedOrganisation {
  code: string;
  name_en: string;
  name_zh: string;
  kind: OrganisationKind;
  parent: string | null; // code
  mail_domain: string | null;
}

/** Organisations that exist now, in the order of Chinese lists. */
export function listOrganisations({ knex }: Database, now: Date): Promise<ListedOrganisation[]> {
  return speaking(async () => {
    const { rows } = await knex.raw<{ rows: ListedOrganisation[] }>(
      `select organisation.code, organisation.name_en, organisation.name_zh, organisation.kind,
              above.code as parent, organisation.mail_domain
       from organisation left join organisation above on above.uuid = organisation.parent
       where organisation.valid_from <= :now and (organisation.valid_to is null or organisation.valid_to > :now)
       order by organisation.stroke_order nulls last, organisation.code`,
      { now },
    );
    return rows;
  });
}
