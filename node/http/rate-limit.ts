import type { UnixMs } from '../../aggregator/values/time.ts'

export interface RateLimitOptions {
  readonly requestsPerMinuteMax: number
  /** Addresses that are counted apart; further ones share one count. */
  readonly addressesMax?: number
}

interface Bucket {
  tokens: number
  filledMs: UnixMs
}

const MINUTE_MS = 60_000
const SHARED = 'shared'

/** A token bucket for each address: a full minute's worth may come at once, then they trickle. */
export class RateLimit {
  #perMinute: number
  readonly #addressesMax: number
  readonly #buckets = new Map<string, Bucket>()

  constructor(options: RateLimitOptions) {
    this.#perMinute = options.requestsPerMinuteMax
    this.#addressesMax = options.addressesMax ?? 10_000
  }

  /** Another limit from now on; addresses keep what they have left, up to it. */
  setPerMinute(requestsPerMinuteMax: number): void {
    this.#perMinute = requestsPerMinuteMax
  }

  /**
   * Counts one request, or as many as what is asked for costs; whether they are within the limit.
   * Nothing costs more than a full bucket, so that it can be had at all.
   */
  take(address: string, nowMs: UnixMs, requests = 1): boolean {
    const bucket = this.#bucketOf(address, nowMs)
    const refill = ((nowMs - bucket.filledMs) * this.#perMinute) / MINUTE_MS
    bucket.tokens = Math.min(this.#perMinute, bucket.tokens + Math.max(0, refill))
    bucket.filledMs = nowMs
    const cost = Math.min(requests, this.#perMinute)
    if (bucket.tokens < cost) return false
    bucket.tokens -= cost
    return true
  }

  #bucketOf(address: string, nowMs: UnixMs): Bucket {
    const known = this.#buckets.get(address)
    if (known !== undefined) return known
    if (this.#buckets.size >= this.#addressesMax) this.#dropFull(nowMs)
    const key = this.#buckets.size >= this.#addressesMax ? SHARED : address
    const bucket = this.#buckets.get(key) ?? { tokens: this.#perMinute, filledMs: nowMs }
    this.#buckets.set(key, bucket)
    return bucket
  }

  /** Addresses that were silent for a minute have a full bucket and need not be remembered. */
  #dropFull(nowMs: UnixMs): void {
    for (const [address, { filledMs }] of this.#buckets) {
      if (nowMs - filledMs >= MINUTE_MS) this.#buckets.delete(address)
    }
  }
}
