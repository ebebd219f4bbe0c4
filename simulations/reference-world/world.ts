import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import { prngOf } from '../determinism/prng.ts'
import { Schedule } from '../determinism/schedule.ts'
import { Trace } from '../determinism/trace.ts'
import type {
  CreateProtocolMember,
  ProtocolMember,
  ProtocolMessage,
  ProtocolPort,
  Values,
} from '../protocol/member.ts'
import { bytesOf } from '../protocol/member.ts'
import type { Mark, RunRecorder } from '../record/run-recorder.ts'
import type { Clock } from '../world/clock.ts'
import type { Sampled } from '../world/host-options.ts'
import { createNetwork, type Network, type NetworkOptions } from '../world/network.ts'
import type { Sources } from '../world/sources.ts'
import type { ReferenceControl } from './control.ts'
import { traceMessage } from './message-trace.ts'
import { type Carried, createResends } from './resends.ts'

/** A member has a result. */
export interface Certified {
  readonly nowUs: number
  readonly member: MemberIndex
  readonly round: Round
  readonly report: Values
  readonly attempt: 'first' | 'later'
}

/** What a member saw when it looked at the prices. */
export interface Seen extends Omit<Certified, 'attempt'> {
  readonly absences: Sampled['absences']
}

export interface ReferenceWorldOptions {
  readonly seed: number
  readonly f: number
  readonly genesisMs: number
  readonly roundMs: number
  readonly progressUs: number
  readonly epochRounds: number
  readonly network: NetworkOptions
  readonly clocks: readonly Clock[]
}

export interface ReferenceWorldDependencies {
  readonly create: CreateProtocolMember
  readonly sources: Sources
  readonly control: ReferenceControl
  readonly certified: (result: Certified) => void
  /** A member looks at the prices; before adversaries change what it says of them. */
  readonly observed: (seen: Seen) => void
  /** Collects what a report shows; null where nobody wants one. */
  readonly recorder: RunRecorder | null
}

type Occurrence =
  | {
      readonly type: 'message'
      readonly from: MemberIndex
      readonly to: MemberIndex
      readonly message: ProtocolMessage
      readonly sentUs: number
    }
  | {
      readonly type: 'alarm' | 'round'
      readonly member: MemberIndex
      readonly token: number
    }
  | { readonly type: 'task'; readonly run: () => void }

/** What a report shows of what members send. */
const SENT_MARKS: ReadonlyMap<ProtocolMessage['type'], Mark['type']> = new Map([
  ['observation', 'observation'],
  ['proposal', 'proposal'],
  ['signature', 'share'],
] as const)

interface Seat {
  member: ProtocolMember
  isRunning: boolean
  /** Only the last alarm, and the last plan for a round, still counts. */
  alarm: number
  plan: number
  round: Round
}

/**
 * Members of a reference protocol on the network, clocks and prices of the simulated world, from
 * its queue and its seed. Nothing is relayed; what a link loses is sent again after a while.
 */
export class ReferenceWorld {
  readonly trace = new Trace()
  readonly network: Network
  readonly #options: ReferenceWorldOptions
  readonly #dependencies: ReferenceWorldDependencies
  readonly #schedule = new Schedule<Occurrence>()
  readonly #seats: Seat[]
  readonly #resend: ReturnType<typeof createResends>
  #nowUs = 0
  #events = 0

