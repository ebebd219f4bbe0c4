import type { Context } from '../../aggregator/context.ts'
import type { Effect } from '../../aggregator/effects.ts'
import type { Event } from '../../aggregator/events.ts'
import type { createMachine, Machine } from '../../aggregator/machine.ts'
import type { GossipMessage, Verified } from '../../aggregator/messages/messages.ts'
import type { MemberIndex, Members } from '../../aggregator/values/ids.ts'
import { hasMember } from '../../aggregator/values/ids.ts'
import { judgedBytes } from '../world/direct.ts'

/** Events of one process that are replayed: its beginning, or each process would run twice. */
const EVENTS_MAX = 1_500

/** What a process was told, and all that it did, since this was last replayed (protocol §10.4). */
export interface Journal {
  readonly member: MemberIndex
  readonly events: Event[]
  readonly effects: Effect[]
  /** The process ended, perhaps in the middle of what its last event asked for. */
  isCut: boolean
}

/** Where a replay went another way; null when it is the same to the last byte. */
export type Difference = { readonly effect: number; readonly message: string } | null

/** Keeps the journal of one honest process at a time: of the next that starts. */
export class Journals {
  readonly #honest: Members
  #open: Journal | null = null
  #events = 0

  constructor(honest: Members) {
    this.#honest = honest
  }

  /** The journal that is being written; null while there is none. */
  get open(): Journal | null {
    return this.#open
  }

  /** A maker of machines that writes their journals. */
  journaled(create: typeof createMachine): typeof createMachine {
    return (options) => {
      if (this.#open !== null || !hasMember(this.#honest, options.self)) return create(options)
      const journal: Journal = { member: options.self, events: [], effects: [], isCut: false }
      this.#open = journal
      this.#events = 0
      const machine = create({
        ...options,
        perform: (effect) => {
          if (this.#open === journal) journal.effects.push(effect)
          options.perform(effect)
        },
      })
      return {
        state: machine.state,
        report: (event) => {
          if (this.#open === journal) {
            journal.events.push(event)
            this.#events += 1
          }
          machine.report(event)
        },
      }
    }
  }

  /** Ends the journal that is open when it holds as much as one may. */
  endFull(): void {
    if (this.#events >= EVENTS_MAX) this.#open = null
  }

  /** Ends and returns the journal of a member whose process ended; null when it has none. */
  endOf(member: MemberIndex): Journal | null {
    const journal = this.#open
    if (journal?.member !== member) return null
    journal.isCut = true
    this.#open = null
    return journal
  }
}

/**
 * Replays a journal while it is written, with a machine and a context that know nothing of the
 * first run. Messages are their bytes again, judged anew.
 */
export class Replay {
  readonly journal: Journal
  readonly #context: Context
  readonly #machine: Machine
  #difference: Difference = null
  /** Effects that were compared, and those of them since the journal was last emptied. */
  #done = 0
  #doneNow = 0

  constructor(
    journal: Journal,
    fresh: { readonly context: Context; readonly create: typeof createMachine },
  ) {
    this.journal = journal
    this.#context = fresh.context
    this.#machine = fresh.create({
      context: fresh.context,
      self: journal.member,
      perform: (effect) => this.#compare(effect),
    })
  }

  /**
   * Goes on to where the journal is, and empties it: kept until its end, it would teach the engine
   * that what a round makes lives long (ADR 0087).
   */
  goOn(): Difference {
    const { events, effects, isCut } = this.journal
    for (const event of events) this.#machine.report(renewed(this.#context, event))
    if (this.#doneNow < effects.length && !isCut) {
      const message = `a replay ends ${effects.length - this.#doneNow} effects too early`
      this.#difference ??= { effect: this.#done, message }
    }
    events.length = 0
    effects.length = 0
    this.#doneNow = 0
    return this.#difference
  }

  #compare(effect: Effect): void {
    const { effects, isCut } = this.journal
    const first = effects[this.#doneNow]
    if (first === undefined && isCut) return
    if (first === undefined || !isSame(first, effect)) {
      const was = first === undefined ? 'nothing' : first.type
      const message = `effect ${this.#done} of a replay is ${effect.type}; it was ${was}`
      this.#difference ??= { effect: this.#done, message: `${message}, or differs in its content` }
    }
    this.#done += 1
    this.#doneNow += 1
  }
}

function renewed(context: Context, event: Event): Event {
  if (event.type === 'received') return { ...event, message: again(context, event.message) }
  if (event.type !== 'started') return event
  const { certificate, evidence } = event
  return {
    ...event,
    certificate: certificate === null ? null : again(context, certificate),
    evidence: evidence.map((each) => again(context, each)),
  }
}

/** A message from its bytes; what an adversary made and nobody could read stays as it is. */
function again<M extends GossipMessage>(context: Context, message: Verified<M>): Verified<M> {
  const judged = judgedBytes(context, message.bytes, message.message.round)
  return (judged as Verified<M> | null) ?? message
}

/** Whether two values are the same to the last byte. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every((key) => isSame((a as Fields)[key], (b as Fields)[key]))
}

type Fields = Readonly<Record<string, unknown>>
