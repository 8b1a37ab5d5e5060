// Attribute selections that were asked for lately, by view and list: clients ask for the same few lists over and over, and
// a selection remembers what it decided about each layout.
import type { Visibility } from '../directory/access.ts';
import type { Schema } from '../x500/schema.ts';
import { createSelection, type Selection } from '../x500/select_attributes.ts';

/** Lists remembered for each view: the sender of ever new ones only makes its own view forget. */
const REMEMBERED = 32;
const LONGEST = 1024;

export class Selections {
  readonly #schema: Schema;
  readonly #views = new WeakMap<Visibility, Map<string, Selection>>();

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  of(request: { attributes: readonly string[]; typesOnly: boolean }, visibility: Visibility): Selection {
    const { attributes } = request;
    const key = attributes.length === 1 ? (attributes[0] ?? '') : attributes.join('\0');
    // A name with the separator in it could stand for another list, of another asker with the same view.
    const plain = key.length <= LONGEST && !attributes.some((name) => name.includes('\0'));
    if (!plain || request.typesOnly) return createSelection(this.#schema, request, visibility);
    let view = this.#views.get(visibility);
    if (view === undefined) {
      view = new Map();
      this.#views.set(visibility, view);
    }
    const known = view.get(key);
    if (known !== undefined) return known;
    if (view.size >= REMEMBERED) view.clear();
    const selection = createSelection(this.#schema, request, visibility);
    view.set(key, selection);
    return selection;
  }
}
