// Changes who somebody is to their colleagues: names, language, primary mail address (the old one stays as an alias).
import { OperationError } from '../../errors.ts';
import { isOpen } from '../assignment.ts';
import { parseChanges } from '../field.ts';
import { type PersonColumns, personFields } from '../person.ts';
import type { Command, CommandContext } from '../ports.ts';
import type { PersonRow } from '../tables.ts';
import { authorise, existing, organisationOfPerson } from './authorise.ts';
import { requireExtension } from './extension_check.ts';
import { requireMailAddress } from './mail_address.ts';
import { requireRolesOfPerson } from './role_rights.ts';

export interface ChangePersonInput {
  person: string;
  changes: Partial<PersonColumns>;
  /** The new primary address. */
  mail?: string;
}

export const changePerson: Command<ChangePersonInput, { person: PersonRow }> = {
  name: 'person.change',
  async execute(context, input) {
    const before = await existing(context, 'person', input.person);
    const organisation = await organisationOfPerson(context, before.uuid);
    await authorise(context, 'person.manage', organisation);
    await requireRolesOfPerson(context, before.uuid, 'changing who holds roles');
    const columns = parseChanges(personFields, input.changes);
    requireExtension(context, 'person', columns.extension);
    const changed = Object.keys(columns).length > 0;
    const person = changed ? await context.tx.update('person', before.uuid, columns) : before;
    if (input.mail !== undefined) {
      await changePrimaryAddress(context, { person: person.uuid, organisation, address: input.mail });
    }
    return { person };
  },
};

/**
 * The old primary address goes on receiving as an alias. `organisation` is the one that the person serves in.
 * Errors: already_exists, when it is somebody else's; access_denied, for a domain of another organisation.
 */
export async function changePrimaryAddress(
  context: CommandContext,
  to: { person: string; organisation: string | null; address: string },
): Promise<void> {
  const { tx, now, newUuid } = context;
  const { person } = to;
  const address = await requireMailAddress(context, to.organisation, to.address);
  const addresses = await tx.find('mail_address', { person });
  const same = addresses.find((one) => one.address.toLowerCase() === address.toLowerCase());
  for (const one of addresses) {
    if (one.is_primary && isOpen(one, now) && one !== same) {
      await tx.update('mail_address', one.uuid, { is_primary: false });
    }
  }
  if (same === undefined) {
    const row = { uuid: newUuid(), person, address, is_primary: true, valid_from: now, valid_to: null };
    await tx.insert('mail_address', row);
    return;
  }
  if (same.valid_from > now) throw new OperationError('invalid_state', `address ${address} is not valid yet`);
  await tx.update('mail_address', same.uuid, { address, is_primary: true, valid_to: null });
}
