/**
 * A map for what comes and goes in order, such as the rounds of a window: few entries at once, and
 * the latest are asked for most.
 *
 * Not a `Map`: an engine that makes room in one leaves the old table behind with all its entries,
 * linked to the new table. Once one of these tables is old, the quick collection of young objects
 * keeps every later table, and with it all that the window ever held (ADR 0087).
 */
export class RecentMap<K, V> {
  readonly #sizeMax: number
  readonly #keys: K[] = []
  readonly #values: V[] = []

  /** @param sizeMax entries kept: one more takes the place of the one that was set first */
  constructor(sizeMax: number = Number.POSITIVE_INFINITY) {
    this.#sizeMax = sizeMax
  }

  get size(): number {
    return this.#keys.length
  }

  get(key: K): V | undefined {
    const place = this.#placeOf(key)
    return place < 0 ? undefined : this.#values[place]
  }

  has(key: K): boolean {
    return this.#placeOf(key) >= 0
  }

  set(key: K, value: V): void {
    const place = this.#placeOf(key)
    if (place >= 0) {
      this.#values[place] = value
      return
    }
    this.#keys.push(key)
    this.#values.push(value)
    if (this.#keys.length > this.#sizeMax) this.#remove(0)
  }

  /** @returns whether there was such an entry */
  delete(key: K): boolean {
    const place = this.#placeOf(key)
    if (place < 0) return false
    this.#remove(place)
    return true
  }

  /** Deletes the entries that are over by their key. */
  deleteWhere(isOver: (key: K) => boolean): void {
    for (let place = this.#keys.length - 1; place >= 0; place--) {
      if (isOver(this.#keys[place] as K)) this.#remove(place)
    }
  }

  /** In the order in which they were set; not a copy. */
  values(): readonly V[] {
    return this.#values
  }

  #placeOf(key: K): number {
    let place = this.#keys.length - 1
    while (place >= 0 && this.#keys[place] !== key) place -= 1
    return place
  }

  #remove(place: number): void {
    // Nearly always the first one goes, for which the engine has a quicker way.
    if (place === 0) {
      this.#keys.shift()
      this.#values.shift()
      return
    }
    this.#keys.splice(place, 1)
    this.#values.splice(place, 1)
  }
}
