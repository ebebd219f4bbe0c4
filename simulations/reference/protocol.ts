/**
 * A protocol as a latency estimator sees it: messages that members send when they have waited for
 * others, and the moment at which a member has the result.
 */
export interface ReferenceProtocol {
  readonly name: string
  /** Sets of members drawn anew in each trial, by name. */
  readonly roles: Readonly<Record<string, Role>>
  /** In an order in which every message waits only for earlier ones. */
  readonly messages: readonly Message[]
  /** When a member is done. */
  readonly done: readonly Wait[]
}

export interface Role {
  /** `leader` goes round; others are drawn from this set. */
  readonly of: string
  readonly count: Count
}

export interface Message {
  readonly name: string
  /** `all`, `leader`, or a role. */
  readonly from: string
  readonly to: string
  /** Alternatives: the sender goes on at the earliest. Empty: at the start. */
  readonly after: readonly Wait[]
  /** From the end of the wait to the sending. */
  readonly workMs: number
}

/** Conditions that must all hold: so many of each message. */
export type Wait = Readonly<Record<string, Count>>

/** A number of members, or one of these of n and f; a share of n is rounded up. */
export type Count =
  | number
  | 'all'
  | 'f+1'
  | '2f+1'
  | 'n-f'
  /** ⌊(n + f) / 2⌋ + 1. */
  | 'majority'
  | `${number}%`

/** What a count means in a committee. */
export function countOf(
  count: Count,
  committee: { readonly n: number; readonly f: number },
): number {
  const { n, f } = committee
  if (typeof count === 'number') return count
  switch (count) {
    case 'all':
      return n
    case 'f+1':
      return f + 1
    case '2f+1':
      return 2 * f + 1
    case 'n-f':
      return n - f
    case 'majority':
      return Math.floor((n + f) / 2) + 1
    default:
      return Math.ceil((Number(count.slice(0, -1)) * n) / 100)
  }
}
