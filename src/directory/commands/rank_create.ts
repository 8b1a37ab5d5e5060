// A new rank of the code list.
import { parseFields } from '../field.ts';
import type { Command } from '../ports.ts';
import { rankFields } from '../post.ts';
import type { RankRow } from '../tables.ts';
import { authorise } from './authorise.ts';

export type CreateRankInput = Omit<RankRow, 'uuid'>;

export const createRank: Command<CreateRankInput, { rank: RankRow }> = {
  name: 'rank.create',
  async execute(context, input) {
    await authorise(context, 'organisation.manage', null);
    const rank = { uuid: context.newUuid(), ...parseFields(rankFields, input) };
    await context.tx.insert('rank', rank);
    return { rank };
  },
};
