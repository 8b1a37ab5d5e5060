// Makes and publishes the next revocation list of one authority from what the inventory says now.
import type { Clock } from '../clock.ts';
import type { CommandRunner, RequestOrigin, RevocationInventory, TableReader } from '../directory/ports.ts';
import { OperationError } from '../errors.ts';
import type { Authority } from './authority.ts';
import { publishRevocationListCommand } from './commands/revocation_list_publish.ts';
import { signRevocationList } from './revocation_list.ts';

export interface RevocationListPorts {
  runner: CommandRunner;
  reader: TableReader;
  revocations: RevocationInventory;
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

/**
 * An expired certificate leaves the list only after one made beyond its validity has carried it (RFC 5280 3.3).
 * `origin` needs authority.manage. Errors: conflict (another publisher was first: call again), unavailable.
 */
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
  const revoked = await ports.revocations.revokedBy(authority.name, row.crl_this_update);
  const crl = await signRevocationList({ number, thisUpdate, nextUpdate, revoked }, authority);
  await ports.runner.run(
    publishRevocationListCommand,
    { authority: authority.uuid, crl, number, thisUpdate, nextUpdate },
    origin,
  );
  return { number, entries: revoked.length, thisUpdate, nextUpdate };
}
