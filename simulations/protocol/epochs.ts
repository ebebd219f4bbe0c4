import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import type { ProtocolMessage, ProtocolPort } from './member.ts'

/** What a protocol with leaders does between the changes of them. */
export interface LeaderProtocol {
  /** As leader: begin a round. */
  readonly start: (round: Round) => void
  /** A message of this epoch. */
  readonly take: (from: MemberIndex, message: ProtocolMessage) => void
}

/** A wish for an epoch is said again each so many rounds, for those who missed it. */
const RESEND_ROUNDS = 10
/**
 * Share of `progressUs` between the last result of a leader and the wish for the next: others get
 * theirs meanwhile, so no round is cut off, and the change is over when the next one opens.
 */
const LAST_WAIT = 0.125
/** Messages of epochs to come that are kept for each sender. */
const KEPT_MAX = 16

/**
 * Who leads, as in the pacemaker of the OCR papers: a member that sees no result for `progressUs`,
 * or has seen `epochRounds` of one leader, wishes for the next epoch. f+1 wishes make others wish
 * the same, 2f+1 begin it. Leaders take turns; the papers draw them from a shared key.
 */
export class Epochs {
  readonly #port: ProtocolPort
  readonly #protocol: LeaderProtocol
  readonly #wishes: number[]
  readonly #kept: { from: MemberIndex; message: ProtocolMessage }[] = []
  #epoch = 0
  #round: Round = 0
  #roundEpoch = 0
  #doneRound: Round = 0
  #results = 0

  constructor(port: ProtocolPort, protocol: LeaderProtocol) {
    this.#port = port
    this.#protocol = protocol
    this.#wishes = Array.from({ length: port.size }, () => 0)
  }

  get epoch(): number {
    return this.#epoch
  }

  get leader(): MemberIndex {
    return this.#epoch % this.#port.size
  }

  onStart(): void {
    this.#port.setAlarm(this.#port.progressUs)
  }

  onRound(round: Round): void {
    this.#round = round
    this.#roundEpoch = this.#epoch
    if (round % RESEND_ROUNDS === 0 && this.#ownWish > 0) this.#wish(this.#ownWish)
    if (this.leader === this.#port.member && !this.#isSpent) this.#protocol.start(round)
  }

  onMessage(from: MemberIndex, message: ProtocolMessage): void {
    if (message.type === 'newEpoch') {
      this.#wishes[from] = Math.max(this.#wishes[from] ?? 0, message.epoch)
      this.#follow()
      return
    }
    if (message.epoch === this.#epoch) this.#protocol.take(from, message)
    if (message.epoch <= this.#epoch) return
    const ofSender = this.#kept.filter((each) => each.from === from)
    if (ofSender.length < KEPT_MAX) this.#kept.push({ from, message })
  }

  onAlarm(): void {
    this.#port.setAlarm(this.#port.progressUs)
    this.#wish(Math.max(this.#ownWish, this.#epoch + 1))
  }

  /** A round has its result here. */
  certify(round: Round, report: ProtocolMessage['report'] = []): void {
    if (round <= this.#doneRound) return
    // Rounds that open while an epoch lasts have had no other leader.
    const isFirst = round !== this.#round || this.#roundEpoch === this.#epoch
    this.#doneRound = round
    this.#results += 1
    this.#port.certify({ round, report, attempt: isFirst ? 'first' : 'later' })
    const { progressUs } = this.#port
    this.#port.setAlarm(this.#isSpent ? Math.ceil(progressUs * LAST_WAIT) : progressUs)
  }

  /** The leader has had its rounds. */
  get #isSpent(): boolean {
    return this.#results >= this.#port.epochRounds
  }

  get #ownWish(): number {
    return this.#wishes[this.#port.member] ?? 0
  }

  #wish(epoch: number): void {
    this.#wishes[this.#port.member] = epoch
    this.#port.broadcast({ type: 'newEpoch', round: this.#round, epoch, signatures: 1 })
  }

  #follow(): void {
    const { f } = this.#port
    const descending = [...this.#wishes].sort((a, b) => b - a)
    const wished = descending[f] ?? 0
    if (wished > this.#ownWish) this.#wish(wished)
    const agreed = descending[2 * f] ?? 0
    if (agreed > this.#epoch) this.#enter(agreed)
  }

  #enter(epoch: number): void {
    this.#epoch = epoch
    this.#results = 0
    this.#port.setAlarm(this.#port.progressUs)
    const isOpen = this.#round > this.#doneRound
    if (!isOpen) this.#roundEpoch = epoch
    if (isOpen && this.leader === this.#port.member) this.#protocol.start(this.#round)
    const due = this.#kept.filter(({ message }) => message.epoch === epoch)
    const later = this.#kept.filter(({ message }) => message.epoch > epoch)
    this.#kept.splice(0, this.#kept.length, ...later)
    for (const { from, message } of due) this.#protocol.take(from, message)
  }
}
