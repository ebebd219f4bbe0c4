/**
 * Keeps values while all of them together weigh no more than a limit; whatever was used longest ago
 * makes room for what comes.
 */
export class WeightedCache<K, V> {
  readonly #weightMax: number
  /** The one that was used longest ago comes first. */
  readonly #entries = new Map<K, { readonly value: V; readonly weight: number }>()
  #weight = 0

  constructor(weightMax: number) {
    this.#weightMax = weightMax
  }

  has(key: K): boolean {
    return this.#entries.has(key)
  }

  /** The value, which counts as used now; undefined when it is not here. */
  get(key: K): V | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.value
  }

  /** Keeps a value; one that is heavier than the limit is not kept, and the others stay. */
  set(key: K, value: V, weight: number): void {
    this.#drop(key)
    if (weight > this.#weightMax) return
    this.#entries.set(key, { value, weight })
    this.#weight += weight
    for (const oldest of this.#entries.keys()) {
      if (this.#weight <= this.#weightMax) return
      this.#drop(oldest)
    }
  }

  clear(): void {
    this.#entries.clear()
    this.#weight = 0
  }

  #drop(key: K): void {
    this.#weight -= this.#entries.get(key)?.weight ?? 0
    this.#entries.delete(key)
  }
}
