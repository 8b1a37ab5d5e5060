// Makes and publishes the next revocation list of one authority from what the inventory says now.
import type { Clock } from '../clock.ts';
import type { CommandRunner, RequestOrigin, TableReader } from '../directory/ports.ts';
import { OperationError } from '../errors.ts';
import type { Authority } from './authority.ts';
import { publishRevocationListCommand } from './commands/revocation_list_publish.ts';
import { type RevokedCertificate, signRevocationList, stillListed } from './revocation_list.ts';

export interface RevocationListPorts {
  runner: CommandRunner;
  reader: TableReader;
  clock: Clock;
  /** How long a list is valid; SBR 4.9.7: at most ten days. */
  validityDays: number;
}

export interface PublishedRevocationList {
  number: number;
  entries: number;
  thisUpdate: Date;
  nextUpdate: Date;
}

async function revokedBy(reader: TableReader, authority: string): Promise<RevokedCertificate[]> {
  const rows = await reader.find('certificate', { authority, state: 'revoked' });
  return rows.flatMap((row) => (row.revoked_at === null ? [] : [{ ...row, revoked_at: row.revoked_at }]));
}

/** `origin` needs authority.manage. Errors: conflict (another publisher was first: call again), unavailable. */
export async function publishRevocationList(
  ports: RevocationListPorts,
  authority: Authority,
  origin: RequestOrigin,
): Promise<PublishedRevocationList> {
  const [row] = await ports.reader.find('certificate_authority', { uuid: authority.uuid });
  if (row === undefined) throw new OperationError('not_found', `there is no authority ${authority.name}`);
  const thisUpdate = new Date(Math.floor(ports.clock.now().getTime() / 1000) * 1000);
  const nextUpdate = new Date(thisUpdate.getTime() + ports.validityDays * 86_400_000);
  const number = row.crl_number + 1;
  const revoked = stillListed(await revokedBy(ports.reader, authority.name), row.crl_this_update);
  const crl = await signRevocationList({ number, thisUpdate, nextUpdate, revoked }, authority);
  await ports.runner.run(
    publishRevocationListCommand,
    { authority: authority.uuid, crl, number, thisUpdate, nextUpdate },
    origin,
  );
  return { number, entries: revoked.length, thisUpdate, nextUpdate };
}
