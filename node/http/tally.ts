/** How many there are of each kind, of those kinds of which there are any. */
export class Tally {
  readonly #counts = new Map<string, number>()

  /** Kinds of which there are any. */
  get size(): number {
    return this.#counts.size
  }

  of(kind: string): number {
    return this.#counts.get(kind) ?? 0
  }

  add(kind: string): void {
    this.#counts.set(kind, this.of(kind) + 1)
  }

  remove(kind: string): void {
    const left = this.of(kind) - 1
    if (left > 0) this.#counts.set(kind, left)
    else this.#counts.delete(kind)
  }
}
