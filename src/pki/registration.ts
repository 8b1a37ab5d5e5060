// Registration: who may hold a certificate, and what it says of them. Everything comes from the directory's own rows at
// the instant of the command; a request is believed in nothing but its key.
import { isCurrent } from '../directory/assignment.ts';
import { authorise, existing, organisationOfPerson } from '../directory/commands/authorise.ts';
import { requireOpenAccount } from '../directory/commands/live_grants.ts';
import { requireSettledProof } from '../directory/commands/settled_proof.ts';
import { parseMailAddress } from '../directory/field.ts';
import { mayAuthenticate } from '../directory/lifecycle.ts';
import { isOfficialName, nameByCode } from '../directory/name.ts';
import type { CommandContext } from '../directory/ports.ts';
import type { OrganisationRow, PersonRow } from '../directory/tables.ts';
import { OperationError } from '../errors.ts';
import { type DistinguishedName, fitsName } from './distinguished_name.ts';
import type { Profile } from './profile.ts';

/** What the directory vouches for. */
export interface Registration {
  person: string;
  subject: DistinguishedName;
  mail: string;
}

/** Their own certificate a person asks for themselves; for another, a certificate officer does. */
export async function requireIssuanceRight(context: CommandContext, person: string): Promise<void> {
  if (isOwn(context, person)) return requireOwner(context, 'requesting a certificate');
  await authorise(context, 'certificate.issue', await organisationOfPerson(context, person));
}

/**
 * Errors: access_denied, when the account of the owner is not open now; stronger_proof_required (settled_proof.ts). `act`
 * names what the owner asks for, as the sentence's subject.
 */
export async function requireOwner(context: CommandContext, act: string): Promise<void> {
  await requireOpenAccount(context, act);
  await requireSettledProof(context, act);
}

/** A person acting by their own account; a service account or a shared one is nobody's own. */
export function isOwn({ identity }: CommandContext, person: string): boolean {
  return identity.strength !== 'none' && identity.kind === 'personal' && identity.person === person;
}

/**
 * What a certificate of this person says now. Errors: not_found; invalid_state, when the account is not active or there
 * is no organisation or mail address to certify; invalid_value, when a name does not fit a certificate.
 */
export async function register(
  context: CommandContext,
  personUuid: string,
  fixed: Profile['subject'],
): Promise<Registration> {
  const person = await existing(context, 'person', personUuid);
  const uid = await activeUid(context, personUuid);
  const employer = await organisationOfPerson(context, personUuid);
  // Read without a lock: half a department enrolling at once must not stand in one line.
  const [organisation] = employer === null ? [] : await context.tx.find('organisation', { uuid: employer });
  if (organisation === undefined) {
    throw new OperationError('invalid_state', 'the person works for no organisation');
  }
  const subject = subjectOf(person, uid, organisation, fixed);
  return { person: personUuid, subject, mail: await currentMail(context, personUuid) };
}

/** The account is locked until the command ends: who leaves at this instant leaves before it or after it. */
async function activeUid({ tx, now }: CommandContext, person: string): Promise<string> {
  const [found] = await tx.find('account', { person, kind: 'personal' });
  const account = found === undefined ? undefined : await tx.get('account', found.uuid);
  // A lock after wrong passwords passes by itself and takes no certificate away.
  if (account !== undefined && mayAuthenticate(account.state, null, account.expires_at, now)) {
    return account.uid;
  }
  const state = account?.state ?? 'missing';
  throw new OperationError('invalid_state', `the account must be ACTIVE to be certified; it is ${state}`);
}

/** The primary address, its domain in lower case: clients compare the whole address octet by octet. */
async function currentMail({ tx, now }: CommandContext, person: string): Promise<string> {
  const addresses = (await tx.find('mail_address', { person })).filter((one) => isCurrent(one, now));
  const chosen = addresses.find((one) => one.is_primary) ?? addresses[0];
  if (chosen === undefined) throw new OperationError('invalid_state', 'the person has no mail address');
  const address = parseMailAddress('mail', chosen.address); // ASCII only: SmtpUTF8Mailbox is known to few clients
  const at = address.lastIndexOf('@');
  return address.slice(0, at) + address.slice(at).toLowerCase();
}

/**
 * Sponsor-validated (SBR 7.1.4.2.4): the organisation and its identifier, the person's names, and the uid as
 * serialNumber, because a name identifies nobody and no two people may share a subject.
 */
export function subjectOf(
  person: Pick<PersonRow, 'uuid' | 'surname' | 'given_name' | 'name_zh'>,
  uid: string,
  organisation: Pick<OrganisationRow, 'code' | 'name_en'>,
  fixed: Profile['subject'],
): DistinguishedName {
  const romanised = `${person.surname} ${person.given_name}`;
  const bilingual = person.name_zh === null ? romanised : `${romanised} ${person.name_zh}`;
  return [
    { attribute: 'C', value: fixed.C },
    { attribute: 'O', value: organisationName(organisation) },
    ...(fixed.organizationIdentifier === undefined
      ? []
      : [{ attribute: 'organizationIdentifier' as const, value: fixed.organizationIdentifier }]),
    { attribute: 'surname', value: person.surname },
    { attribute: 'givenName', value: person.given_name },
    { attribute: 'serialNumber', value: fitsName('serialNumber', uid) ? uid : person.uuid },
    { attribute: 'CN', value: fitsName('CN', bilingual) ? bilingual : truncated(romanised) },
  ];
}

/** By its code where the name is too long, or was recorded when letters of any script were taken. */
function organisationName({ code, name_en }: Pick<OrganisationRow, 'code' | 'name_en'>): string {
  return fitsName('O', name_en) && isOfficialName(name_en) ? name_en : nameByCode(code);
}

/** Names of 40 characters each may pass the 64 that a common name may have. */
function truncated(name: string): string {
  return [...name].slice(0, 64).join('').trim();
}
