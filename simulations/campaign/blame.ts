import type { Context } from '../../aggregator/context.ts'
import type { Event } from '../../aggregator/events.ts'
import { createMachine, type Machine } from '../../aggregator/machine.ts'
import { certificateReportDigest } from '../../aggregator/messages/certificate.ts'
import type { Certificate, MemberMessage, Verified } from '../../aggregator/messages/messages.ts'
import { evidenceFrom, isEvidenceSound } from '../../aggregator/messages/validate.ts'
import { toHex } from '../../aggregator/values/bytes.ts'
import type { MemberIndex, Members, Round } from '../../aggregator/values/ids.ts'
import { hasMember, listMembers, NO_MEMBERS } from '../../aggregator/values/ids.ts'
import { isMemberMessage } from '../attacking/attack.ts'
import type { Checker, CreateChecker } from '../checking/checker.ts'
import { Simulation } from '../run/simulation.ts'
import type { Scenario } from '../scenario/schema.ts'

/** What came of contradictions in one run (threats G21). */
export interface Blame {
  /** Pairs of an honest member and one whose contradiction reached it. */
  readonly seen: number
  /** How many of these pairs ended with a conviction there. */
  readonly convicted: number
  /** Evidence, made of the two messages' bytes, that does not verify. */
  readonly unsound: number
  /** Honest members that are named, by an honest member or by two certificates. */
  readonly honestAccused: number
  /** Two reports of one round were certified (S2). */
  readonly isBroken: boolean
  /** Members under control that were convicted, or signed both of two certificates of a round. */
  readonly named: number
}

/** Messages of a sender and a round that are kept for comparison; more add no new contradiction. */
const KEPT_MAX = 24
/** Rounds that are kept. */
const ROUNDS_KEPT = 24

/** Runs a scenario and looks for every contradiction that reaches an honest member. */
export function blameOf(scenario: Scenario, seed: number): Blame {
  const faulty = new Set(scenario.adversaries.flatMap(({ members }) => members))
  const watches: Watch[] = []
  const watched: typeof createMachine = (options) => {
    const machine = createMachine(options)
    if (faulty.has(options.self)) return machine
    const watch = new Watch(options.context, machine)
    watches.push(watch)
    return {
      state: machine.state,
      report: (event) => {
        watch.look(event)
        machine.report(event)
      },
    }
  }
  const plants = { createMachine: watched }
  const account = new Account()
  const checkers = [account.createChecker]
  const result = new Simulation({ scenario, seed, plants, checkers }).run()
  const named = [...new Set([...result.convicted, ...listMembers(account.signedTwice)])]
  const pairs = watches.map(({ pairs }) => pairs)
  const sum = (of: keyof Pairs) => pairs.reduce((total, each) => total + each[of], 0)
  return {
    seen: sum('seen'),
    convicted: sum('convicted'),
    unsound: sum('unsound'),
    honestAccused: named.filter((member) => !faulty.has(member)).length,
    isBroken: account.isBroken,
    named: named.filter((member) => faulty.has(member)).length,
  }
}

interface Pairs {
  readonly seen: number
  readonly convicted: number
  readonly unsound: number
}

/** Two certificates of a round name who signed both: an honest member signs one report of it. */
class Account {
  readonly #signers = new Map<string, Members>()
  readonly #digests = new Map<Round, Set<string>>()
  isBroken = false
  signedTwice: Members = NO_MEMBERS

  readonly createChecker: CreateChecker = ({ context }): Checker => ({
    rule: 'S2',
    on: {
      certificateMade: ({ certificate }) => {
        this.#compare(context, certificate)
        return null
      },
    },
  })

  #compare(context: Context, certificate: Certificate): void {
    const { round, signingSet } = certificate
    const digest = toHex(certificateReportDigest(context.crypto.keccak256, certificate))
    const digests = this.#digests.get(round) ?? new Set()
    for (const other of digests) {
      if (other === digest) continue
      this.isBroken = true
      const signers = this.#signers.get(`${round} ${other}`) ?? NO_MEMBERS
      this.signedTwice = (this.signedTwice | (signers & signingSet)) >>> 0
    }
    this.#digests.set(round, digests.add(digest))
    this.#digests.delete(round - ROUNDS_KEPT)
    // The first certificate of a report is enough: its signers alone could make it.
    if (!this.#signers.has(`${round} ${digest}`))
      this.#signers.set(`${round} ${digest}`, signingSet)
  }
}

/** One honest process, and what reached it. */
class Watch {
  readonly #context: Context
  readonly #machine: Machine
  readonly #messages = new Map<string, Verified<MemberMessage>[]>()
  readonly #contradicted = new Set<MemberIndex>()
  #unsound = 0

  constructor(context: Context, machine: Machine) {
    this.#context = context
    this.#machine = machine
  }

  get pairs(): Pairs {
    const { convicted } = this.#machine.state
    const named = [...this.#contradicted].filter((member) => hasMember(convicted, member))
    return { seen: this.#contradicted.size, convicted: named.length, unsound: this.#unsound }
  }

  look(event: Event): void {
    if (event.type !== 'received') return
    const { message } = event.message
    if (!isMemberMessage(message)) return
    const { sender, round } = message
    const known = this.#messages.get(`${sender} ${round}`) ?? []
    if (known.length === KEPT_MAX) return
    const given = event.message as Verified<MemberMessage>
    for (const earlier of known) this.#compare(earlier, given)
    this.#messages.set(`${sender} ${round}`, [...known, given])
    this.#messages.delete(`${sender} ${round - ROUNDS_KEPT}`)
  }

  #compare(earlier: Verified<MemberMessage>, later: Verified<MemberMessage>): void {
    const evidence = evidenceFrom(this.#context, [earlier, later])
    if (evidence === null) return
    this.#contradicted.add(earlier.message.sender)
    // From bytes alone, as anyone with the committee file would check it.
    if (!isEvidenceSound(this.#context, evidence.message)) this.#unsound += 1
  }
}
