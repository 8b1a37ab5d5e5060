// A rule publishes who meets it, and every replica keeps the members. So its reach lies within what its author manages, and
// a condition that the address book does not show takes the right of who may read it.
import type { CommandContext } from '../ports.ts';
import type { GroupRow } from '../tables.ts';
import { authoriseFor, scopeName } from './authorise.ts';

/** Errors: not_found; access_denied, naming the organisation of the rule. */
export async function requireRuleRights(context: CommandContext, rule: GroupRow['rule']): Promise<void> {
  if (rule === null) return;
  const scope = rule.organisation ?? null;
  const where = await scopeName(context, scope);
  await authoriseFor(context, 'group.manage', scope, () => `a rule over ${where}`);
  if (rule.category === undefined) return;
  const act = `a rule by category, which tells the terms of the people of ${where}`;
  await authoriseFor(context, 'person.manage', scope, () => act);
}
