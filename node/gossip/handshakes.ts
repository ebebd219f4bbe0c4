export interface HandshakeLimits {
  /** Connections that one host may open at once. */
  readonly burst: number
  /** Connections a second of one host in the long run. */
  readonly perSecond: number
}

/** A committee behind one address, twice over. */
const MEMBER_LIMITS: HandshakeLimits = { burst: 64, perSecond: 8 }
/** Hosts remembered; beyond it the one that was quiet longest is forgotten. */
const HOSTS_MAX = 1_024

interface Bucket {
  tokens: number
  refilledMs: number
}

/**
 * Bounds the handshakes that one host can make us compute. A member's address passes every other
 * limit of the listener, and a banned member knows it: without this it could dial for ever.
 */
export class Handshakes {
  readonly #nowMs: () => number
  readonly #limits: HandshakeLimits
  /** Kept in the order of last use. */
  readonly #buckets = new Map<string, Bucket>()

  constructor(
    dependencies: { readonly nowMs: () => number },
    limits: HandshakeLimits = MEMBER_LIMITS,
  ) {
    this.#nowMs = dependencies.nowMs
    this.#limits = limits
  }

  /** Whether a connection from this host may begin its handshake. */
  admit(host: string): boolean {
    const nowMs = this.#nowMs()
    const { burst, perSecond } = this.#limits
    const bucket = this.#buckets.get(host) ?? { tokens: burst, refilledMs: nowMs }
    const gained = ((nowMs - bucket.refilledMs) * perSecond) / 1_000
    bucket.tokens = Math.min(burst, bucket.tokens + gained)
    bucket.refilledMs = nowMs
    this.#buckets.delete(host)
    this.#buckets.set(host, bucket)
    this.#forgetQuietest()
    if (bucket.tokens < 1) return false
    bucket.tokens -= 1
    return true
  }

  #forgetQuietest(): void {
    if (this.#buckets.size <= HOSTS_MAX) return
    for (const host of this.#buckets.keys()) {
      this.#buckets.delete(host)
      return
    }
  }
}
