import { createHash } from 'node:crypto'
import { deserialize, serialize } from 'node:v8'
import type { Context } from '../../aggregator/context.ts'
import type { Effect } from '../../aggregator/effects.ts'
import type { Event } from '../../aggregator/events.ts'
import type { Certificate, Evidence, Verified } from '../../aggregator/messages/messages.ts'
import type { RoundState } from '../../aggregator/state/round-state.ts'
import { initialState, type State } from '../../aggregator/state/state.ts'
import { step } from '../../aggregator/step.ts'
import { RecentMap } from '../../aggregator/values/recent-map.ts'
import { type Ghost, judgeEffects, judgeState } from './obligations.ts'

/** Something that may reach the machine once, at any moment of the round. */
export interface Happening {
  readonly name: string
  readonly event: Timeless
}

/** An event without its time: it gets that of the moment in which it happens. */
export type Timeless = Event extends infer E ? (E extends Event ? Omit<E, 'nowMs'> : never) : never

export interface Exploration {
  readonly context: Context
  /** Where the round is open and the member's own observation is sent. */
  readonly start: State
  readonly round: number
  /** Members that may be named and convicted. */
  readonly faulty: number
  readonly happenings: readonly Happening[]
  /** Whether the process may be killed once and started again at any moment. */
  readonly restarts: 'none' | 'once'
  /** What the host answers to an effect: at once, or at any later moment. */
  readonly answer: (effect: Effect, life: number) => Answer | null
  /** Switches a rule off, to show that its absence is found. */
  readonly spoil?: (state: State, effects: readonly Effect[], life: number) => readonly Effect[]
  /** More states than this, and the exploration says that it is not complete. */
  readonly statesMax: number
}

export interface Answer {
  readonly when: 'at-once' | 'later'
  readonly event: Timeless
}

export interface Explored {
  readonly states: number
  readonly steps: number
  readonly isComplete: boolean
  /** In how many states each end was reached. */
  readonly reached: Readonly<Record<'signed' | 'certified' | 'convicted' | 'closed', number>>
  /** What was broken, with the shortest way there; null when nothing was. */
  readonly broken: { readonly rule: string; readonly path: readonly string[] } | null
}

/** Everything that what can still happen depends on. */
interface Moment {
  readonly state: State
  readonly ghost: Ghost
  /** Bit k: happening k is still to come. */
  readonly toCome: number
  /** Answers of the host under way; they come in the order in which they were asked for. */
  readonly pending: readonly Timeless[]
  readonly disk: Disk
  readonly life: number
}

/** What a process finds of the one before it. */
interface Disk {
  readonly watermark: number
  readonly certificate: Verified<Certificate> | null
  readonly evidence: readonly Verified<Evidence>[]
}

/** How a state was first reached, back to the start. */
interface Trail {
  readonly via: string
  readonly from: Trail | null
}

interface Found {
  readonly bytes: Buffer
  readonly trail: Trail
}

type Action = { readonly name: string } & (
  | { readonly type: 'happen'; readonly index: number }
  | { readonly type: 'answer' | 'tick' | 'restart' }
)

/**
 * Plays every order of the happenings, of the host's answers, of the passing of the round's
 * deadlines and of one crash, breadth first, with every state visited once. The machine is the one
 * that nodes run; after every step all that it did is judged (obligations.ts).
 */
export function explore(given: Exploration): Explored {
  const first: Moment = {
    state: given.start,
    ghost: { promised: {}, signed: {}, life: 0, silentUpTo: 0, inTime: 0 },
    toCome: 2 ** given.happenings.length - 1,
    pending: [],
    disk: { watermark: given.round, certificate: null, evidence: [] },
    life: 0,
  }
  const seen = new Set<string>()
  const reached = { signed: 0, certified: 0, convicted: 0, closed: 0 }
  let frontier: Found[] = []
  let steps = 0
  const visit = (moment: Moment, via: string, from: Trail | null) => {
    const bytes = bytesOf(moment)
    const key = createHash('sha256').update(bytes).digest('base64')
    if (seen.has(key)) return
    seen.add(key)
    count(reached, moment.state.rounds.get(given.round), moment.state.convicted)
    frontier.push({ bytes, trail: { via, from } })
  }
  visit(first, 'the round is open', null)
  while (frontier.length > 0) {
    const level = frontier
    frontier = []
    for (const found of level) {
      for (const action of actionsIn(given, momentOf(found.bytes))) {
        if (seen.size > given.statesMax) {
          return { states: seen.size, steps, isComplete: false, reached, broken: null }
        }
        steps += 1
        const next = play(given, momentOf(found.bytes), action)
        if (typeof next === 'string') {
          const broken = { rule: next, path: [...pathOf(found.trail), action.name] }
          return { states: seen.size, steps, isComplete: false, reached, broken }
        }
        visit(next, action.name, found.trail)
      }
    }
  }
  return { states: seen.size, steps, isComplete: true, reached, broken: null }
}

