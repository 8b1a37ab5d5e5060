// What an officer's entry shows. English names follow the government's own usage: `Nathan CHAN Tai-man`, the English given
// name, the surname in capitals, the hyphenated given name.
import { effectiveClearance, lowest, serviceCeiling } from '../directory/clearance.ts';
import type { ClearanceLevel } from '../directory/vocabulary.ts';
import { AttributeList, generalizedTime } from './attribute_list.ts';
import { classesOf, type ProjectedAttribute } from './extension.ts';
import type { PersonRecord } from './published.ts';

/** Names in English: the one to show (displayName, first of `cn`), and the forms that lists and searches use. */
export function englishNames(person: { surname: string; given_name: string; english_name: string | null }): {
  display: string;
  all: string[];
} {
  const formal = `${person.surname.toUpperCase()} ${person.given_name}`.trim();
  if (!person.english_name) return { display: formal, all: [formal] };
  const display = `${person.english_name} ${formal}`;
  return { display, all: [display, formal, `${formal}, ${person.english_name}`] };
}

/** Post, English title and Chinese title (empty where it has none) as the lines of a postal address (RFC 4517 3.3.28). */
function postTitle(post: PersonRecord['posts'][number]): string {
  const lines = [`${post.organisation_code}/${post.post_number}`, post.title_en, post.title_zh ?? ''];
  return lines.map((line) => line.replaceAll('\\', '\\5C').replaceAll('$', '\\24')).join('$');
}

/** LDAP binds prove a password; what a stronger proof supports only a sign-on tells (oidc/subject.ts). */
function clearanceByPassword(account: NonNullable<PersonRecord['account']>): ClearanceLevel {
  return effectiveClearance({
    recorded: account.clearance,
    category: account.category,
    organisationCeiling: account.clearance_ceiling,
    strength: 'password',
    systemClassification: null,
  });
}

/** `locked until an administrator says otherwise`, as draft-behera-ldap-password-policy 5.3.3 writes it. */
const lockedForGood = '000001010000Z';

export function personAttributes(
  record: PersonRecord,
  account: NonNullable<PersonRecord['account']>,
): AttributeList<ProjectedAttribute<'person'>> {
  const { person, posts, organisation, unit } = record;
  const names = englishNames(person);
  const written = (post: PersonRecord['posts'][number]) => `${post.organisation_code}/${post.post_number}`;
  return (
    new AttributeList<ProjectedAttribute<'person'>>(...classesOf.person)
      .add('uid', account.uid)
      .add('cn', ...names.all)
      .add('cn;lang-zh-hant', person.name_zh)
      .add('sn', person.surname)
      .add('givenName', person.given_name, person.english_name)
      .add('displayName', names.display)
      .add('displayName;lang-zh-hant', person.name_zh)
      .add('mail', ...record.mail)
      .add('title', ...posts.map((post) => post.title_en))
      .add('title;lang-zh-hant', ...posts.map((post) => post.title_zh))
      .add('o', organisation?.name_en)
      .add('o;lang-zh-hant', organisation?.name_zh)
      .add('ou', unit?.name_en)
      .add('ou;lang-zh-hant', unit?.name_zh)
      .add('departmentNumber', organisation?.code)
      .add('telephoneNumber', ...posts.map((post) => post.telephone))
      .add('facsimileTelephoneNumber', ...posts.map((post) => post.fax))
      .add('roomNumber', ...posts.map((post) => post.room))
      .add('employeeNumber', record.staff_number)
      .add('employeeType', account.category)
      .add('preferredLanguage', person.preferred_language)
      // Current encryption certificate first: gpgsm uses no other. userSMIMECertificate is not published: it would need a
      // signature by the officer's own key, which this directory does not have.
      .add('userCertificate;binary', ...record.certificates.map(({ der }) => der))
      .add('bauhiniaOrganisationCode', organisation?.code)
      .add('bauhiniaOrganisationUuid', organisation?.uuid)
      .add('bauhiniaPost', ...posts.map(written))
      .add('bauhiniaActingPost', ...posts.filter(({ kind }) => kind === 'acting').map(written))
      .add('bauhiniaRank', ...posts.map((post) => post.rank_en))
      .add('bauhiniaEmploymentCategory', account.category)
      .add('bauhiniaPostTitle', ...posts.map(postTitle))
      .add('bauhiniaDeliveryAddress', record.mail[0])
      .add('bauhiniaMailAlias', ...record.mail.slice(1))
      .add('bauhiniaAlias', ...person.aliases)
      .add('bauhiniaClearance', clearanceByPassword(account))
      .add('bauhiniaRecordedClearance', lowest(serviceCeiling, account.clearance, account.clearance_ceiling))
      .add('bauhiniaAccountState', account.state)
      .add('bauhiniaAccountKind', account.kind)
      .add('bauhiniaAccountExpires', account.expires_at && generalizedTime(account.expires_at))
      .add('pwdReset', account.password?.must_change ? 'TRUE' : null)
      .add('pwdAccountLockedTime', account.state === 'LOCKED' ? lockedForGood : null)
  );
}
