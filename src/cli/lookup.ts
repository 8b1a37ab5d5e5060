// What operators call things by, to what commands refer to: login names, organisation codes, 'CODE/number' of posts,
// names of groups, codes of relying systems. Error of each: not_found, naming what was asked for.
import type { TableReader } from '../directory/ports.ts';
import type {
  AccountRow,
  GroupRow,
  OrganisationRow,
  PostRow,
  RelyingSystemRow,
} from '../directory/tables.ts';
import { OperationError } from '../errors.ts';

function notFound(what: string): OperationError {
  return new OperationError('not_found', `${what} does not exist`);
}

export async function accountByUid(tables: TableReader, uid: string): Promise<AccountRow> {
  const [account] = await tables.find('account', { uid: uid.toLowerCase() });
  if (account === undefined) throw notFound(`account ${uid}`);
  return account;
}

/** uuid of the person behind a login name; not_found also for accounts of systems. */
export async function personByUid(tables: TableReader, uid: string): Promise<string> {
  const { person } = await accountByUid(tables, uid);
  if (person === null) throw new OperationError('not_found', `account ${uid} belongs to no person`);
  return person;
}

export async function organisationByCode(tables: TableReader, code: string): Promise<OrganisationRow> {
  const [organisation] = await tables.find('organisation', { code: code.toUpperCase() });
  if (organisation === undefined) throw notFound(`organisation ${code}`);
  return organisation;
}

/** `name` is 'CSB/AS-1': a post's number is unique within its organisation, and may hold a slash itself. */
export async function postByName(tables: TableReader, name: string): Promise<PostRow> {
  const slash = name.indexOf('/');
  if (slash < 1) throw new OperationError('invalid_value', `post ${name} must be written CODE/number`);
  const organisation = await organisationByCode(tables, name.slice(0, slash));
  const number = name.slice(slash + 1);
  const [post] = await tables.find('post', { organisation: organisation.uuid, number });
  if (post === undefined) throw notFound(`post ${name}`);
  return post;
}

export async function groupByName(tables: TableReader, name: string): Promise<GroupRow> {
  const [group] = await tables.find('group', { name });
  if (group === undefined) throw notFound(`group ${name}`);
  return group;
}

export async function systemByCode(tables: TableReader, code: string): Promise<RelyingSystemRow> {
  const [system] = await tables.find('relying_system', { code: code.toLowerCase() });
  if (system === undefined) throw notFound(`relying system ${code}`);
  return system;
}

/** Codes of all organisations by uuid: there are hundreds, and lists name many. */
export async function organisationCodes(tables: TableReader): Promise<Map<string, string>> {
  return new Map((await tables.find('organisation', {})).map(({ uuid, code }) => [uuid, code]));
}
