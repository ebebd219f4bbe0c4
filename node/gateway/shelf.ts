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
    if (this.#byRound.size > this.#certificatesMax) this.#dropOldest()
    if (this.#latest !== null && round <= this.#latest.message.round) return
    this.#latest = certificate
    for (const onNewest of this.#followers) onNewest(certificate)
  }

  /** Another number from now on; what is too much then is dropped, the lowest rounds first. */
  setCertificatesMax(certificatesMax: number): void {
    this.#certificatesMax = certificatesMax
    const rounds = [...this.#byRound.keys()].sort((a, b) => b - a)
    for (const round of rounds.slice(certificatesMax)) this.#byRound.delete(round)
  }

  latest(): Verified<Certificate> | null {
    return this.#latest
  }

  of(round: Round): Verified<Certificate> | null {
    return this.#byRound.get(round) ?? null
  }

  kept({ from, to, limit }: Parameters<Certificates['kept']>[0]): ReturnType<Certificates['kept']> {
    const rounds = [...this.#byRound.keys()].filter((round) => round >= from && round <= to)
    const first = rounds.toSorted((a, b) => a - b).slice(0, limit)
    return first.flatMap((round) => {
      const certificate = this.#byRound.get(round)
      return certificate === undefined ? [] : [{ round, bytes: certificate.bytes }]
    })
  }

  follow(onNewest: (certificate: Verified<Certificate>) => void): () => void {
    this.#followers.add(onNewest)
    return () => this.#followers.delete(onNewest)
  }

  #dropOldest(): void {
    let oldest = Number.MAX_SAFE_INTEGER
    for (const round of this.#byRound.keys()) if (round < oldest) oldest = round
    this.#byRound.delete(oldest)
  }
}
