import type { Context } from '../../aggregator/context.ts'
import { orderOf } from '../../aggregator/context.ts'
import type { Effect } from '../../aggregator/effects.ts'
import type { Event } from '../../aggregator/events.ts'
import type {
  GossipMessage,
  MemberMessage,
  Observation,
  Pair,
  Verified,
} from '../../aggregator/messages/messages.ts'
import type { RoundState } from '../../aggregator/state/round-state.ts'
import type { State } from '../../aggregator/state/state.ts'
import { Cluster, type ClusterOptions } from './cluster.ts'
import { type TestCommittee, testCommittee } from './committee.ts'
import { Forge, type Observations } from './forge.ts'

export interface ScriptOptions extends Partial<Omit<ClusterOptions, 'silent'>> {
  /** The member under test; the others say only what the test makes them say. */
  readonly self?: number
}

/** Round in which stories happen: the first after the silence of a start in round 8. */
export const ROUND = 10

/**
 * One machine on a virtual clock. The test plays everyone else: it writes their messages with
 * `forge` and hands them over with `receives`; the host's part (samples, shares, combinations,
 * alarms) is answered as the cluster does.
 */
export class Script {
  readonly self: number
  readonly test: TestCommittee
  readonly forge: Forge
  readonly cluster: Cluster
  #mark = 0

  constructor(options: ScriptOptions = {}) {
    this.test = options.test ?? testCommittee()
    this.self = options.self ?? 0
    const others = this.test.identityKeys.map((_key, index) => index)
    this.cluster = new Cluster({
      directMs: () => null,
      ...options,
      test: this.test,
      silent: others.filter((index) => index !== this.self),
    })
    this.forge = new Forge(this.test, this.cluster.context)
  }

  get context(): Context {
    return this.cluster.context
  }

  get state(): State {
    const machine = this.cluster.machines[this.self]
    if (machine === undefined) throw new Error('not a member')
    return machine.state
  }

  round(round: number = ROUND): RoundState {
    const state = this.state.rounds.get(round)
    if (state === undefined) throw new Error(`round ${round} is not kept`)
    return state
  }

  order(round: number = ROUND): readonly number[] {
    return orderOf(this.context, round)
  }

  /** Starts two rounds before the one of the story, so that its silence has passed by then. */
  starts(round: number = ROUND): this {
    this.cluster.start(this.openingMs(round - 2) + 1)
    return this
  }

  openingMs(round: number): number {
    const { genesisMs, timing } = this.test.committee.params
    return genesisMs + round * timing.roundMs
  }

  /** Lets time pass up to a moment of a round, with every alarm on the way. */
  waits(afterOpeningMs: number, round: number = ROUND): this {
    this.cluster.runTo(this.openingMs(round) + afterOpeningMs)
    return this
  }

  /**
   * Lets time pass while the process stands still: alarms on the way come late, after the next
   * event.
   */
  sleeps(afterOpeningMs: number, round: number = ROUND): this {
    this.cluster.nowMs = this.openingMs(round) + afterOpeningMs
    return this
  }

  receives(...messages: readonly Verified<GossipMessage>[]): this {
    for (const message of messages) {
      this.reports({ type: 'received', nowMs: this.cluster.nowMs, message, origin: 'peer' })
    }
    return this
  }

  reports(event: Event): this {
    this.cluster.report(this.self, event)
    return this
  }

  /** Effects since the last time this was asked. */
  takes(): readonly Effect[] {
    const taken = this.cluster.effects.slice(this.#mark).map((each) => each.effect)
    this.#mark = this.cluster.effects.length
    return taken
  }

  /** All effects of one type since the start. */
  all<T extends Effect['type']>(type: T): readonly Extract<Effect, { type: T }>[] {
    return this.cluster.effectsOf(type).map((each) => each.effect)
  }

  /** Messages of one type that the machine broadcast, in order. */
  sent<T extends MemberMessage['type']>(type: T): readonly Extract<MemberMessage, { type: T }>[] {
    return this.all('broadcast')
      .map(({ message }) => message.message)
      .filter((message): message is Extract<MemberMessage, { type: T }> => message.type === type)
  }

  notes(): readonly string[] {
    return this.all('note').map((each) => each.code)
  }

  /** This machine's own pair of an opened round. */
  pair(round: number = ROUND): Pair {
    const { pair } = this.round(round)
    if (pair === null) throw new Error('the round was not opened')
    return pair
  }

  /** What the others observe when they agree with this machine's pair. */
  observation(sender: number, given: Partial<Observation> = {}): Verified<Observation> {
    return this.forge.observation({ round: ROUND, sender, pair: this.pair(), ...given })
  }

  observations(round: number = ROUND): Observations {
    return this.round(round).observations
  }
}

/** A machine that opened `ROUND` with its own observation sent. */
export function opened(options: ScriptOptions = {}): Script {
  return new Script(options).starts().waits(0)
}
