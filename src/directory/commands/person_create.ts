// A joiner in one go: person, employment, post, mail address, account and, where one is given, the first password.
import { OperationError } from '../../errors.ts';
import { accountFields, requirePersonalUid } from '../account.ts';
import { requireAssignmentPeriod, requireRoom } from '../assignment.ts';
import { endOfDay, startOfDay } from '../day.ts';
import {
  dutyHasEnded,
  type EmploymentColumns,
  employmentFields,
  hasStarted,
  requireOrderedDates,
} from '../employment.ts';
import { parseFields, parseReference } from '../field.ts';
import { openState } from '../lifecycle.ts';
import { type PersonColumns, personFields } from '../person.ts';
import type { Command, CommandContext } from '../ports.ts';
import type { AccountRow, AssignmentRow, EmploymentRow, MailAddressRow, PersonRow } from '../tables.ts';
import { authorise, existing, present } from './authorise.ts';
import { requireExtension } from './extension_check.ts';
import { requireMailAddress } from './mail_address.ts';
import { type PasswordInput, passwordCredential } from './password_set.ts';
import { requireAppointment } from './role_rights.ts';

export type CreatePersonInput = Partial<PersonColumns> &
  Pick<PersonColumns, 'surname' | 'given_name'> & {
    uid: string;
    /** Omitted: uid@ the organisation's mail domain; null: none. */
    mail?: string | null;
    employment: Partial<EmploymentColumns> &
      Pick<EmploymentColumns, 'organisation' | 'source' | 'staff_number' | 'category' | 'start_date'>;
    /** The post held from the first day; null or omitted: none yet. */
    post?: string | null;
    password?: PasswordInput | null;
    expires_at?: Date | null;
  };

export interface CreatedPerson {
  person: PersonRow;
  employment: EmploymentRow;
  assignment: AssignmentRow | null;
  mail: MailAddressRow | null;
  account: AccountRow; // PENDING before the start date, then INVITED, or ACTIVE where a password is given
}

/** Errors: invalid_value, not_found, access_denied; already_exists (uid, address, staff number, post taken). */
export const createPerson: Command<CreatePersonInput, CreatedPerson> = {
  name: 'person.create',
  async execute(context, input) {
    // 1. All input is checked before the first row is read, so that a refusal is about the input alone.
    const names = parseFields(personFields, input);
    requireExtension(context, 'person', names.extension);
    const { uid, expires_at } = parseFields(accountFields, input);
    requirePersonalUid(uid);
    const terms = parseFields(employmentFields, input.employment);
    requireOrderedDates(terms);

    // 2. The employer's administrator creates; a post elsewhere takes that organisation's consent too (step 4).
    await authorise(context, 'person.manage', terms.organisation);
    const organisation = await present(context, 'organisation', terms.organisation);

    // 3. The rows, in the order of their references.
    const person: PersonRow = { uuid: context.newUuid(), ...names };
    const employment: EmploymentRow = { uuid: context.newUuid(), person: person.uuid, ...terms };
    if (dutyHasEnded(employment, context.now)) {
      throw new OperationError('invalid_value', 'last_duty_date is over: a leaver is not created');
    }
    await context.tx.insert('person', person);
    await context.tx.insert('employment', employment);

    // 4. Post, account and address hang on them.
    const assignment =
      input.post === undefined || input.post === null
        ? null
        : await assignFirstPost(context, employment, parseReference('post', input.post));
    // The account before the address: a login name that is taken is refused as such, not as the address made of it.
    const account = await openAccount(context, employment, uid, expires_at, input.password ?? null);
    const generated = organisation.mail_domain === null ? null : `${uid}@${organisation.mail_domain}`;
    const address = input.mail === undefined ? generated : input.mail;
    const mail = address === null ? null : await addFirstAddress(context, employment, address);
    return { person, employment, assignment, mail, account };
  },
};

async function assignFirstPost(
  context: CommandContext,
  employment: EmploymentRow,
  postUuid: string,
): Promise<AssignmentRow> {
  const post = await existing(context, 'post', postUuid);
  await requireAppointment(context, post);
  const assignment: AssignmentRow = {
    uuid: context.newUuid(),
    person: employment.person,
    employment: employment.uuid,
    post: post.uuid,
    kind: 'substantive',
    is_primary: true,
    valid_from: startOfDay(employment.start_date),
    valid_to: null,
  };
  requireAssignmentPeriod(assignment.kind, assignment.valid_from, assignment.valid_to);
  requireRoom(assignment, await context.tx.find('assignment', { post: post.uuid }));
  await context.tx.insert('assignment', assignment);
  return assignment;
}

/** Valid since the employment began, or from now on for a joiner to come: no instant for the job to wait for. */
async function addFirstAddress(
  context: CommandContext,
  employment: EmploymentRow,
  address: string,
): Promise<MailAddressRow> {
  const { tx, now, newUuid } = context;
  const mail: MailAddressRow = {
    uuid: newUuid(),
    person: employment.person,
    address: await requireMailAddress(context, employment.organisation, address),
    is_primary: true,
    valid_from: hasStarted(employment, now) ? startOfDay(employment.start_date) : now,
    valid_to: null,
  };
  await tx.insert('mail_address', mail);
  return mail;
}

async function openAccount(
  context: CommandContext,
  employment: EmploymentRow,
  uid: string,
  expiresAt: Date | null,
  password: PasswordInput | null,
): Promise<AccountRow> {
  const { tx, identity, now, newUuid } = context;
  const account: AccountRow = {
    uuid: newUuid(),
    uid,
    kind: 'personal',
    person: employment.person,
    relying_system: null,
    state: hasStarted(employment, now) ? openState(password !== null) : 'PENDING',
    locked_until: null,
    expires_at: earliest(expiresAt, endOfDuty(employment)),
    sessions_valid_from: now,
    // Who set the first password knows it. The operator's shell is not told apart from its holder by waiting.
    credential_reset_at: password === null || identity.strength === 'console' ? null : now,
    created_at: now,
  };
  await tx.insert('account', account);
  // Only the operator's shell may hand out a password that is to stay.
  const must_change = password?.must_change === true || identity.strength !== 'console';
  if (password !== null) {
    await tx.insert('credential', passwordCredential(context, account, { ...password, must_change }));
  }
  return account;
}

/**
 * The account closes at the end of duty by its own date too, so that the door shuts even while the database is away
 * and no job can run.
 */
export function endOfDuty(employment: Pick<EmploymentRow, 'last_duty_date'>): Date | null {
  return employment.last_duty_date === null ? null : endOfDay(employment.last_duty_date);
}

export function earliest(left: Date | null, right: Date | null): Date | null {
  if (left === null || right === null) return left ?? right;
  return left < right ? left : right;
}
