import type { MemberIndex } from '../../aggregator/values/ids.ts'
import type { Trace } from '../determinism/trace.ts'
import type { ProtocolMessage, Values } from '../protocol/member.ts'

/** Adds what a member hears to the trace of a run. */
export function traceMessage(
  trace: Trace,
  nowUs: number,
  of: {
    readonly from: MemberIndex
    readonly to: MemberIndex
    readonly message: ProtocolMessage
  },
): void {
  const { from, to, message } = of
  const { type, epoch, round, observed = [], report = [] } = message
  trace.addWide(nowUs)
  trace.addAll([from, to, type.charCodeAt(0), type.length, epoch])
  trace.addWide(round)
  for (const { member, values } of observed) {
    trace.add(member)
    traceValues(trace, values)
  }
  traceValues(trace, report)
}

function traceValues(trace: Trace, values: Values): void {
  for (const value of values) trace.addWide(value === null ? -1 : Number(value))
}
