import type { MemberIndex } from '../../aggregator/values/ids.ts'

export interface LimiterOptions {
  /** Messages a peer may pass on at once; at it, further ones are dropped unread. */
  readonly burst: number
  /** Messages per second that a peer may pass on in the long run. */
  readonly perSecond: number
  /** Rejected messages that cut the connection; one is forgiven for each minute without any. */
  readonly rejectsMax: number
  /** Dropped messages in a row, without the bucket ever being full again, that cut it too. */
  readonly surplusMax: number
  /** First ban in milliseconds; each further one lasts twice as long. */
  readonly banMs: number
  /** Longest ban; after as long without one, the next is a first ban again. */
  readonly banMsMax: number
  /** Accounts kept; beyond it the oldest is forgotten, ban and all. Default: without a bound. */
  readonly accountsMax?: number
}

export interface LimiterDependencies {
  /** Monotonic milliseconds. */
  readonly nowMs: () => number
}

/** What the limiter has counted of one peer, since the start. */
export interface LimiterRecord {
  readonly rejects: number
  readonly surplus: number
  readonly bans: number
}

interface Account {
  tokens: number
  refilledMs: number
  rejects: number
  rejectedMs: number
  surplus: number
  surplusTotal: number
  rejectsTotal: number
  bans: number
  bannedUntilMs: number
}

const FORGIVE_MS = 60_000

/**
 * Messages of one member in one round: observations 2, late notices 2, proposals 2 for each of 2
 * ranks, shares 2 for each of 3 slots (protocol §13), and as much again for certificates and
 * evidence, which have no sender.
 */
const MESSAGES_PER_MEMBER_AND_ROUND = 2 * (2 + 2 + 2 * 2 + 2 * 3)

/** What sizes the limits. */
export interface CommitteeSize {
  readonly members: number
  readonly roundMs: number
}

/** Distinct messages of a whole committee in one round, at most. */
export function messagesPerRound({ members }: CommitteeSize): number {
  return MESSAGES_PER_MEMBER_AND_ROUND * members
}

/** Limits of protocol §13 for one committee: what n members may say in a round, times n. */
export function limiterOptionsFor(committee: CommitteeSize): LimiterOptions {
  const perRound = messagesPerRound(committee)
  return {
    // A healed link delivers what the mesh kept for it: a few rounds at once.
    burst: 4 * perRound,
    perSecond: Math.ceil((1_000 * perRound) / committee.roundMs),
    rejectsMax: 20,
    surplusMax: 16 * perRound,
    banMs: 60_000,
    banMsMax: 3_600_000,
  }
}

/**
 * Counts by the peer that passed a message on, before any cryptography (protocol §13). It holds
 * one account for each member, so its memory is bounded by the committee; where strangers are
 * counted, by their host, `accountsMax` bounds it.
 */
export class Limiter<Peer = MemberIndex> {
  readonly #options: LimiterOptions
  readonly #nowMs: () => number
  readonly #accounts = new Map<Peer, Account>()

  constructor(options: LimiterOptions, dependencies: LimiterDependencies) {
    this.#options = options
    this.#nowMs = dependencies.nowMs
  }

  /**
   * Takes a token, or as many as something costs: `pass`, or `drop` it unread, or `cut` the
   * connection now.
   */
  admit(peer: Peer, cost = 1): 'pass' | 'drop' | 'cut' {
    const nowMs = this.#nowMs()
    const account = this.#account(peer, nowMs)
    if (nowMs < account.bannedUntilMs) return 'drop'
    this.#refill(account, nowMs)
    if (account.tokens >= cost) {
      account.tokens -= cost
      return 'pass'
    }
    account.surplus += cost
    account.surplusTotal += cost
    if (account.surplus < this.#options.surplusMax) return 'drop'
    this.#ban(account, nowMs)
    return 'cut'
  }

  /** Counts a message that only a faulty peer passes on: `counted`, or `cut` the connection now. */
  reject(peer: Peer): 'counted' | 'cut' {
    const nowMs = this.#nowMs()
    const account = this.#account(peer, nowMs)
    if (nowMs < account.bannedUntilMs) return 'counted'
    const forgiven = Math.floor((nowMs - account.rejectedMs) / FORGIVE_MS)
    account.rejects = Math.max(0, account.rejects - forgiven) + 1
    account.rejectedMs = nowMs
    account.rejectsTotal += 1
    if (account.rejects < this.#options.rejectsMax) return 'counted'
    this.#ban(account, nowMs)
    return 'cut'
  }

  /** Bans a peer that the mesh's own score has condemned. */
  ban(peer: Peer): void {
    const nowMs = this.#nowMs()
    this.#ban(this.#account(peer, nowMs), nowMs)
  }

  isBanned(peer: Peer): boolean {
    const account = this.#accounts.get(peer)
    return account !== undefined && this.#nowMs() < account.bannedUntilMs
  }

  record(peer: Peer): LimiterRecord {
    const account = this.#accounts.get(peer)
    if (account === undefined) return { rejects: 0, surplus: 0, bans: 0 }
    return { rejects: account.rejectsTotal, surplus: account.surplusTotal, bans: account.bans }
  }

  #account(peer: Peer, nowMs: number): Account {
    let account = this.#accounts.get(peer)
    if (account === undefined) {
      account = {
        tokens: this.#options.burst,
        refilledMs: nowMs,
        rejects: 0,
        rejectedMs: nowMs,
        surplus: 0,
        surplusTotal: 0,
        rejectsTotal: 0,
        bans: 0,
        bannedUntilMs: 0,
      }
      this.#makeRoom()
      this.#accounts.set(peer, account)
    }
    return account
  }

  #makeRoom(): void {
    if (this.#accounts.size < (this.#options.accountsMax ?? Number.POSITIVE_INFINITY)) return
    for (const oldest of this.#accounts.keys()) {
      this.#accounts.delete(oldest)
      return
    }
  }

  #refill(account: Account, nowMs: number): void {
    const gained = ((nowMs - account.refilledMs) * this.#options.perSecond) / 1_000
    account.tokens = Math.min(this.#options.burst, account.tokens + gained)
    account.refilledMs = nowMs
    if (account.tokens === this.#options.burst) account.surplus = 0
  }

  #ban(account: Account, nowMs: number): void {
    const { banMs, banMsMax } = this.#options
    if (nowMs - account.bannedUntilMs > banMsMax) account.bans = 0
    // 2 ** 30 ms is far beyond every ban: the exponent stays small whatever the count.
    account.bannedUntilMs = nowMs + Math.min(banMsMax, banMs * 2 ** Math.min(account.bans, 30))
    account.bans += 1
    account.rejects = 0
    account.surplus = 0
    account.tokens = this.#options.burst
  }
}
