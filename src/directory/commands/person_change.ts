// Changes who somebody is to their colleagues: names, language, primary mail address (the old one stays as an alias).
import { OperationError } from '../../errors.ts';
import { isOpen } from '../assignment.ts';
import { parseChanges, parseMailAddress } from '../field.ts';
import { type PersonColumns, personFields } from '../person.ts';
import type { Command, CommandContext } from '../ports.ts';
import type { PersonRow } from '../tables.ts';
import { authorise, existing, organisationOfPerson } from './authorise.ts';
import { requireExtension } from './extension_check.ts';

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
    await authorise(context, 'person.manage', await organisationOfPerson(context, before.uuid));
    const columns = parseChanges(personFields, input.changes);
    requireExtension(context, 'person', columns.extension);
    const changed = Object.keys(columns).length > 0;
    const person = changed ? await context.tx.update('person', before.uuid, columns) : before;
    if (input.mail !== undefined) await changePrimaryAddress(context, person.uuid, input.mail);
    return { person };
  },
};

/** The old primary address goes on receiving as an alias. Error: already_exists, when it is somebody else's. */
export async function changePrimaryAddress(
  { tx, now, newUuid }: CommandContext,
  person: string,
  value: string,
): Promise<void> {
  const address = parseMailAddress('mail', value);
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
