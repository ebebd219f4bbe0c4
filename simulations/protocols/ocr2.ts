import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import { Epochs } from '../protocol/epochs.ts'
import type {
  CreateProtocolMember,
  Observed,
  ProtocolMessage,
  ProtocolPort,
} from '../protocol/member.ts'
import { reportOf } from '../protocol/report-of.ts'

/** What a member knows of the round that it is in. */
interface Turn {
  readonly round: Round
  readonly epoch: number
  readonly observed: Map<MemberIndex, Observed>
  readonly signers: Set<MemberIndex>
  isProposed: boolean
  isFinal: boolean
}

/**
 * OCR and OCR2 as their paper describes them ("Chainlink Off-chain Reporting Protocol", 2021): the
 * leader asks for observations, takes 2f+1, asks for signatures of a report of them, and sends the
 * report with f+1 signatures to everyone.
 *
 * In its favour: no grace period for late observations, a member has the result with the final
 * message and waits for no echoes of it, and rounds begin at once after a change of leader. Left
 * out: what transmits a report to a chain, and leaders that contradict themselves.
 */
export const createOcr2: CreateProtocolMember = (port) => {
  const epochs: Epochs = new Epochs(port, {
    start: (round) => {
      const { epoch } = epochs
      turn = emptyTurn(round, epoch)
      port.broadcast({ type: 'start', round, epoch, signatures: 1 })
    },
    take: (from, message) => {
      const { round, epoch } = message
      const isNewer = epoch > turn.epoch || (epoch === turn.epoch && round > turn.round)
      if (isNewer && from === epochs.leader) turn = emptyTurn(round, epoch)
      if (epoch !== turn.epoch || round !== turn.round) return
      if (port.member === epochs.leader) lead(port, turn, { from, message })
      if (from === epochs.leader) follow(port, epochs, message)
    },
  })
  let turn = emptyTurn(0, 0)
  return epochs
}

function emptyTurn(round: Round, epoch: number): Turn {
  const [observed, signers] = [new Map<MemberIndex, Observed>(), new Set<MemberIndex>()]
  return { round, epoch, observed, signers, isProposed: false, isFinal: false }
}

/** What a leader does with an answer. */
function lead(
  port: ProtocolPort,
  turn: Turn,
  { from, message }: { readonly from: MemberIndex; readonly message: ProtocolMessage },
): void {
  const { round, epoch } = turn
  if (message.type === 'observation' && !turn.isProposed) {
    for (const each of message.observed ?? []) turn.observed.set(from, each)
    if (turn.observed.size <= 2 * port.f) return
    turn.isProposed = true
    const observed = [...turn.observed.values()]
    port.broadcast({ type: 'proposal', round, epoch, observed, signatures: 1 })
  }
  if (message.type === 'signature' && !turn.isFinal) {
    turn.signers.add(from)
    if (turn.signers.size <= port.f) return
    turn.isFinal = true
    const report = message.report ?? []
    port.broadcast({ type: 'final', round, epoch, report, signatures: port.f + 1 })
  }
}

/** What a member answers its leader. */
function follow(port: ProtocolPort, epochs: Epochs, message: ProtocolMessage): void {
  const { type, round, epoch, observed = [] } = message
  if (type === 'start') {
    const own = [{ member: port.member, values: port.observe(round) }]
    port.send(epochs.leader, { type: 'observation', round, epoch, observed: own, signatures: 0 })
  }
  if (type === 'proposal' && observed.length > 2 * port.f) {
    const report = reportOf(observed)
    port.send(epochs.leader, { type: 'signature', round, epoch, report, signatures: 1 })
  }
  if (type === 'final') epochs.certify(round, message.report)
}
