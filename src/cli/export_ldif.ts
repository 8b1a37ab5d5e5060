// The directory's entries as LDIF, from a replica that lives as long as the command.
import { setImmediate as turn } from 'node:timers/promises';
import { auditEvent } from '../audit/event.ts';
import { createChangeFeed } from '../database/change_feed.ts';
import { createPublishedSource } from '../database/published_source.ts';
import { createVisibilities } from '../directory/visibility.ts';
import { openReplica } from '../replica/replica.ts';
import { checkFilter } from '../x500/check_filter.ts';
import { type AttributeValues, attributesOf, type Entry } from '../x500/entry.ts';
import { parseFilter } from '../x500/filter_text.ts';
import { ldifHeader, ldifRecord } from '../x500/ldif.ts';
import type { SearchCursor } from '../x500/read_model.ts';
import type { Session } from './session.ts';

export interface LdifQuery {
  base: string;
  filter: string;
  userAttributes: boolean;
}

export interface ExportedDirectory {
  entries: number;
  records: Iterable<string>;
}

/**
 * Finds the entries, records the act, and only then gives the text. Errors: not_found (no such base), invalid_dn,
 * invalid_request (the filter), unavailable.
 */
export async function exportDirectory(session: Session, query: LdifQuery): Promise<ExportedDirectory> {
  const { database, clock, log, settings, policy, schema, origin, audit } = session;
  const filter = checkFilter(schema, parseFilter(query.filter));
  const feed = createChangeFeed({ database, applicationName: 'bauhinia export', log });
  const source = createPublishedSource({ database, feed, clock });
  const replica = await openReplica({ source, schema, suffix: settings.suffix, clock, log });
  await replica.close(); // one snapshot is what is exported; the image stays readable

  const organisationsUnder = (tops: readonly string[]) => replica.organisationsUnder(tops);
  const visibilityOf = createVisibilities(policy, { anonymousReads: false, organisationsUnder });
  const visibility = visibilityOf(origin.identity);
  const cursor = replica.search({ base: query.base, scope: 'subtree', filter, visibility, after: 0 });
  const entries = await allOf(cursor);
  const { base, filter: text } = query;
  const act = { act: 'directory.read', base, filter: text, entries: entries.length, state: 'ended' } as const;
  audit.record(auditEvent(origin.identity, clock.now(), origin.request, act));
  await audit.flush();
  return { entries: entries.length, records: recordsOf(entries, query.userAttributes) };
}

/** By ascending id: a fresh replica publishes parents first. */
async function allOf(cursor: SearchCursor): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (;;) {
    const next = cursor.next(10_000);
    if (next === 'end') return entries;
    if (next === 'more') await turn();
    else entries.push(next);
  }
}

function* recordsOf(entries: readonly Entry[], userAttributes: boolean): Generator<string> {
  if (!userAttributes) yield ldifHeader; // slapadd takes it for an attribute
  for (const entry of entries) yield ldifRecord(entry.dn, shownAttributes(entry, userAttributes));
}

function* shownAttributes(entry: Entry, userAttributes: boolean): Generator<AttributeValues> {
  for (const { description, values } of attributesOf(entry)) {
    const { operational, name } = description.type;
    if (!userAttributes || !operational || name === 'entryUUID') {
      yield { description: description.name, values };
    }
  }
}
