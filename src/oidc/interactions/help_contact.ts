// Whom a person asks for help: the department's own contact, told only after the person proved who they are.
import type { Language } from '../../directory/vocabulary.ts';
import { textValues } from '../../x500/entry.ts';
import type { AccountRecord } from '../../x500/read_model.ts';
import type { SignOnModel } from '../ports.ts';

const attribute = { en: 'bauhiniaHelpContact', 'zh-Hant': 'bauhiniaHelpContact;lang-zh-hant' } as const;

/** In the person's language, else in the other; null when the organisation names none. */
export function helpContactOf(
  readModel: Pick<SignOnModel, 'schema' | 'entryByUuid'>,
  account: Pick<AccountRecord, 'organisation'>,
  language: Language,
): string | null {
  const { organisation } = account;
  const entry = organisation === null ? undefined : readModel.entryByUuid('organisation', organisation);
  if (entry === undefined) return null;
  const named = (description: string) => textValues(readModel.schema, entry, description)[0];
  return named(attribute[language]) ?? named(attribute.en) ?? named(attribute['zh-Hant']) ?? null;
}
