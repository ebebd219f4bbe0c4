import type { Event } from '../../aggregator/events.ts'
import type { MemberIndex } from '../../aggregator/values/ids.ts'
import type { Trace } from '../determinism/trace.ts'

const EVENT_MARK: Readonly<Record<Event['type'], number>> = {
  started: 1,
  alarmFired: 2,
  sampled: 3,
  received: 4,
  memberAhead: 5,
  syncRequested: 6,
  shareSigned: 7,
  combined: 8,
  chainRead: 9,
  transmitted: 10,
  termSet: 11,
  pastLearned: 12,
  memberBehind: 13,
  answered: 14,
}

const OUTCOME_MARK = { landed: 1, superseded: 2, failed: 3 } as const

/** Adds an event of a machine to the trace, without any byte that a signature scheme chooses. */
export function markEvent(
  trace: Trace,
  about: {
    readonly nowUs: number
    readonly member: MemberIndex
    readonly event: Event
    /** Of a message that came from the network. */
    readonly marks: readonly [number, number] | null
  },
): void {
  const { nowUs, member, event, marks } = about
  trace.addWide(nowUs)
  trace.add(member)
  trace.add(EVENT_MARK[event.type])
  if (marks !== null) {
    trace.add(marks[0])
    trace.add(marks[1])
  }
  switch (event.type) {
    case 'sampled':
      trace.addWide(event.round)
      for (const value of event.values) addValue(trace, value)
      return
    case 'answered':
      trace.add(event.from)
      return
    case 'memberAhead':
    case 'memberBehind':
      trace.addWide(event.round)
      trace.add(event.member)
      return
    case 'shareSigned':
      trace.addWide(event.round)
      trace.add(event.slot)
      trace.add(event.share === null ? 0 : 1)
      return
    case 'combined':
      trace.addWide(event.round)
      trace.add(event.signature === null ? 0 : 1)
      trace.add(event.culprits)
      return
    case 'chainRead':
      for (const { round, value } of event.feeds) {
        trace.addWide(round)
        addValue(trace, value)
      }
      return
    case 'transmitted':
      trace.addWide(event.round)
      trace.add(OUTCOME_MARK[event.outcome])
      return
    default:
  }
}

function addValue(trace: Trace, value: bigint | null): void {
  if (value === null) {
    trace.add(0)
    return
  }
  const number = Number(value)
  if (number >= 0 && Number.isSafeInteger(number)) {
    trace.add(1)
    trace.addWide(number)
    return
  }
  const bits = BigInt.asUintN(64, value)
  trace.addAll([1, Number(bits & 0xffffffffn), Number(bits >> 32n)])
}
