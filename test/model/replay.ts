import { reportOf } from '../../aggregator/candidate/report.ts'
import { orderOf } from '../../aggregator/context.ts'
import type {
  GossipMessage,
  MemberMessage,
  Observation,
  Proposal,
  Verified,
} from '../../aggregator/messages/messages.ts'
import { idealScheme } from '../../aggregator/signing/ideal.ts'
import { hasMember, type Members, membersOf } from '../../aggregator/values/ids.ts'
import { referenceCrypto, testCommittee } from '../support/committee.ts'
import { Script } from '../support/script.ts'
import type { ModelProposal, ModelShare, ModelState } from './quint.ts'

const FAULTY = 3
const HONEST = [0, 1, 2]
const MEMBERS = [0, 1, 2, 3]
/** What the faulty member tells: far below or far above the others, so that medians differ. */
const TOLD = new Map([
  [1, 1n],
  [2, 10n ** 15n],
])
const VERSIONS = [...TOLD.keys()]
/** A round whose turn order is the trace's is looked for from here; 24 orders, probes left out. */
const ROUNDS = Array.from({ length: 600 }, (_, index) => 10 + index).filter((r) => r % 32 !== 0)

const test = testCommittee()
const crypto = { ...referenceCrypto, threshold: idealScheme(1) }

/** All others are heard in a round: so far from the genesis a member doubts its clock (§4.6). */
function bearOut(script: Script, round: number): void {
  const pair = script.pair(round)
  for (const sender of [...HONEST, FAULTY].filter((each) => each !== script.self)) {
    script.receives(script.forge.observation({ round, sender, pair }))
  }
}

/** Where the machines and the model differ, after which step of a trace. */
export interface Divergence {
  readonly step: number
  readonly member: number
  readonly model: readonly string[]
  readonly machine: readonly string[]
}

/**
 * Plays a trace of the model to three real machines, event by event, with the fourth member in the
 * hands of the model, and compares what every one of them signed after every step.
 */
export function replay(states: readonly ModelState[]): Divergence | null {
  const [first] = states
  if (first === undefined) throw new Error('a trace has a first state')
  const stage = new Stage(first.order)
  for (const [step, state] of states.entries()) {
    stage.play(state)
    for (const member of HONEST) {
      const model = [...(state.members.get(member)?.shares ?? [])].map(modelKey).sort()
      const machine = stage.signedBy(member)
      if (model.join() !== machine.join()) return { step, member, model, machine }
    }
  }
  return null
}

class Stage {
  readonly #round: number
  readonly #scripts: readonly Script[]
  /** What each member observed, with the faulty one's observation in either version. */
  readonly #observations: ReadonlyMap<number, readonly Verified<Observation>[]>
  readonly #reports = new Map<string, string>()

  constructor(order: readonly number[]) {
    this.#scripts = HONEST.map((self) => new Script({ test, crypto, self }))
    const [script] = this.#scripts as [Script]
    const round = ROUNDS.find((each) => orderOf(script.context, each).join() === order.join())
    if (round === undefined) throw new Error(`no round has the turn order ${order.join()}`)
    this.#round = round
    for (const each of this.#scripts) {
      each.starts(round).waits(0, round - 1)
      bearOut(each, round - 1)
      each.waits(0, round)
    }
    const pair = script.pair(round)
    const told = VERSIONS.map((version) =>
      script.forge.observation({
        round,
        sender: FAULTY,
        pair,
        values: [TOLD.get(version) ?? null],
      }),
    )
    this.#observations = new Map(
      VERSIONS.map((version, index) => {
        const honest = this.#scripts.map((each) => ownOf(each, 'observation', round))
        return [version, [...honest, told[index] as Verified<Observation>]]
      }),
    )
    this.#indexReports()
  }

  play({ last, phase }: ModelState): void {
    if (last.kind === 'init') return
    if (last.kind === 'tick') {
      for (const script of this.#scripts) script.waits(this.#afterOpeningMs(phase), this.#round)
      return
    }
    const script = this.#scripts[last.member] as Script
    if (last.kind === 'observe') {
      script.receives(this.#observedBy(last.from, last.version))
    } else if (last.kind === 'hear') {
      script.receives(this.#proposed(last.from, last.proposal))
    } else {
      script.cluster.restart(last.member)
    }
  }

  /** Every share that a member's signer was asked for in the round, over all its processes. */
  signedBy(member: number): string[] {
    return (this.#scripts[member] as Script)
      .all('signShare')
      .filter((each) => each.round === this.#round)
      .map(({ slot, reportDigest, session }) => {
        const report = this.#reports.get(hex(reportDigest)) ?? 'unknown'
        return `${slot}/${report}/${session.signingSet}`
      })
      .sort()
  }

  #afterOpeningMs(phase: number): number {
    const { includeMs, cutMs, backupMs, voteMs } = test.committee.params.timing
    return [0, includeMs + 1, cutMs, cutMs + backupMs, voteMs][phase] ?? voteMs
  }

  #observedBy(member: number, version: number): Verified<Observation> {
    const all = this.#observations.get(version === 0 ? 1 : version)
    return all?.[member] as Verified<Observation>
  }

  #proposed(sender: number, proposal: ModelProposal): Verified<Proposal> {
    const { rank, observers, version, signers } = proposal
    if (sender !== FAULTY) {
      const made = this.#scripts[sender] as Script
      return ownOf(made, 'proposal', this.#round)
    }
    const all = MEMBERS.map((member) => this.#observedBy(member, version))
    const script = this.#scripts[0] as Script
    return script.forge.proposal(all, {
      round: this.#round,
      sender,
      rank: rank === 0 ? 0 : 1,
      observers: membersOf([...observers]),
      signingSet: membersOf([...signers]),
      expectedNext: test.committee.all,
    })
  }

  #indexReports(): void {
    const { context } = this.#scripts[0] as Script
    for (const version of VERSIONS) {
      for (let observers: Members = 1; observers <= test.committee.all; observers++) {
        const given = MEMBERS.filter((member) => hasMember(observers, member))
        const report = reportOf(
          context,
          given.map((member) => this.#observedBy(member, version)),
        )
        const told = hasMember(observers, FAULTY) ? version : 0
        this.#reports.set(hex(report.digest), `${observers}v${told}`)
      }
    }
  }
}

/** The message of one type that a machine itself broadcast in a round. */
function ownOf<T extends MemberMessage['type']>(script: Script, type: T, round: number) {
  const own = script.cluster.sent.find(
    ({ message }) => message.type === type && message.round === round,
  )
  if (own === undefined) throw new Error(`the machine made no ${type}, and the model says it did`)
  return own as Verified<Extract<GossipMessage, { type: T }>>
}

function modelKey({ slot, report, signers }: ModelShare): string {
  const observers = membersOf([...report.observers])
  return `${slot}/${observers}v${report.version}/${membersOf([...signers])}`
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
