// What a reader of the directory sees, from access.ts's policy: one interned object for each distinct view, so that the
// readers of the replica may cache by the object itself. What a role opens, it opens within the scope of its grant: whoever
// administers one office is an ordinary reader of all others.
import {
  type AccessPolicy,
  type Audience,
  mayLearnClearance,
  type ObjectKind,
  type OrganisationSet,
  objectKinds,
  type ScopedView,
  type Visibility,
} from './access.ts';
import { isAtLeast, strengthCeiling } from './clearance.ts';
import type { Identity, RoleGrant } from './identity.ts';
import type { RelyingSystemRow } from './tables.ts';
import type { Role } from './vocabulary.ts';

/** The facts of a relying system that bound its view. */
export type SystemView = Pick<RelyingSystemRow, 'uuid' | 'clearance_approved' | 'classification'> & {
  readonly population: readonly string[] | null;
  readonly released_attributes: readonly string[];
};

/**
 * The view of one reader. `system` is the relying system that a service account belongs to; a service account without
 * one sees nothing.
 */
export type VisibilityOf = (identity: Identity, system?: SystemView) => Visibility;

/** The address book; certificates of the authorities and their revocation lists are for every reader of mail. */
const addressBookKinds = objectKinds.filter((kind) => kind !== 'system');

/** Roles that see everything within their scope. */
const administrativeRoles: readonly Role[] = ['directory_administrator', 'auditor'];
const clearanceRoles: readonly Role[] = ['clearance_officer'];

/** People's own views are many: beyond this number the longest unused is made again when next asked for. */
const maxPersonalViews = 20_000;

/** Counts people of everywhere. What names them is filtered value by value (replica/entry_views.ts). */
const tellsOfOthers = 'numsubordinates';
const noNames: ReadonlySet<string> = new Set();

/** The view without bounds: the console's, and that of administrators and auditors of the whole government. */
export const wholeDirectory: Visibility = {
  attributes: 'all',
  kinds: new Set(objectKinds),
  population: null,
  formerStaff: true,
  scopes: [],
  self: null,
  selfAttributes: noNames,
};

export interface VisibilityOptions {
  /** A setting, false by default. */
  readonly anonymousReads: boolean;
  /** These organisations and all below them, followed as they change (ReadModel.organisationsUnder). */
  readonly organisationsUnder: (tops: readonly string[]) => OrganisationSet;
}

/** Makes the deciding function; called once by server/serving.ts. */
export function createVisibilities(policy: AccessPolicy, options: VisibilityOptions): VisibilityOf {
  const named = (...audiences: Audience[]): ReadonlySet<string> =>
    new Set(audiences.flatMap((audience) => policy.audiences[audience].map((name) => name.toLowerCase())));
  const view = (attributes: Visibility['attributes'], kinds: readonly ObjectKind[]): Visibility => ({
    attributes,
    kinds: new Set(kinds),
    population: null,
    formerStaff: false,
    scopes: [],
    self: null,
    selfAttributes: noNames,
  });

  const addressBook = view(named('address_book', 'operational'), addressBookKinds);
  const clearances = named('clearance', 'clearance_record');
  const withClearances = view(
    named('address_book', 'operational', 'clearance', 'clearance_record'),
    addressBookKinds,
  );
  const nothing = view(noNames, []);
  // Whatever others may be told about a person, the person may read (PDPO, data protection principle 6).
  const selfAttributes = named('self', 'relying_system', 'clearance', 'clearance_record');
  const personal = new Map<string, Visibility>();
  const systems = new Map<string, Visibility>();

  /** The same object while it stays in use; Map keeps the order of insertion, so the first is the longest unused. */
  function intern(key: string, make: () => Visibility): Visibility {
    const found = personal.get(key) ?? make();
    personal.delete(key);
    personal.set(key, found);
    const oldest = personal.size > maxPersonalViews ? personal.keys().next().value : undefined;
    if (oldest !== undefined) personal.delete(oldest);
    return found;
  }

  function ofPerson({ grants }: Identity, person: string): Visibility {
    if (grants.length === 0) return intern(person, () => ({ ...addressBook, self: person, selfAttributes }));
    const administered = scopeOf(grants, administrativeRoles);
    if (administered === 'everywhere') return wholeDirectory;
    const cleared = scopeOf(grants, clearanceRoles);
    const key = JSON.stringify([person, administered, cleared]);
    return intern(key, () => ({
      ...(cleared === 'everywhere' ? withClearances : addressBook),
      kinds: administered.length > 0 ? wholeDirectory.kinds : addressBook.kinds,
      scopes: [
        ...within(administered, { attributes: 'all', formerStaff: true }),
        ...(cleared === 'everywhere' ? [] : within(cleared, { attributes: clearances, formerStaff: false })),
      ],
      self: person,
      selfAttributes,
    }));
  }

  function within(tops: readonly string[], opened: Omit<ScopedView, 'organisations'>): ScopedView[] {
    return tops.length === 0 ? [] : [{ ...opened, organisations: options.organisationsUnder(tops) }];
  }

  function ofSystem(system: SystemView): Visibility {
    const released = system.released_attributes.map((name) => name.toLowerCase()).sort();
    const population = system.population === null ? null : [...system.population].sort();
    // An entry shows one value to all systems, what a password proves, so a system that handles less is told none here; a
    // sign-on tells it what the person may read there.
    const clearances =
      mayLearnClearance(system) && isAtLeast(system.classification, strengthCeiling('password'));
    const key = JSON.stringify([released, population, clearances]);
    const found = systems.get(key) ?? {
      ...addressBook,
      attributes: withinPopulation(releasedNames(released, clearances), population),
      population: population === null ? null : new Set(population),
    };
    systems.set(key, found);
    return found;
  }

  /** What counts people of everywhere is no part of a view of some. */
  function withinPopulation(
    names: ReadonlySet<string>,
    population: readonly string[] | null,
  ): ReadonlySet<string> {
    if (population === null) return names;
    return new Set([...names].filter((name) => name !== tellsOfOthers));
  }

  /** A release names what policy lets systems have; clearances take an approval, whatever the release names. */
  function releasedNames(released: readonly string[], clearanceApproved: boolean): ReadonlySet<string> {
    const releasable = named('relying_system');
    const clearances = clearanceApproved ? named('clearance') : noNames;
    const allowed = released.filter((name) => releasable.has(name));
    return new Set([...named('address_book', 'operational'), ...allowed, ...clearances]);
  }

  return (identity, system) => {
    if (identity.strength === 'console') return wholeDirectory;
    if (identity.strength === 'none' || identity.account === null) {
      return options.anonymousReads ? addressBook : nothing;
    }
    if (identity.person !== null) return ofPerson(identity, identity.person);
    return system !== undefined && system.uuid === identity.relyingSystem ? ofSystem(system) : nothing;
  };
}

/** The organisations that grants of these roles are over, in order and each once. */
function scopeOf(grants: readonly RoleGrant[], of: readonly Role[]): readonly string[] | 'everywhere' {
  const tops = new Set<string>();
  for (const { role, organisation } of grants) {
    if (!of.includes(role)) continue;
    if (organisation === null) return 'everywhere';
    tops.add(organisation);
  }
  return [...tops].sort();
}
