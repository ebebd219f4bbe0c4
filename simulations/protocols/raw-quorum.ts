import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import type { CreateProtocolMember, Observed } from '../protocol/member.ts'
import { reportOf } from '../protocol/report-of.ts'

/** Rounds that a reader keeps values of: clocks differ, so the next round may begin early. */
const ROUNDS_KEPT = 3

/**
 * Signed values without agreement, as pull oracles have them (RedStone's data packages, in part
 * Pyth's publishers): everyone signs its own value at the tick, and whoever reads takes the median
 * of the first 2f+1 that reach it. Two readers may hold different prices of one round, and whoever
 * reads may choose among what it was handed; readers here do not.
 *
 * Left out: what stores and forwards the packages, and Pyth's aggregation on a chain of its own.
 */
export const createRawQuorum: CreateProtocolMember = (port) => {
  const heard = new Map<Round, Map<MemberIndex, Observed>>()
  let forgotten: Round = 0
  return {
    onStart: () => undefined,
    onRound: (round) => {
      forgotten = round - ROUNDS_KEPT
      for (const kept of heard.keys()) if (kept <= forgotten) heard.delete(kept)
      const observed = [{ member: port.member, values: port.observe(round) }]
      port.broadcast({ type: 'observation', round, epoch: 0, observed, signatures: 0 })
    },
    onMessage: (from, { round, observed = [] }) => {
      if (round <= forgotten) return
      const known = heard.get(round) ?? new Map<MemberIndex, Observed>()
      if (known.size > 2 * port.f) return
      heard.set(round, known)
      for (const each of observed) known.set(from, each)
      if (known.size <= 2 * port.f) return
      port.certify({ round, report: reportOf([...known.values()]), attempt: 'first' })
    },
    onAlarm: () => undefined,
  }
}
