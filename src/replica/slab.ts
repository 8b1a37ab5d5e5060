// Memory for encoded entries: large buffers that many entries share, so that an entry costs no ArrayBuffer of its own.
// Octets once written never change; an entry that changes gets new room and its old room is counted as free. A slab that
// is mostly free is reported, so that its last tenants can be moved and the whole slab dropped.

const slabSize = 1 << 20;

export class Slab {
  readonly octets: Buffer;
  used = 0;
  live = 0;

  constructor(size: number) {
    this.octets = Buffer.allocUnsafeSlow(size);
  }
}

export class Slabs {
  #current = new Slab(slabSize);
  readonly #sparse = new Set<Slab>();

  /** A slab with `size` octets of room; they start at its `used`, which the caller moves through `take`. */
  reserve(size: number): Slab {
    if (size > slabSize / 8) return new Slab(size);
    if (this.#current.used + size > slabSize) this.#current = new Slab(slabSize);
    return this.#current;
  }

  /** Counts `size` octets as written and in use; returns where they start. */
  take(slab: Slab, size: number): number {
    const start = slab.used;
    slab.used += size;
    slab.live += size;
    return start;
  }

  /** Counts octets as free. */
  release(slab: Slab, size: number): void {
    slab.live -= size;
    if (slab !== this.#current && slab.live > 0 && slab.live < slabSize / 4) this.#sparse.add(slab);
  }

  /** Slabs worth emptying, once each. A slab nobody refers to is freed by the garbage collector. */
  takeSparse(): ReadonlySet<Slab> | null {
    if (this.#sparse.size === 0) return null;
    const sparse = new Set(this.#sparse);
    this.#sparse.clear();
    return sparse;
  }
}
