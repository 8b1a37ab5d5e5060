// Reads of whole tables outside any command. Secrets of people do not come this way: of credentials it gives only those
// of service accounts (client secrets), and of key escrow nothing.
import type { TableReader } from '../directory/ports.ts';
import type { Database } from './pool.ts';
import { findRows } from './rows.ts';
import { speaking } from './sqlstate.ts';

export function createTableReader({ knex }: Database): TableReader {
  return {
    count: (table) =>
      speaking(async () => {
        const row = await knex(table).count({ count: '*' }).first();
        return Number(row?.count ?? 0);
      }),
    find: (table, where) =>
      speaking(async () => {
        if (table === 'key_escrow') throw new TypeError('escrowed keys are read by commands alone');
        const rows = await findRows(knex, table, where);
        if (table !== 'credential') return rows;
        const services: { uuid: string }[] = await knex('account').select('uuid').where('kind', 'service');
        const ofServices = new Set(services.map((account) => account.uuid));
        return rows.filter((row) => 'account' in row && ofServices.has(row.account));
      }),
  };
}
