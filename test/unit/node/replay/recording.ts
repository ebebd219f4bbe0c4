import { type Context, contextOf } from '../../../../aggregator/context.ts'
import type { Effect } from '../../../../aggregator/effects.ts'
import type { Event } from '../../../../aggregator/events.ts'
import { cryptoOf, loadEcdsa } from '../../../../node/keys/native.ts'
import { CHAIN_START, chained } from '../../../../node/replay/chain.ts'
import { encodeEffect } from '../../../../node/replay/effect-codec.ts'
import { encodeEvent } from '../../../../node/replay/event-codec.ts'
import { RunReplay } from '../../../../node/replay/replay.ts'
import type { JournalStep } from '../../../../node/store/journal-rows.ts'
import { Cluster, type ClusterOptions, type Seen } from '../../../support/cluster.ts'
import { testCommittee } from '../../../support/committee.ts'

/** What one member of a cluster journalled, and what a replay of it needs. */
export interface Recording {
  readonly context: Context
  readonly cluster: Cluster
  readonly events: readonly Event[]
  readonly effects: readonly Effect[]
  /** Both, in the order in which the host saw them. */
  readonly seen: readonly Seen[]
  readonly steps: readonly JournalStep[]
}

export const MEMBER = 1

/** Lets a cluster live through some rounds and keeps the journal of one member. */
export function recorded(
  options: Partial<ClusterOptions> = {},
  live: (cluster: Cluster) => void = (cluster) => cluster.runTo(15 * 500),
): Recording {
  const test = options.test ?? testCommittee()
  const events: Event[] = []
  const effects: Effect[] = []
  const inOrder: Seen[] = []
  const bodies: Pick<JournalStep, 'kind' | 'type' | 'body' | 'nowMs'>[] = []
  const cluster: Cluster = new Cluster({
    delayMs: () => 3,
    ...options,
    test,
    watch: (member, seen) => {
      if (member !== MEMBER) return
      const { nowMs } = cluster
      inOrder.push(seen)
      if (seen.type === 'event') {
        const { event } = seen
        events.push(event)
        bodies.push({ kind: 'event', type: event.type, body: encodeEvent(event), nowMs })
      } else if (seen.type === 'effect') {
        const { effect } = seen
        effects.push(effect)
        const body = encodeEffect(test.committee, effect)
        bodies.push({ kind: 'effect', type: effect.type, body, nowMs })
      }
    },
  })
  cluster.start(8 * 500 + 1)
  live(cluster)
  const { context } = cluster
  return { context, cluster, events, effects, seen: inOrder, steps: rechained(bodies) }
}

type Unchained = Pick<JournalStep, 'kind' | 'type' | 'body' | 'nowMs'>

/** Entries with numbers and checksums made anew: what a careful forger would leave. */
export function rechained(entries: readonly Unchained[]): JournalStep[] {
  let chain = CHAIN_START
  return entries.map(({ kind, type, body, nowMs }, number) => {
    chain = chained(chain, { kind, type, body })
    const round = Math.floor(nowMs / 500)
    return { sequence: number + 1, run: 1, number, chain, nowMs, round, kind, type, body }
  })
}

/** Another process: nothing that was computed while recording helps the replay. */
export function strangerTo({ context }: Pick<Recording, 'context'>): Context {
  return contextOf(cryptoOf(loadEcdsa({ fallback: 'allow' })), context.committee)
}

/** Feeds entries until the first that is not the same. */
export function replayed(of: Pick<Recording, 'context'>, steps: readonly JournalStep[]) {
  const replay = new RunReplay(strangerTo(of), MEMBER)
  for (const entry of steps) {
    const fed = replay.feed(entry)
    if (fed.type !== 'same') return { fed, ...replay.counts }
  }
  return { fed: { type: 'same' as const }, ...replay.counts }
}

/** The same entries with one bit of one body flipped. */
export function flipped(
  steps: readonly JournalStep[],
  at: { readonly index: number; readonly bit: number },
): JournalStep[] {
  return steps.map((entry, index) => {
    if (index !== at.index) return entry
    const body = entry.body.slice()
    const byte = at.bit >> 3
    body[byte] = (body[byte] ?? 0) ^ (1 << (at.bit & 7))
    return { ...entry, body }
  })
}
