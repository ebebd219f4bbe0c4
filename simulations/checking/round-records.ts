import type { Round } from '../../aggregator/values/ids.ts'

export interface RoundRecordsOptions {
  /** Rounds that are kept: one more takes the place of the oldest. */
  readonly rounds: number
  /** Rows of each round, such as one for each member. */
  readonly rows: number
  /** Records that a row has room for at first; it doubles for all rows when one has more. */
  readonly recordsEach: number
  /** Bytes of one record, and of its beginning that tells it from the others of its row. */
  readonly bytes: number
  readonly keyBytes: number
}

/**
 * Records of bytes by round and row, copied into one array. As objects, what checkers remember of
 * hundreds of rounds was most of what the engine's collector had to carry along (ADR 0094).
 */
export class RoundRecords {
  readonly #options: RoundRecordsOptions
  readonly #rounds: Float64Array
  readonly #counts: Uint32Array
  #recordsEach: number
  #bytes: Uint8Array

  constructor(options: RoundRecordsOptions) {
    const rows = options.rounds * options.rows
    this.#options = options
    this.#recordsEach = options.recordsEach
    this.#rounds = new Float64Array(rows).fill(-1)
    this.#counts = new Uint32Array(rows)
    this.#bytes = new Uint8Array(rows * options.recordsEach * options.bytes)
  }

  count(round: Round, row = 0): number {
    const at = this.#rowOf(round, row)
    return this.#rounds[at] === round ? (this.#counts[at] as number) : 0
  }

  /** Where in a row the record with a key stands, from 0; −1 when there is none. */
  find(key: Uint8Array, round: Round, row = 0): number {
    const count = this.count(round, row)
    for (let place = 0; place < count; place++) {
      if (this.#begins(this.#startOf(round, row, place), key)) return place
    }
    return -1
  }

  /** Adds a record at the end of its row, which forgets what it held of an older round. */
  add(record: Uint8Array, round: Round, row = 0): void {
    const at = this.#rowOf(round, row)
    const count = this.count(round, row)
    if (count === this.#recordsEach) this.#grow()
    this.#rounds[at] = round
    this.#counts[at] = count + 1
    this.#bytes.set(record, this.#startOf(round, row, count))
  }

  /** A record itself, to be read or changed before another one is added. */
  at(place: number, round: Round, row = 0): Uint8Array {
    const start = this.#startOf(round, row, place)
    return this.#bytes.subarray(start, start + this.#options.bytes)
  }

  #rowOf(round: Round, row: number): number {
    const { rounds, rows } = this.#options
    return (round % rounds) * rows + row
  }

  #startOf(round: Round, row: number, place: number): number {
    return (this.#rowOf(round, row) * this.#recordsEach + place) * this.#options.bytes
  }

  #begins(start: number, key: Uint8Array): boolean {
    const { keyBytes } = this.#options
    for (let at = 0; at < keyBytes; at++) if (this.#bytes[start + at] !== key[at]) return false
    return true
  }

  #grow(): void {
    const { bytes } = this.#options
    const rowBytes = this.#recordsEach * bytes
    const larger = new Uint8Array(2 * this.#bytes.length)
    for (let row = 0; row < this.#counts.length; row++) {
      larger.set(this.#bytes.subarray(row * rowBytes, (row + 1) * rowBytes), 2 * row * rowBytes)
    }
    this.#recordsEach *= 2
    this.#bytes = larger
  }
}
