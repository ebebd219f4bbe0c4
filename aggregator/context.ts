import { type CandidateContext, candidateMemo } from './candidate/candidate.ts'
import { reportMemo } from './candidate/report.ts'
import type { Committee } from './committee/committee.ts'
import { turnOrderOf } from './committee/turn-order.ts'
import type { Crypto } from './signing/crypto.ts'
import type { MemberIndex, Round } from './values/ids.ts'
import { RecentMap } from './values/recent-map.ts'

/**
 * What every pure function of one committee needs. The memos hold results that depend on their keys
 * alone, so that machines of one committee may share a context (the simulator does).
 */
export interface Context extends CandidateContext {
  readonly turnOrders: RecentMap<Round, readonly MemberIndex[]>
}

/** Turn orders kept; beyond it the oldest is dropped and computed again when asked for. */
const TURN_ORDERS_MAX = 64

export function contextOf(crypto: Crypto, committee: Committee): Context {
  return {
    crypto,
    committee,
    turnOrders: new RecentMap(TURN_ORDERS_MAX),
    reports: reportMemo(),
    candidates: candidateMemo(),
  }
}

/** Turn order of a round (protocol §4.1), computed once per context. */
export function orderOf(context: Context, round: Round): readonly MemberIndex[] {
  const known = context.turnOrders.get(round)
  if (known !== undefined) return known
  const order = turnOrderOf(context.crypto.keccak256, context.committee, round)
  context.turnOrders.set(round, order)
  return order
}
