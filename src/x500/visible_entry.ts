// Whether an entry exists for a reader at all (directory/access.ts Visibility): its kind, and for people the population and
// whether they are in service.
import type { Visibility } from '../directory/access.ts';
import type { Entry } from './entry.ts';
import { isOwn, seesFormerStaff } from './visible_positions.ts';

/** False: for this reader there is no such entry. One's own entry is seen whatever the population. */
export function isVisibleEntry(visibility: Visibility, entry: Entry): boolean {
  if (!visibility.kinds.has(entry.kind)) return false;
  const { population } = visibility;
  if (entry.standing === 'left' && !seesFormerStaff(visibility, entry)) return isOwn(visibility, entry);
  if (population === null || entry.kind !== 'person') return true;
  return (entry.organisation !== null && population.has(entry.organisation)) || isOwn(visibility, entry);
}

/** True for a person of whom the reader sees a name and no more. */
export function showsNameOnly(visibility: Visibility, entry: Entry): boolean {
  return entry.standing === 'suspended' && !seesFormerStaff(visibility, entry) && !isOwn(visibility, entry);
}
