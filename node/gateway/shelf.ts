import type { Certificate, Verified } from '../../aggregator/messages/messages.ts'
import type { Round } from '../../aggregator/values/ids.ts'

/** What the routes and streams read; certificates on it were verified. */
export interface Certificates {
  /** The one of the highest round; null before the first. */
  readonly latest: () => Verified<Certificate> | null
  readonly of: (round: Round) => Verified<Certificate> | null
  /** Those of a range of rounds, ascending, at most so many. */
  readonly kept: (asked: {
    readonly from: Round
    readonly to: Round
    readonly limit: number
  }) => readonly { readonly round: Round; readonly bytes: Uint8Array }[]
  /** Calls `onNewest` for each certificate of a higher round than any before, until it is ended. */
  readonly follow: (onNewest: (certificate: Verified<Certificate>) => void) => () => void
}

export interface ShelfOptions {
  /** Certificates kept; beyond it the one of the lowest round is dropped. */
  readonly certificatesMax: number
}

/** The newest certificates, one a round: the first of a round says all that later ones say. */
export class Shelf implements Certificates {
  #certificatesMax: number
  readonly #byRound = new Map<Round, Verified<Certificate>>()
  /** Of all that are here, ascending. */
  readonly #rounds: Round[] = []
  readonly #followers = new Set<(certificate: Verified<Certificate>) => void>()
  #latest: Verified<Certificate> | null = null

  constructor(options: ShelfOptions) {
    this.#certificatesMax = options.certificatesMax
  }

  /**
   * Puts a verified certificate here, unless its round has one or is older than all that is kept.
   */
  add(certificate: Verified<Certificate>): void {
    const { round } = certificate.message
    if (this.#byRound.has(round)) return
    this.#byRound.set(round, certificate)
    this.#rounds.splice(this.#placeOf(round), 0, round)
    this.#dropLowest()
    if (this.#latest !== null && round <= this.#latest.message.round) return
    this.#latest = certificate
    for (const onNewest of this.#followers) onNewest(certificate)
  }

  /** Another number from now on; what is too much then is dropped, the lowest rounds first. */
  setCertificatesMax(certificatesMax: number): void {
    this.#certificatesMax = certificatesMax
    this.#dropLowest()
  }

  latest(): Verified<Certificate> | null {
    return this.#latest
  }

  of(round: Round): Verified<Certificate> | null {
    return this.#byRound.get(round) ?? null
  }

  kept({ from, to, limit }: Parameters<Certificates['kept']>[0]): ReturnType<Certificates['kept']> {
    const first = this.#placeOf(from)
    const rounds = this.#rounds.slice(first, first + limit).filter((round) => round <= to)
    return rounds.flatMap((round) => {
      const certificate = this.#byRound.get(round)
      return certificate === undefined ? [] : [{ round, bytes: certificate.bytes }]
    })
  }

  follow(onNewest: (certificate: Verified<Certificate>) => void): () => void {
    this.#followers.add(onNewest)
    return () => this.#followers.delete(onNewest)
  }

  #dropLowest(): void {
    const surplus = Math.max(0, this.#rounds.length - this.#certificatesMax)
    for (const round of this.#rounds.splice(0, surplus)) this.#byRound.delete(round)
  }

  /** Where a round stands among those that are here, or would stand. */
  #placeOf(round: Round): number {
    let [low, high] = [0, this.#rounds.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#rounds[middle] as Round) < round) low = middle + 1
      else high = middle
    }
    return low
  }
}
