// The organisations at some points of the tree and below them, followed as the tree changes: the scope of a role. Found
// by walking up from the organisation asked for, and remembered until the next change.
import type { OrganisationSet } from '../directory/access.ts';
import type { Image } from './image.ts';
import type { StoredEntry } from './stored_entry.ts';

export class OrganisationsUnder implements OrganisationSet {
  readonly #tops: ReadonlySet<string>;
  /** A reload puts another image in its place. */
  readonly #now: () => Image;
  #image: Image | null = null;
  #generation = 0;
  readonly #known = new Map<string, boolean>();

  constructor(tops: readonly string[], now: () => Image) {
    this.#tops = new Set(tops);
    this.#now = now;
  }

  has(uuid: string): boolean {
    const image = this.#now();
    if (image !== this.#image || image.generation !== this.#generation) {
      this.#image = image;
      this.#generation = image.generation;
      this.#known.clear();
    }
    let within = this.#known.get(uuid);
    if (within === undefined) {
      within = this.#tops.has(uuid) || this.#isBelow(image.tree.byUuid('organisation', uuid));
      this.#known.set(uuid, within);
    }
    return within;
  }

  #isBelow(organisation: StoredEntry | undefined): boolean {
    for (let at = organisation?.parent ?? null; at !== null; at = at.parent) {
      if (at.kind === 'organisation' && this.#tops.has(at.uuid)) return true;
    }
    return false;
  }
}