/** The rounds as a list: a copy of their map would be an object without its methods. */
function bytesOf({ state, ...rest }: Moment): Buffer {
  const { rounds, ...others } = state
  return serialize({ ...rest, state: others, rounds: rounds.values() })
}

function momentOf(bytes: Buffer): Moment {
  const { rounds, state, ...rest } = deserialize(bytes) as Omit<Moment, 'state'> & {
    readonly state: Omit<State, 'rounds'>
    readonly rounds: readonly RoundState[]
  }
  const kept: State['rounds'] = new RecentMap()
  for (const round of rounds) kept.set(round.round, round)
  return { ...rest, state: { ...state, rounds: kept } }
}

function actionsIn(given: Exploration, moment: Moment): readonly Action[] {
  const { state, toCome, pending, life } = moment
  const happen = given.happenings.flatMap(({ name }, index) =>
    (toCome & (1 << index)) === 0 ? [] : [{ type: 'happen', name, index } as const],
  )
  const answers = pending
    .slice(0, 1)
    .map(({ type }) => ({ type: 'answer', name: `answer ${type}` }) as const)
  const endMs = openingAfter(given)
  const isOver = state.alarmMs === null || state.alarmMs >= endMs
  const tick = isOver ? [] : [{ type: 'tick', name: 'time passes' } as const]
  const isMortal = given.restarts === 'once' && life === 0
  const restart = isMortal ? [{ type: 'restart', name: 'killed and started' } as const] : []
  return [...happen, ...answers, ...tick, ...restart]
}

function openingAfter({ context, round }: Exploration): number {
  const { genesisMs, timing } = context.committee.params
  return genesisMs + (round + 1) * timing.roundMs
}

/** The moment after an action, or the rule that it broke. */
function play(given: Exploration, moment: Moment, action: Action): Moment | string {
  const { state, toCome, pending } = moment
  const { nowMs } = state
  switch (action.type) {
    case 'happen': {
      const { event } = given.happenings[action.index] as Happening
      const left = toCome & ~(1 << action.index)
      return take(given, { ...moment, toCome: left }, { ...event, nowMs } as Event)
    }
    case 'answer': {
      const [answer, ...left] = pending
      return take(given, { ...moment, pending: left }, { ...answer, nowMs } as Event)
    }
    case 'tick':
      return take(given, moment, { type: 'alarmFired', nowMs: state.alarmMs ?? nowMs })
    case 'restart': {
      const life = moment.life + 1
      const fresh = initialState(given.context.committee, state.self)
      const ghost = { ...moment.ghost, life, silentUpTo: given.round }
      const born: Moment = { ...moment, state: fresh, ghost, pending: [], life }
      return take(given, born, { type: 'started', nowMs, ...moment.disk, past: [] })
    }
  }
}

/** Lets the machine take an event and what the host answers at once, and judges what it did. */
function take(given: Exploration, moment: Moment, event: Event): Moment | string {
  const { context, round, faulty, spoil } = given
  const { state, ghost, life } = moment
  const inbox: Event[] = [event]
  const pending = [...moment.pending]
  let { disk } = moment
  for (let next = inbox.shift(); next !== undefined; next = inbox.shift()) {
    let effects: readonly Effect[]
    try {
      effects = step(context, state, next)
    } catch (error) {
      return `a step throws: ${String(error)}`
    }
    if (spoil !== undefined) effects = spoil(state, effects, life)
    const rule =
      judgeEffects(context, { ghost, effects, event: next, round, self: state.self, faulty }) ??
      judgeState(state, faulty)
    if (rule !== null) return rule
    for (const effect of effects) {
      disk = kept(disk, effect)
      const answer = given.answer(effect, life)
      if (answer === null) continue
      if (answer.when === 'later') pending.push(answer.event)
      else inbox.push({ ...answer.event, nowMs: state.nowMs } as Event)
    }
  }
  return { ...moment, pending, disk }
}

function kept(disk: Disk, effect: Effect): Disk {
  switch (effect.type) {
    case 'persist':
      return { ...disk, watermark: Math.max(disk.watermark, effect.promise.round) }
    case 'keepCertificate':
      return { ...disk, certificate: effect.certificate }
    case 'keepEvidence':
      return { ...disk, evidence: [...disk.evidence, effect.evidence] }
    default:
      return disk
  }
}

function count(
  reached: Record<'signed' | 'certified' | 'convicted' | 'closed', number>,
  round: ReturnType<State['rounds']['get']>,
  convicted: number,
): void {
  if (round?.signed) reached.signed += 1
  if (round?.certificate) reached.certified += 1
  if (round?.isClosed) reached.closed += 1
  if (convicted !== 0) reached.convicted += 1
}

function pathOf(trail: Trail): readonly string[] {
  const path: string[] = []
  for (let at: Trail | null = trail; at !== null; at = at.from) path.unshift(at.via)
  return path
}
