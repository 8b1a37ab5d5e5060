// Whom a person asks for help: the department's own contact, told only after the person proved who they are.
import type { Language } from '../../directory/vocabulary.ts';
import { textValues } from '../../x500/entry.ts';
import type { AccountRecord } from '../../x500/read_model.ts';
import type { OidcSettings, SignOnModel } from '../ports.ts';

const attribute = { en: 'bauhiniaHelpContact', 'zh-Hant': 'bauhiniaHelpContact;lang-zh-hant' } as const;

interface ContactPorts {
  readModel: Pick<SignOnModel, 'schema' | 'entryByUuid'>;
  settings: Pick<OidcSettings, 'helpContact'>;
}

/**
 * In the person's language, else in the other. Where the organisation names none, and of nobody who proved who they are
 * (undefined): everybody's contact; null when there is none.
 */
export function helpContactOf(
  { readModel, settings }: ContactPorts,
  proved: Pick<AccountRecord, 'organisation'> | undefined,
  language: Language,
): string | null {
  const organisation = proved?.organisation ?? null;
  const entry = organisation === null ? undefined : readModel.entryByUuid('organisation', organisation);
  const named = (description: string) => entry && textValues(readModel.schema, entry, description)[0];
  return (
    named(attribute[language]) ?? named(attribute.en) ?? named(attribute['zh-Hant']) ?? settings.helpContact
  );
}
