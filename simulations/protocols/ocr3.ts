import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import { Epochs } from '../protocol/epochs.ts'
import type {
  CreateProtocolMember,
  Observed,
  ProtocolMessage,
  ProtocolPort,
  Values,
} from '../protocol/member.ts'
import { reportOf } from '../protocol/report-of.ts'

/** What a member knows of the round that it is in. */
interface Turn {
  readonly round: Round
  readonly epoch: number
  readonly observed: Map<MemberIndex, Observed>
  readonly heard: Readonly<Record<'prepare' | 'commit' | 'signature', Set<MemberIndex>>>
  report: Values | null
  /** What it has said so far. */
  readonly said: Set<ProtocolMessage['type']>
}

/**
 * OCR3 as its public descriptions have it: the leader starts a round and takes 2f+1 observations;
 * everyone agrees on them by two votes of ⌊(n+f)/2⌋+1 members, then signs the report to everyone,
 * and f+1 signatures are the result.
 *
 * In its favour: rounds begin at once after a change of leader. Left out: the query, the report's
 * transmission, and leaders that contradict themselves, so that nothing prepared has to be carried
 * into the next epoch.
 */
export const createOcr3: CreateProtocolMember = (port) => {
  const epochs: Epochs = new Epochs(port, {
    start: (round) => {
      const { epoch } = epochs
      turn = emptyTurn(round, epoch)
      port.broadcast({ type: 'start', round, epoch, signatures: 1 })
    },
    take: (from, message) => {
      const { round, epoch } = message
      // Votes for a round may overtake its start.
      const isNewer = epoch > turn.epoch || (epoch === turn.epoch && round > turn.round)
      if (isNewer) turn = emptyTurn(round, epoch)
      if (epoch === turn.epoch && round === turn.round) take(port, epochs, { turn, from, message })
    },
  })
  let turn = emptyTurn(0, 0)
  return epochs
}

function emptyTurn(round: Round, epoch: number): Turn {
  const heard = {
    prepare: new Set<MemberIndex>(),
    commit: new Set<MemberIndex>(),
    signature: new Set<MemberIndex>(),
  }
  return { round, epoch, observed: new Map(), heard, report: null, said: new Set() }
}

function take(
  port: ProtocolPort,
  epochs: Epochs,
  of: { readonly turn: Turn; readonly from: MemberIndex; readonly message: ProtocolMessage },
): void {
  const { turn, from, message } = of
  const { type, round, epoch, observed = [] } = message
  const isFromLeader = from === epochs.leader
  if (type === 'start' && isFromLeader) {
    const own = [{ member: port.member, values: port.observe(round) }]
    port.send(epochs.leader, { type: 'observation', round, epoch, observed: own, signatures: 0 })
  }
  if (type === 'observation' && port.member === epochs.leader) {
    for (const each of observed) turn.observed.set(from, each)
    propose(port, turn)
  }
  if (type === 'proposal' && isFromLeader && observed.length > 2 * port.f) {
    turn.report = reportOf(observed)
    say(port, turn, 'prepare')
  }
  if (type === 'prepare' || type === 'commit' || type === 'signature') turn.heard[type].add(from)
  vote(port, epochs, turn)
}

function propose(port: ProtocolPort, turn: Turn): void {
  if (turn.observed.size <= 2 * port.f || turn.said.has('proposal')) return
  turn.said.add('proposal')
  const { round, epoch } = turn
  const observed = [...turn.observed.values()]
  port.broadcast({ type: 'proposal', round, epoch, observed, signatures: 1 })
}

/** Goes on as far as what was heard allows. */
function vote(port: ProtocolPort, epochs: Epochs, turn: Turn): void {
  if (turn.report === null) return
  const quorum = Math.floor((port.size + port.f) / 2) + 1
  if (turn.heard.prepare.size >= quorum) say(port, turn, 'commit')
  if (turn.heard.commit.size >= quorum) say(port, turn, 'signature')
  if (turn.heard.signature.size > port.f) epochs.certify(turn.round, turn.report)
}

function say(port: ProtocolPort, turn: Turn, type: 'prepare' | 'commit' | 'signature'): void {
  if (turn.said.has(type)) return
  turn.said.add(type)
  const { round, epoch } = turn
  // Votes name their outcome by a digest, which their head has room for.
  port.broadcast({ type, round, epoch, signatures: 1 })
}
