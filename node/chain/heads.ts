import type { UnixMs } from '../../aggregator/values/time.ts'

/** What one endpoint says about its chain. */
export type HeadSeen =
  | {
      readonly type: 'seen'
      readonly endpoint: string
      readonly chainId: number
      readonly number: number
      readonly timestampMs: UnixMs
    }
  | { readonly type: 'unreachable'; readonly endpoint: string; readonly reason: string }

/** Why an endpoint is left out for now. */
export type EndpointFault =
  | 'RPC_UNREACHABLE'
  | 'RPC_CHAIN_ID_WRONG'
  | 'RPC_HEAD_IN_FUTURE'
  | 'RPC_HEAD_LAGS'
  | 'RPC_HEAD_AHEAD'
  | 'RPC_FORKED'
  | 'RPC_ANSWER_DIFFERS'

export interface HeadRules {
  readonly chainId: number
  readonly nowMs: UnixMs
  /** Honest endpoints may differ by so many blocks. */
  readonly lagBlocksMax: number
  /** A head older than this is not the newest when another claims more. */
  readonly ageMsMax: number
  /** A head may carry a timestamp so far after our clock. */
  readonly futureMsMax: number
}

export interface HeadVerdict {
  /** Highest block that a majority has reached; null when nobody is usable. */
  readonly reference: number | null
  /** Faults by endpoint; an endpoint without one is usable. */
  readonly faults: ReadonlyMap<string, EndpointFault>
}

type Seen = Extract<HeadSeen, { readonly type: 'seen' }>

/**
 * Compares what endpoints say about the newest block. A majority outvotes one that lags or runs
 * ahead. Two that differ have no majority; then our clock is the third witness: if the lower head
 * is recent, the higher one is invented, otherwise the lower one lags.
 */
export function judgeHeads(heads: readonly HeadSeen[], rules: HeadRules): HeadVerdict {
  const faults = new Map<string, EndpointFault>()
  const candidates: Seen[] = []
  for (const head of heads) {
    const fault = faultAlone(head, rules)
    if (fault !== null) faults.set(head.endpoint, fault)
    else if (head.type === 'seen') candidates.push(head)
  }
  if (candidates.length === 0) return { reference: null, faults }
  const reference = referenceOf(candidates, rules)
  for (const { endpoint, number } of candidates) {
    if (number < reference - rules.lagBlocksMax) faults.set(endpoint, 'RPC_HEAD_LAGS')
    if (number > reference + rules.lagBlocksMax) faults.set(endpoint, 'RPC_HEAD_AHEAD')
  }
  return { reference, faults }
}

function faultAlone(head: HeadSeen, rules: HeadRules): EndpointFault | null {
  if (head.type === 'unreachable') return 'RPC_UNREACHABLE'
  if (head.chainId !== rules.chainId) return 'RPC_CHAIN_ID_WRONG'
  if (head.timestampMs > rules.nowMs + rules.futureMsMax) return 'RPC_HEAD_IN_FUTURE'
  return null
}

function referenceOf(candidates: readonly Seen[], rules: HeadRules): number {
  const falling = candidates.toSorted((a, b) => b.number - a.number)
  const majority = Math.floor(falling.length / 2) + 1
  const reached = falling[majority - 1] as Seen
  const highest = falling[0] as Seen
  if (falling.length !== 2) return reached.number
  const apart = highest.number - reached.number > rules.lagBlocksMax
  const isRecent = reached.timestampMs >= rules.nowMs - rules.ageMsMax
  return apart && !isRecent ? highest.number : reached.number
}

/** One endpoint's answer to a question that honest endpoints answer alike. */
export interface Answer<T> {
  readonly endpoint: string
  readonly value: T
  /** Equal for equal answers. */
  readonly key: string
}

export interface Vote<T> {
  readonly value: T
  /** Endpoints that said something else than the value. */
  readonly outvoted: readonly string[]
  /** Nobody had a majority; the value is that of the endpoint configured first. */
  readonly isTied: boolean
}

/** Takes the answer most endpoints give; of equally many, the one named first. Null for none. */
export function vote<T>(answers: readonly Answer<T>[]): Vote<T> | null {
  const counts = new Map<string, number>()
  for (const { key } of answers) counts.set(key, (counts.get(key) ?? 0) + 1)
  let best: Answer<T> | null = null
  for (const answer of answers) {
    const isMore = best === null || (counts.get(answer.key) ?? 0) > (counts.get(best.key) ?? 0)
    if (isMore) best = answer
  }
  if (best === null) return null
  const { key, value } = best
  const outvoted = answers.filter((answer) => answer.key !== key).map(({ endpoint }) => endpoint)
  return { value, outvoted, isTied: 2 * (counts.get(key) ?? 0) <= answers.length }
}
