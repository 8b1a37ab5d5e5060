// Names of entries (normal DNs, uuids, login names), each leading to one entry id.
import { KeyTable } from './key_table.ts';

export class IdTable {
  readonly #keys = new KeyTable();
  #ids = new Int32Array(16);

  get size(): number {
    return this.#keys.size;
  }

  /** The id under the name; -1 when there is none. */
  get(name: string): number {
    const slot = this.#keys.slotOf(name);
    return slot < 0 ? -1 : (this.#ids[slot] ?? -1);
  }

  /** Sets it and returns the name's slot, by which `nameAt` gives it back. */
  set(name: string, id: number): number {
    const slot = this.#keys.add(name);
    if (slot >= this.#ids.length) {
      const grown = new Int32Array(this.#ids.length * 2);
      grown.set(this.#ids);
      this.#ids = grown;
    }
    this.#ids[slot] = id;
    return slot;
  }

  /** Forgets the name if it leads to this id; another entry may have taken it since. */
  delete(name: string, id: number): void {
    const slot = this.#keys.slotOf(name);
    if (slot >= 0 && this.#ids[slot] === id) this.#keys.remove(slot);
  }

  nameAt(slot: number): string {
    return this.#keys.keyAt(slot);
  }
}
