import type { Context } from '../../aggregator/context.ts'
import type { Effect } from '../../aggregator/effects.ts'
import type { Event } from '../../aggregator/events.ts'
import { initialState, type State } from '../../aggregator/state/state.ts'
import { step } from '../../aggregator/step.ts'
import { equalBytes, toHex } from '../../aggregator/values/bytes.ts'
import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import type { JournalStep } from '../store/journal-rows.ts'
import { CHAIN_START, chained } from './chain.ts'
import { encodeEffect } from './effect-codec.ts'
import { effectText } from './effect-text.ts'
import { decodeEvent } from './event-codec.ts'
import { UnpackError } from './pack.ts'

/** What stands at the place of a difference: an effect, and all that is known of it. */
export interface Side {
  readonly type: string
  readonly hex: string
  /** Readable form; only what was computed here has one. */
  readonly text?: string
}

/** Where journal and replay part for the first time. */
export interface Difference {
  /** An effect is another one, an event is none, or the core stops at an event. */
  readonly cause: 'effect' | 'event' | 'core'
  /** The checksum shows that the journal is not what its writer wrote. */
  readonly isDamaged: boolean
  readonly sequence: number
  readonly run: number
  readonly round: Round
  readonly reason: string
  /** What the journal says; null where it holds no effect. */
  readonly expected: Side | null
  /** What the core does; null where it does nothing. */
  readonly found: Side | null
}

/** Entries were lost or moved in the middle of a run: nothing after them can be recomputed. */
export interface Gap {
  readonly sequence: number
  readonly run: number
  readonly round: Round
  /** Number of the entry that should stand here, and of the one that does. */
  readonly expectedNumber: number
  readonly foundNumber: number
}

/** Whether a run may be fed on, and if not, why. */
export type Fed =
  | { readonly type: 'same' }
  | { readonly type: 'different'; readonly difference: Difference }
  | { readonly type: 'gap'; readonly gap: Gap }

const SAME: Fed = { type: 'same' }

/** Effects that may wait for their entries; a machine's inbox holds no more events than that. */
const WAITING_MAX = 100_000

interface Computed {
  readonly effect: Effect
  readonly body: Uint8Array
}

/**
 * The machine of one process, recomputed from its journal (protocol §10.4). Events that a host
 * reports while effects are performed stand between those effects in the journal; since the machine
 * takes both in order, the effects of all events one after the other are those of the journal.
 */
export class RunReplay {
  readonly #context: Context
  readonly #state: State
  /** Computed, and not met in the journal yet. */
  readonly #waiting: Computed[] = []
  #number = 0
  #chain = CHAIN_START
  #events = 0
  #effects = 0
  #isDamaged = false

  constructor(context: Context, self: MemberIndex) {
    this.#context = context
    this.#state = initialState(context.committee, self)
  }

  get counts(): { readonly events: number; readonly effects: number; readonly waiting: number } {
    return { events: this.#events, effects: this.#effects, waiting: this.#waiting.length }
  }

  /** Takes the next entry of the run; after anything but `same` it takes no more. */
  feed(entry: JournalStep): Fed {
    if (entry.number !== this.#number) return this.#gap(entry)
    this.#number += 1
    this.#chain = chained(this.#chain, entry)
    this.#isDamaged = this.#chain !== entry.chain
    return entry.kind === 'event' ? this.#event(entry) : this.#effect(entry)
  }

  #event(entry: JournalStep): Fed {
    this.#events += 1
    try {
      const event = decodeEvent(this.#context, entry.body)
      if (event.type !== entry.type) throw new UnpackError(`it is of type ${event.type}`)
      if (this.#isDamaged) return this.#different(entry, { reason: 'its checksum is wrong' })
      this.#compute(event)
      return SAME
    } catch (error) {
      if (error instanceof UnpackError) {
        return this.#different(entry, { reason: `the event cannot be rebuilt: ${error.message}` })
      }
      const message = error instanceof Error ? error.message : String(error)
      return this.#different(entry, { cause: 'core', reason: `the core stops: ${message}` })
    }
  }

  #compute(event: Event): void {
    for (const effect of step(this.#context, this.#state, event)) {
      const body = encodeEffect(this.#context.committee, effect)
      this.#waiting.push({ effect, body })
    }
    if (this.#waiting.length > WAITING_MAX) throw new UnpackError('effects before it are missing')
  }

  #effect(entry: JournalStep): Fed {
    const computed = this.#waiting.shift()
    const expected = { type: entry.type, hex: toHex(entry.body) }
    if (computed === undefined) {
      const reason = 'the core does nothing here'
      return this.#different(entry, { cause: 'effect', reason, expected })
    }
    const { effect, body } = computed
    const isSame = equalBytes(body, entry.body) && effect.type === entry.type
    if (isSame && !this.#isDamaged) {
      this.#effects += 1
      return SAME
    }
    const reason = isSame ? 'its checksum is wrong' : reasonOf(entry, computed)
    const found = { type: effect.type, hex: toHex(body), text: effectText(effect) }
    return this.#different(entry, { cause: 'effect', reason, expected, found })
  }

  #gap({ sequence, run, round, number }: JournalStep): Fed {
    const expectedNumber = this.#number
    return { type: 'gap', gap: { sequence, run, round, expectedNumber, foundNumber: number } }
  }

  #different(
    { sequence, run, round }: JournalStep,
    about: Pick<Difference, 'reason'> & Partial<Pick<Difference, 'cause' | 'expected' | 'found'>>,
  ): Fed {
    const { cause = 'event', reason, expected = null, found = null } = about
    const isDamaged = this.#isDamaged
    return {
      type: 'different',
      difference: { cause, isDamaged, sequence, run, round, reason, expected, found },
    }
  }
}

function reasonOf(entry: JournalStep, { effect, body }: Computed): string {
  if (effect.type !== entry.type) return 'the core does something else here'
  const shorter = Math.min(body.length, entry.body.length)
  let offset = 0
  while (offset < shorter && body[offset] === entry.body[offset]) offset += 1
  return `the bytes differ from byte ${offset} on`
}
