import type { FeedParams } from '../../aggregator/committee/params.ts'
import { dueFeedsOf, type FeedOnChain } from '../../aggregator/delivery/due.ts'
import type { Certificate } from '../../aggregator/messages/messages.ts'

/**
 * Since when each feed is due on a chain, by the rule of the members (protocol §8.2) and with what
 * nobody of them has: the newest certificate and the contract as they are.
 */
export class DueFeeds {
  readonly #feeds: readonly FeedParams[]
  readonly #sinceUs: (number | null)[]
  #newest: Certificate | null = null
  #held: readonly FeedOnChain[] = []

  constructor(feeds: readonly FeedParams[]) {
    this.#feeds = feeds
    this.#sinceUs = feeds.map(() => null)
  }

  /** By feed; null of one that is not due. */
  get sinceUs(): readonly (number | null)[] {
    return this.#sinceUs
  }

  /** A member holds a certificate; true when it is the newest and the first of its round. */
  certified(certificate: Certificate, nowUs: number): boolean {
    if (this.#newest !== null && this.#newest.round >= certificate.round) return false
    this.#newest = certificate
    this.#judge(nowUs)
    return true
  }

  stored(held: readonly FeedOnChain[], nowUs: number): void {
    this.#held = held
    this.#judge(nowUs)
  }

  /** Whoever is due is so from now on. */
  restart(nowUs: number): void {
    for (const [feed, sinceUs] of this.#sinceUs.entries()) {
      if (sinceUs !== null) this.#sinceUs[feed] = nowUs
    }
  }

  #judge(nowUs: number): void {
    if (this.#newest === null) return
    const due = new Set(dueFeedsOf(this.#feeds, this.#newest, this.#held))
    for (const feed of this.#sinceUs.keys()) {
      this.#sinceUs[feed] = due.has(feed) ? (this.#sinceUs[feed] ?? nowUs) : null
    }
  }
}
