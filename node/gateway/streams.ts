import type { Certificate, Verified } from '../../aggregator/messages/messages.ts'
import type { FeedIndex } from '../../aggregator/values/ids.ts'
import { clientNetwork } from '../client-network.ts'
import { Tally } from '../http/tally.ts'
import type { Answers } from './answers.ts'
import type { Certificates } from './shelf.ts'

export interface StreamsOptions {
  /** Readers at once; further ones are refused. */
  readonly readersMax: number
  /** Readers of one address. */
  readonly readersPerAddressMax: number
  /** Different choices of feeds that are made ready for each certificate. */
  readonly choicesMax: number
  /** A reader that takes nothing for so long, while something waits for it, is ended. */
  readonly stallMsMax: number
  /** A reader that was sent nothing for so long is sent a sign of life. */
  readonly heartbeatMs: number
}

/** Limits of every server; the numbers of readers are the operator's choice. */
export const STREAM_LIMITS = {
  readersPerAddressMax: 16,
  choicesMax: 32,
  stallMsMax: 10_000,
  heartbeatMs: 5_000,
} as const

/** The connection of one reader. */
export interface Sink {
  /** Sends one certificate as JSON; false when the connection is now full. */
  readonly send: (text: string, round: number) => boolean
  readonly beat: () => void
  /** Ends the connection at once. */
  readonly end: () => void
}

export interface Reader {
  /** The connection takes more again. */
  readonly drained: () => void
  /** The connection is gone; what it held is given back. */
  readonly closed: () => void
}

export type Opened =
  | { readonly type: 'opened'; readonly reader: Reader }
  | { readonly type: 'refused'; readonly code: 'STREAMS_TOO_MANY' }

interface Seat {
  readonly address: string
  /** The feeds as a text, equal for equal ones. */
  readonly choice: string
  readonly feeds: readonly FeedIndex[]
  readonly sink: Sink
  /** When the connection became full; null while it takes more. */
  fullSinceMs: number | null
  /** The newest that did not fit; older ones were left out. */
  waiting: Verified<Certificate> | null
  sentMs: number
}

/** What has passed since the start; every number only grows, but for `readers`. */
export interface StreamCounters {
  readonly readers: number
  readonly sent: number
  /** Certificates that a slow reader never got, because a newer one came. */
  readonly leftOut: number
}

/**
 * Sends each newest certificate to all who read along. Nothing is queued: a reader whose
 * connection is full gets the newest when it takes more again, so that one slow reader costs
 * one certificate of memory and no other reader waits for it.
 */
export class Streams {
  readonly #options: StreamsOptions
  #readersMax: number
  readonly #certificates: Certificates
  readonly #answers: Answers
  readonly #nowMs: () => number
  readonly #onStalled: () => void
  readonly #seats = new Set<Seat>()
  readonly #byAddress = new Tally()
  readonly #byChoice = new Tally()
  readonly #counters = { sent: 0, leftOut: 0 }
  #unfollow: (() => void) | null = null

  constructor(
    options: StreamsOptions,
    use: {
      readonly certificates: Certificates
      readonly answers: Answers
      /** Monotonic milliseconds. */
      readonly nowMs: () => number
      /** Told of each reader that is ended for taking nothing. */
      readonly onStalled: () => void
    },
  ) {
    this.#options = options
    this.#readersMax = options.readersMax
    this.#certificates = use.certificates
    this.#answers = use.answers
    this.#nowMs = use.nowMs
    this.#onStalled = use.onStalled
  }

  start(): void {
    this.#unfollow ??= this.#certificates.follow((certificate) => this.#offerAll(certificate))
  }

  /** Another limit for those who come from now on; readers that are here stay. */
  setReadersMax(readersMax: number): void {
    this.#readersMax = readersMax
  }

  /** Ends every reader. */
  stop(): void {
    this.#unfollow?.()
    this.#unfollow = null
    for (const seat of [...this.#seats]) this.#end(seat)
  }

  /** Begins with the newest certificate, if there is one. */
  open(given: Pick<Seat, 'address' | 'feeds' | 'sink'>): Opened {
    const choice = given.feeds.join()
    const asked = { ...given, choice, address: clientNetwork(given.address) }
    if (!this.#hasRoomFor(asked)) return { type: 'refused', code: 'STREAMS_TOO_MANY' }
    const seat: Seat = { ...asked, fullSinceMs: null, waiting: null, sentMs: this.#nowMs() }
    this.#seats.add(seat)
    this.#byAddress.add(seat.address)
    this.#byChoice.add(choice)
    const latest = this.#certificates.latest()
    if (latest !== null) this.#offer(seat, latest)
    const reader = {
      drained: () => this.#drained(seat),
      closed: () => this.#leave(seat),
    }
    return { type: 'opened', reader }
  }

  /** Ends who stalls and keeps alive who waits; the owner calls it about once a second. */
  look(): void {
    const nowMs = this.#nowMs()
    const { stallMsMax, heartbeatMs } = this.#options
    for (const seat of [...this.#seats]) {
      if (seat.fullSinceMs !== null && nowMs - seat.fullSinceMs > stallMsMax) {
        this.#onStalled()
        this.#end(seat)
      } else if (seat.fullSinceMs === null && nowMs - seat.sentMs >= heartbeatMs) {
        seat.sentMs = nowMs
        seat.sink.beat()
      }
    }
  }

  counters(): StreamCounters {
    return { readers: this.#seats.size, ...this.#counters }
  }

  #hasRoomFor({ address, choice }: Pick<Seat, 'address' | 'choice'>): boolean {
    const { readersPerAddressMax, choicesMax } = this.#options
    if (this.#seats.size >= this.#readersMax) return false
    if (this.#byAddress.of(address) >= readersPerAddressMax) return false
    return this.#byChoice.of(choice) > 0 || this.#byChoice.size < choicesMax
  }

  #leave(seat: Seat): void {
    if (!this.#seats.delete(seat)) return
    this.#byAddress.remove(seat.address)
    this.#byChoice.remove(seat.choice)
  }

  #offerAll(certificate: Verified<Certificate>): void {
    for (const seat of [...this.#seats]) this.#offer(seat, certificate)
  }

  #offer(seat: Seat, certificate: Verified<Certificate>): void {
    if (seat.fullSinceMs !== null) {
      if (seat.waiting !== null) this.#counters.leftOut += 1
      seat.waiting = certificate
      return
    }
    const nowMs = this.#nowMs()
    seat.sentMs = nowMs
    this.#counters.sent += 1
    const text = this.#answers.textOf(certificate, seat.feeds)
    if (!seat.sink.send(text, certificate.message.round)) seat.fullSinceMs = nowMs
  }

  #drained(seat: Seat): void {
    seat.fullSinceMs = null
    const { waiting } = seat
    seat.waiting = null
    if (waiting !== null && this.#seats.has(seat)) this.#offer(seat, waiting)
  }

  #end(seat: Seat): void {
    this.#leave(seat)
    seat.sink.end()
  }
}
