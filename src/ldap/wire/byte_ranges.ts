// Which octets of an encoded entry to send: a list of ranges without an object for each.

/** Ascending ranges of one buffer; neighbours join. Reuse it with `clear`. */
export class ByteRanges {
  readonly #edges: number[] = []; // start, end, start, end …
  #used = 0;
  #octets = 0;

  clear(): void {
    this.#used = 0;
    this.#octets = 0;
  }

  /** Adds [start, end), which must not lie before a range added already. */
  add(start: number, end: number): void {
    this.#octets += end - start;
    if (this.#used > 0 && this.#edges[this.#used - 1] === start) {
      this.#edges[this.#used - 1] = end;
      return;
    }
    this.#edges[this.#used++] = start;
    this.#edges[this.#used++] = end;
  }

  /** Number of ranges. */
  get count(): number {
    return this.#used / 2;
  }

  /** Octets in all ranges. */
  get octets(): number {
    return this.#octets;
  }

  start(range: number): number {
    return this.#edges[range * 2] as number;
  }

  end(range: number): number {
    return this.#edges[range * 2 + 1] as number;
  }
}
