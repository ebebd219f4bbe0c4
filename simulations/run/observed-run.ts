import { createMachine } from '../../aggregator/machine.ts'
import type { Observation } from '../../aggregator/messages/messages.ts'
import type { MemberIndex, Members } from '../../aggregator/values/ids.ts'
import { hasMember, listMembers } from '../../aggregator/values/ids.ts'
import type { Powers, Strategy } from '../attacking/adversary.ts'
import { checkersOf } from '../checkers.ts'
import type { Checker, CreateChecker, Handlers, Violation } from '../checking/checker.ts'
import type { RunRecorder } from '../record/run-recorder.ts'
import { strategyOf } from '../strategies.ts'
import { variantOf } from '../variants.ts'
import type { FactOf } from '../world/facts.ts'
import type { SimulationOptions } from './simulation.ts'

/**
 * A run of ours that a recorder watches. It is the same run, to the last byte of its trace: a
 * checker that never finds anything sees the facts, an adversary without members reads the clock,
 * and machines are told of messages past an ear.
 */
export function observed(options: SimulationOptions, recorder: RunRecorder): SimulationOptions {
  const { scenario, plants = variantOf(scenario.variant).plants } = options
  const { checkers = checkersOf(scenario) } = options
  const observer = new Observer(recorder)
  const create = plants.createMachine ?? createMachine
  return {
    ...options,
    scenario: {
      ...scenario,
      adversaries: [...scenario.adversaries, { strategy: observer.seat.name, members: [] }],
    },
    strategyOf: (name) =>
      name === observer.seat.name ? observer.seat : (options.strategyOf ?? strategyOf)(name),
    plants: { ...plants, createMachine: observer.listening(create) },
    checkers: [...checkers.map((each) => told(each, recorder)), observer.createChecker],
  }
}

class Observer {
  readonly seat: Strategy
  readonly #recorder: RunRecorder
  /** The machine of each member's running process, by what made it. */
  readonly #made = new Map<MemberIndex, object>()
  readonly #running = new Map<MemberIndex, object>()
  /** When each member said its observation of a round; the last rounds only. */
  readonly #saidUs = new Map<number, number[]>()
  #nowUs: () => number = () => 0

  constructor(recorder: RunRecorder) {
    this.#recorder = recorder
    this.seat = {
      name: 'observer',
      summary: 'does nothing',
      create: ({ nowUs }: Powers) => {
        this.#nowUs = nowUs
        return { name: 'observer' }
      },
    }
  }

  listening(create: typeof createMachine): typeof createMachine {
    return (options) => {
      const machine = create(options)
      const member = options.self
      this.#made.set(member, machine)
      return {
        state: machine.state,
        report: (event) => {
          // What S8 replays is told to machines that never started in the world.
          if (event.type === 'received' && this.#running.get(member) === machine) {
            const { message } = event.message
            if (message.type === 'observation') this.#hear(member, message)
          }
          machine.report(event)
        },
      }
    }
  }

  readonly createChecker: CreateChecker = ({ honest }): Checker => ({
    rule: 'S1',
    on: {
      roundOpened: ({ round, nowUs }) => {
        // One ahead, for a member whose clock is; what is said as the run ends arrives nowhere.
        for (const each of [round, round + 1]) {
          if (this.#recorder.counts(each) && !this.#saidUs.has(each)) this.#saidUs.set(each, [])
        }
        this.#saidUs.delete(round - ROUNDS_HEARD)
        this.#recorder.open(round, nowUs)
        return null
      },
      started: ({ member }) => {
        const made = this.#made.get(member)
        if (made !== undefined) this.#running.set(member, made)
        this.#recorder.setDown(member, false)
        return null
      },
      crashed: ({ member }) => {
        this.#running.delete(member)
        this.#recorder.setDown(member, true)
        return null
      },
      sent: (fact) => {
        this.#say(fact)
        return null
      },
      certified: (fact) => {
        this.#certify(fact, honest)
        return null
      },
      noted: ({ code, round, member, members }) => {
        if (code !== 'MEMBER_CONVICTED' || !hasMember(honest, member)) return null
        for (const each of listMembers(members)) this.#recorder.convicted(each, round)
        return null
      },
    },
  })

  #say({ member, message: { message }, nowUs }: FactOf<'sent'>): void {
    if (message.type === 'certificate' || message.type === 'evidence') return
    // A member under control may send under another's name, which nobody takes.
    if (message.sender !== member) return
    if (message.type === 'observation') {
      const said = this.#saidUs.get(message.round)
      if (said === undefined || said[member] !== undefined) return
      said[member] = nowUs
      this.#recorder.links.sent(member)
    }
    const type = message.type === 'late' ? 'late notice' : message.type
    this.#recorder.mark(message.round, { type, member }, nowUs)
  }

  #hear(member: MemberIndex, { sender, round }: Observation): void {
    if (sender === member) return
    const nowUs = this.#nowUs()
    this.#recorder.mark(round, { type: 'heard', member, from: sender }, nowUs)
    const saidUs = this.#saidUs.get(round)?.[sender]
    if (saidUs !== undefined) this.#recorder.links.arrived(sender, member, nowUs - saidUs)
  }

  #certify({ certificate, member, path, nowUs }: FactOf<'certified'>, honest: Members): void {
    const { round, observers, signingSet: signers } = certificate
    this.#recorder.mark(round, { type: 'certificate', member }, nowUs)
    if (!hasMember(honest, member)) return
    this.#recorder.certified(round, { observers, signers, end: path, nowUs })
  }
}

/** Observations that come later than so many rounds are not measured. */
const ROUNDS_HEARD = 4

/** A checker whose violations the recorder hears of. */
function told(create: CreateChecker, recorder: RunRecorder): CreateChecker {
  return (subject) => {
    const checker = create(subject)
    const tell = (violation: Violation | null): Violation | null => {
      if (violation !== null) recorder.violated(violation.round)
      return violation
    }
    const { on, onCertificate, finish } = checker
    const handlers = Object.entries(on ?? {}).map(([type, handle]) => [
      type,
      (fact: never) => tell(handle(fact)),
    ])
    return {
      rule: checker.rule,
      ...(on === undefined ? {} : { on: Object.fromEntries(handlers) as Handlers }),
      ...(onCertificate === undefined
        ? {}
        : { onCertificate: (certificate, nowUs) => tell(onCertificate(certificate, nowUs)) }),
      ...(finish === undefined ? {} : { finish: (nowUs) => tell(finish(nowUs)) }),
    }
  }
}