  constructor(options: ReferenceWorldOptions, dependencies: ReferenceWorldDependencies) {
    this.#options = options
    this.#dependencies = dependencies
    this.network = createNetwork(options.network, prngOf(options.seed, 'network'))
    this.#resend = createResends(options.network.latency, options)
    this.#seats = options.clocks.map((_, member) => ({
      member: dependencies.create(this.#portOf(member)),
      isRunning: false,
      alarm: 0,
      plan: 0,
      round: 0,
    }))
    for (const member of options.clocks.keys()) this.at(0, () => this.start(member))
  }

  get nowUs(): number {
    return this.#nowUs
  }

  get events(): number {
    return this.#events
  }

  at(timeUs: number, run: () => void): void {
    this.#schedule.add(Math.max(timeUs, this.#nowUs), { type: 'task', run })
  }

  /** Lets things happen until a time, or until so many have; true when the time was reached. */
  advance(untilUs: number, eventsMax: number): boolean {
    const isOver = this.#schedule.run({ untilUs, itemsMax: eventsMax }, this.#step)
    if (isOver) this.#nowUs = untilUs
    return isOver
  }

  start(member: MemberIndex): void {
    const seat = this.#seats[member]
    if (seat === undefined || seat.isRunning) return
    seat.isRunning = true
    this.#dependencies.recorder?.setDown(member, false)
    seat.member.onStart()
    this.planRound(member)
  }

  /** Ends a process; what a protocol keeps of its epochs is on its disk, unless that is lost. */
  crash(member: MemberIndex, disk: 'kept' | 'lost'): void {
    const seat = this.#seats[member]
    if (seat === undefined) return
    seat.isRunning = false
    this.#dependencies.recorder?.setDown(member, true)
    if (disk === 'lost') seat.member = this.#dependencies.create(this.#portOf(member))
  }

  /** Waits for the next round by the member's clock; to be called again when the clock changes. */
  planRound(member: MemberIndex): void {
    const { clocks, genesisMs, roundMs } = this.#options
    const [seat, clock] = [this.#seats[member], clocks[member]]
    if (seat === undefined || clock === undefined) return
    const passed = Math.floor((clock.readMs(this.#nowUs) - genesisMs) / roundMs)
    const next = Math.max(passed, seat.round) + 1
    const atUs = clock.worldUsOf(genesisMs + next * roundMs, this.#nowUs)
    seat.plan += 1
    if (atUs !== null) this.#schedule.add(atUs, { type: 'round', member, token: seat.plan })
  }

  readonly #step = (next: Occurrence, timeUs: number): void => {
    this.#nowUs = timeUs
    this.#events += 1
    this.#happen(next)
  }

  #happen(next: Occurrence): void {
    switch (next.type) {
      case 'message': {
        const seat = this.#runningAt(next.to)
        if (seat === null) return
        traceMessage(this.trace, this.#nowUs, next)
        this.#tellHeard(next)
        seat.member.onMessage(next.from, next.message)
        return
      }
      case 'alarm': {
        const seat = this.#runningAt(next.member)
        if (next.token === seat?.alarm) seat.member.onAlarm()
        return
      }
      case 'round': {
        const seat = this.#runningAt(next.member)
        if (next.token === seat?.plan) this.#openRound(next.member, seat)
        return
      }
      case 'task':
        next.run()
    }
  }

  #runningAt(member: MemberIndex): Seat | null {
    const seat = this.#seats[member]
    return seat?.isRunning === true ? seat : null
  }

  #openRound(member: MemberIndex, seat: Seat): void {
    const { clocks, genesisMs, roundMs } = this.#options
    const nowMs = clocks[member]?.readMs(this.#nowUs) ?? 0
    seat.round = Math.max(seat.round, Math.floor((nowMs - genesisMs) / roundMs))
    this.planRound(member)
    seat.member.onRound(seat.round)
  }

  #portOf(member: MemberIndex): ProtocolPort {
    const { f, progressUs, epochRounds, clocks } = this.#options
    const { sources, control, certified, observed } = this.#dependencies
    return {
      member,
      size: clocks.length,
      f,
      progressUs,
      epochRounds,
      observe: (round) => {
        const { values, absences } = sources.sample(member, this.#nowUs)
        observed({ nowUs: this.#nowUs, member, round, report: values, absences })
        return control.observe(member, round, values)
      },
      send: (to, message) => {
        this.#tellSent(member, message)
        this.#send(member, to, message)
      },
      broadcast: (message) => {
        this.#tellSent(member, message)
        for (const to of clocks.keys()) this.#send(member, to, message)
      },
      setAlarm: (afterUs) => {
        const seat = this.#seats[member]
        // Members set no alarm before the world has begun.
        if (seat === undefined) return
        seat.alarm += 1
        const token = seat.alarm
        this.#schedule.add(this.#nowUs + afterUs, { type: 'alarm', member, token })
      },
      certify: (result) => certified({ ...result, member, nowUs: this.#nowUs }),
    }
  }

  #send(from: MemberIndex, to: MemberIndex, message: ProtocolMessage): void {
    const sentUs = this.#nowUs
    const sent = { type: 'message', from, to, message, sentUs } as const
    if (from === to) {
      this.#schedule.add(sentUs, sent)
      return
    }
    const heldUs = this.#dependencies.control.heldUs(from, message)
    if (heldUs === null) return
    const firstUs = sentUs + heldUs
    this.#carry(sent, { firstUs, lastUs: firstUs, waitedUs: null })
  }

  /** Hands a copy to the link, and another one when it is lost. */
  #carry(sent: Extract<Occurrence, { type: 'message' }>, carried: Carried): void {
    const { from, to, message } = sent
    const parcel = { from, to, bytes: bytesOf(message), nowUs: carried.lastUs }
    const atUs = this.network.send(parcel)
    if (atUs !== null) {
      this.#schedule.add(atUs, sent)
      const doubleUs = this.network.double(parcel)
      if (doubleUs !== null) this.#schedule.add(doubleUs, sent)
      return
    }
    // A cut ends the connection, and what was on it.
    const again = this.network.isUp(parcel) ? this.#resend(parcel, carried) : null
    if (again === null) return
    this.at(again.lastUs, () => {
      if (this.#runningAt(from) !== null) this.#carry(sent, again)
    })
  }

  #tellSent(member: MemberIndex, message: ProtocolMessage): void {
    const { recorder, control } = this.#dependencies
    const type = SENT_MARKS.get(message.type)
    if (recorder === null || type === undefined) return
    const heldUs = control.heldUs(member, message)
    if (heldUs !== null) recorder.mark(message.round, { type, member }, this.#nowUs + heldUs)
  }

  #tellHeard({ from, to, message, sentUs }: Extract<Occurrence, { type: 'message' }>): void {
    const { recorder } = this.#dependencies
    if (recorder === null || from === to) return
    recorder.links.arrived(from, to, this.#nowUs - sentUs)
    if (message.type !== 'observation') return
    recorder.mark(message.round, { type: 'heard', member: to, from }, this.#nowUs)
  }
}
