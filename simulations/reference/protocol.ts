/**
 * A protocol as a latency estimator sees it: steps in which members send when they have waited for
 * others, and the moment at which a member has the result.
 */
export interface ReferenceProtocol {
  readonly name: string
  readonly about: string
  /** Sets of members, made anew in each trial; a later one may be of an earlier one. */
  readonly roles: readonly Role[]
  /** In an order in which every step waits only for earlier ones. */
  readonly steps: readonly Step[]
  /** When a member is done: at the earliest of these. */
  readonly done: readonly Wait[]
  /** The step from whose sending, on average over its senders, time counts; null: the start. */
  readonly measuredFrom: string | null
}

/**
 * Sets that are always there: `all` members, the `leader` (each in turn), `one` drawn member,
 * `expected` (not known to be silent) and `alive` (neither silent nor crashed) ones.
 */
export const SETS = ['all', 'leader', 'one', 'expected', 'alive'] as const

export interface Role {
  readonly name: string
  readonly of: string
  readonly count: Count
  /** Drawn in each trial, or the first in the order of the topology. */
  readonly pick: 'drawn' | 'first'
}

export interface Step {
  readonly name: string
  /** A set or a role. */
  readonly from: string
  readonly to: string
  /** Alternatives: the sender goes on at the earliest. Empty: at the start. */
  readonly after: readonly Wait[]
  /** From the end of the wait to the sending. */
  readonly workMs: number
}

/** Holds when so many of each of these steps have arrived, and not before a time. */
export interface Wait {
  readonly elapsedMs: number
  readonly counts: readonly { readonly step: string; readonly count: Count }[]
}

/** A number of members, or one of these of n and f. */
export type Count =
  | number
  /** As many as there are senders, or members to draw from. */
  | 'all'
  | 'f+1'
  | '2f+1'
  | 'n-f'
  /** ⌊(n + f) / 2⌋ + 1. */
  | 'majority'
  /** Of n, rounded up; with decimals, as in `66.7%`. */
  | `${number}%`

/**
 * What a count means in a committee of `n` with at most `f` faulty where `all` are `size`. At least
 * 1: a wait for nobody would be no wait.
 */
export function countOf(
  count: Count,
  { n, f, size }: { readonly n: number; readonly f: number; readonly size: number },
): number {
  if (typeof count === 'number') return count
  switch (count) {
    case 'all':
      return size
    case 'f+1':
      return f + 1
    case '2f+1':
      return 2 * f + 1
    case 'n-f':
      return n - f
    case 'majority':
      return Math.floor((n + f) / 2) + 1
    default:
      return shareOf(count.slice(0, -1), n)
  }
}

/** In whole numbers: 0.7 × 10 is 7 and not the next above it. */
function shareOf(percent: string, n: number): number {
  const [whole = '', decimals = ''] = percent.split('.')
  const scaled = Number(whole + decimals) * n
  return Math.max(1, Math.ceil(scaled / 10 ** (2 + decimals.length)))
}
