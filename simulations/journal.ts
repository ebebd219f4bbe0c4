import type { Context } from '../aggregator/context.ts'
import type { Effect } from '../aggregator/effects.ts'
import type { Event } from '../aggregator/events.ts'
import type { createMachine } from '../aggregator/machine.ts'
import type { GossipMessage, Verified } from '../aggregator/messages/messages.ts'
import type { MemberIndex, Members } from '../aggregator/values/ids.ts'
import { hasMember } from '../aggregator/values/ids.ts'
import { judgedBytes } from './world/direct.ts'

/** Events kept of one process: a journal is of its beginning, or memory would grow with the run. */
const EVENTS_MAX = 1_500

/** The beginning of a process: what it was told, and all that it did (protocol §10.4). */
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

  constructor(honest: Members) {
    this.#honest = honest
  }

  /** A maker of machines that writes their journals. */
  journaled(create: typeof createMachine): typeof createMachine {
    return (options) => {
      if (this.#open !== null || !hasMember(this.#honest, options.self)) return create(options)
      const journal: Journal = { member: options.self, events: [], effects: [], isCut: false }
      this.#open = journal
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
          if (this.#open === journal) journal.events.push(event)
          machine.report(event)
        },
      }
    }
  }

  /** A journal that is full, ended when asked for; null while there is none. */
  takeFull(): Journal | null {
    return (this.#open?.events.length ?? 0) < EVENTS_MAX ? null : this.take()
  }

  /** Ends the journal that is open, full or not. */
  take(): Journal | null {
    const journal = this.#open
    this.#open = null
    return journal
  }

  /** Ends the journal of a member whose process ended. */
  takeOf(member: MemberIndex): Journal | null {
    if (this.#open?.member !== member) return null
    this.#open.isCut = true
    return this.take()
  }
}

/**
 * Replays a journal with a machine and a context that know nothing of the first run. Messages are
 * their bytes again, judged anew.
 */
export function replayOf(
  journal: Journal,
  fresh: { readonly context: Context; readonly create: typeof createMachine },
): Difference {
  const { member, events, effects } = journal
  let done = 0
  let difference: Difference = null
  const machine = fresh.create({
    context: fresh.context,
    self: member,
    perform: (effect) => {
      const first = effects[done]
      if (first === undefined && journal.isCut) return
      if (difference === null && (first === undefined || !isSame(first, effect))) {
        const was = first === undefined ? 'nothing' : first.type
        const message = `effect ${done} of a replay is ${effect.type}; it was ${was}`
        difference = { effect: done, message: `${message}, or differs in its content` }
      }
      done += 1
    },
  })
  for (const event of events) machine.report(renewed(fresh.context, event))
  if (difference !== null || done === effects.length) return difference
  return { effect: done, message: `a replay ends after ${done} of ${effects.length} effects` }
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
