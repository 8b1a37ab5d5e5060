// Extension attributes are checked against the schema before they are written: what stands in the column is shown as it is.
import { OperationError } from '../../errors.ts';
import type { CommandContext } from '../ports.ts';
import type { ExtensibleKind } from '../rules.ts';
import type { Extension } from '../tables.ts';

/** Error: schema_violation, naming the first attribute that may not stand there, or two that are the same. */
export function requireExtension(
  { rules }: CommandContext,
  kind: ExtensibleKind,
  extension: Extension | undefined,
): void {
  const spelled = new Map<string, string>();
  for (const [name, values] of Object.entries(extension ?? {})) {
    const refusal = rules.refuseExtension(kind, name, values);
    if (refusal !== null)
      throw new OperationError('schema_violation', `extension attribute ${name} ${refusal}`);
    const spelling = rules.spellDescription(name);
    const twin = spelled.get(spelling);
    if (twin !== undefined) {
      throw new OperationError(
        'schema_violation',
        `extension attributes ${twin} and ${name} are the same attribute: give its values under one of them`,
      );
    }
    spelled.set(spelling, name);
  }
}
