// N invented people u000001, u000002 … over the 22 B/Ds, for benchmarks and load: the same number gives the same people.
// A thousand people a transaction, straight into the tables; laying more later continues where it stopped.
import { randomUUID } from 'node:crypto';
import { parsePasswordHash } from '../src/directory/account.ts';
import { authorise } from '../src/directory/commands/authorise.ts';
import type { Command, CommandContext } from '../src/directory/ports.ts';
import { OperationError } from '../src/errors.ts';
import { referTo } from './base.ts';
import type { SeedContext } from './context.ts';
import { type GeneratedPerson, generatedUid, generatePerson } from './generated_person.ts';
import { seedOrganisations } from './organisations.ts';

const batchSize = 1000;
/** uids have six digits. */
const mostPeople = 999_999;

export interface SeedPeopleOptions {
  count: number;
  /** argon2id hash of everybody's password: hashed once and shared, for benchmarks only. */
  passwordHash: string;
  /** Another number gives other people. */
  seed?: number;
  /** People of the finished batches so far. */
  onProgress?: (done: number) => void;
}

/** Returns how many were laid now; people who stand already are left as they are. Needs the base seeds. */
export async function seedPeople(
  context: SeedContext,
  options: SeedPeopleOptions,
): Promise<{ laid: number }> {
  const { count, seed = 1, onProgress } = options;
  if (!Number.isInteger(count) || count < 0 || count > mostPeople) {
    throw new OperationError('invalid_value', `staff must be a whole number between 0 and ${mostPeople}`);
  }
  const passwordHash = parsePasswordHash(options.passwordHash);
  const starts = Array.from({ length: Math.ceil(count / batchSize) }, (_, batch) => 1 + batch * batchSize);
  let done = 0;
  let laid = 0;
  const layRest = async (): Promise<void> => {
    for (let first = starts.shift(); first !== undefined; first = starts.shift()) {
      const input = { seed, first, last: Math.min(first + batchSize - 1, count), passwordHash };
      const origin = { identity: context.identity, request: randomUUID() };
      const { output } = await context.runner.run(layPeople, input, origin);
      laid += output;
      done += input.last - first + 1;
      onProgress?.(done);
    }
  };
  // One batch is made up while the database takes in another.
  await Promise.all([layRest(), layRest()]);
  return { laid };
}

interface LayPeopleInput {
  seed: number;
  first: number;
  last: number;
  passwordHash: string;
}

const layPeople: Command<LayPeopleInput, number> = {
  name: 'seed.people',
  async execute(context, input) {
    await authorise(context, 'person.manage', null);
    const standing = await context.tx.find('organisation', {});
    const uuids = new Map(standing.map((one) => [one.code, one.uuid]));
    const organisations = seedOrganisations
      .filter((one) => one.annex !== null)
      .map((one) => ({ ...one, uuid: referTo(uuids, one.code) }));
    const people: GeneratedPerson[] = [];
    for (let index = await firstMissing(context, input); index <= input.last; index++) {
      people.push(generatePerson({ ...input, index, organisations, now: context.now }));
    }
    await insertPeople(context, people);
    return people.length;
  },
};

/** A batch is laid whole or from a multiple of its size on, so the missing are its last: found by halving. */
async function firstMissing({ tx }: CommandContext, input: LayPeopleInput): Promise<number> {
  let low = input.first;
  let high = input.last + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((await tx.accountByUid(generatedUid(middle))) === undefined) high = middle;
    else low = middle + 1;
  }
  return low;
}

async function insertPeople({ tx }: CommandContext, people: readonly GeneratedPerson[]): Promise<void> {
  if (people.length === 0) return;
  await tx.insert('person', ...people.map((one) => one.person));
  await tx.insert('post', ...people.map((one) => one.post));
  await tx.insert('employment', ...people.map((one) => one.employment));
  await tx.insert('assignment', ...people.map((one) => one.assignment));
  await tx.insert('mail_address', ...people.map((one) => one.mail));
  await tx.insert('account', ...people.map((one) => one.account));
  await tx.insert('credential', ...people.map((one) => one.credential));
}
