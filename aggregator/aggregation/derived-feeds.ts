import { invariant } from '../assert.ts'
import {
  type Derivation,
  type DerivedFeedKind,
  type FeedParams,
  isDerived,
} from '../committee/params.ts'
import { FEED_STATUS } from '../report/feed-report.ts'
import { decodeWord } from '../report/words.ts'
import type { FeedIndex } from '../values/ids.ts'
import type { DurationMs, UnixMs } from '../values/time.ts'
import type { DerivedKind } from './derived-kind.ts'
import {
  addValue,
  type FeedHistory,
  type HistoryRules,
  type PastValue,
  pointOf,
} from './feed-history.ts'
import { fixed } from './fixed.ts'
import { realizedVolatility } from './realized-volatility.ts'
import { twap } from './twap.ts'

const KINDS: Readonly<Record<DerivedFeedKind, DerivedKind>> = {
  twap,
  'realized-volatility': realizedVolatility,
  fixed,
}

/** A feed that this node computes itself, and what it remembers for that. */
export interface DerivedFeed {
  readonly feed: FeedIndex
  /** The feed that it is made of; null when it is made of none. */
  readonly of: FeedIndex | null
  readonly history: FeedHistory
}

/** A past value of one feed, as a host gives it back after a start. */
export interface PastFeedValue extends PastValue {
  readonly feed: FeedIndex
}

/**
 * A past value at the place that it has in what one derived feed remembers. A host that keeps the
 * latest value of each point, from `keepFromMs` on, gives back all that the feed needs.
 */
export interface KeptValue extends PastFeedValue {
  readonly derived: FeedIndex
  readonly pointMs: UnixMs
  readonly keepFromMs: UnixMs
}

/** The derived feeds of a committee, with nothing remembered yet. */
export function derivedFeedsOf(feeds: readonly FeedParams[]): DerivedFeed[] {
  return feeds.flatMap(({ kind, derivation }, feed): DerivedFeed[] => {
    if (!isDerived(kind)) return []
    if (derivation === undefined) return [{ feed, of: null, history: { samples: [] } }]
    const of = feeds.findIndex(({ name }) => name === derivation.of)
    invariant(of >= 0, 'the parameters were checked')
    return [{ feed, of, history: { samples: [] } }]
  })
}

/** How far back the past must be known; null when nothing is derived from it. */
export function pastMsOf(feeds: readonly FeedParams[]): DurationMs | null {
  const windows = feeds.flatMap(({ kind, derivation }) => {
    if (derivation === undefined || !isDerived(kind)) return []
    const rules = KINDS[kind].rulesOf(derivation)
    return rules === null ? [] : [rules.keptMs]
  })
  return windows.reduce<DurationMs | null>((most, each) => (each > (most ?? 0) ? each : most), null)
}

/** Remembers what was certified of the feeds that others are derived from. */
export function rememberWords(
  derived: readonly DerivedFeed[],
  about: {
    readonly feeds: readonly FeedParams[]
    readonly openedMs: UnixMs
    readonly words: readonly Uint8Array[]
  },
): void {
  for (const past of basesIn(derived, about)) rememberValue(derived, about.feeds, past)
}

/** What a certificate says of the feeds that others are derived from, each once. */
export function basesIn(
  derived: readonly DerivedFeed[],
  about: { readonly openedMs: UnixMs; readonly words: readonly Uint8Array[] },
): readonly PastFeedValue[] {
  const { openedMs, words } = about
  const bases = new Set(derived.flatMap(({ of }) => (of === null ? [] : [of])))
  return [...bases].flatMap((feed) => {
    const word = words[feed]
    const report = word === undefined ? null : decodeWord(word)
    if (report === null || report.status !== FEED_STATUS.ok) return []
    return [{ feed, openedMs, value: report.value }]
  })
}

/** Where a past value belongs in what each feed that is derived from it remembers. */
export function keptValuesOf(
  derived: readonly DerivedFeed[],
  feeds: readonly FeedParams[],
  past: PastFeedValue,
): readonly KeptValue[] {
  return derived.flatMap((each) => {
    const rules = each.of === past.feed ? rulesFor(feeds, each, past.value) : null
    if (rules === null) return []
    const pointMs = pointOf(past, rules)
    return [{ ...past, derived: each.feed, pointMs, keepFromMs: pointMs - rules.keptMs }]
  })
}

/** Remembers one past value wherever a feed is derived from it. */
export function rememberValue(
  derived: readonly DerivedFeed[],
  feeds: readonly FeedParams[],
  { feed, openedMs, value }: PastFeedValue,
): void {
  for (const each of derived) {
    const rules = each.of === feed ? rulesFor(feeds, each, value) : null
    if (rules !== null) addValue(each.history, { openedMs, value }, rules)
  }
}

/** By which rules a feed remembers a value of its base; null when it takes no notice of it. */
function rulesFor(
  feeds: readonly FeedParams[],
  each: DerivedFeed,
  value: bigint,
): HistoryRules | null {
  const { kind, derivation } = partsOf(feeds, each)
  if (derivation === undefined || kind.admits?.(value) === false) return null
  return kind.rulesOf(derivation)
}

/** The grid of what a derived feed remembers, and how far back; null when that is nothing. */
export function reachOf(
  feeds: readonly FeedParams[],
  each: DerivedFeed,
): Pick<HistoryRules, 'gridMs' | 'keptMs'> | null {
  const { kind, derivation } = partsOf(feeds, each)
  return derivation === undefined ? null : kind.rulesOf(derivation)
}

/** Values as observed, with those of the derived feeds in their places. */
export function withDerived(
  values: readonly (bigint | null)[],
  derived: readonly DerivedFeed[],
  about: { readonly feeds: readonly FeedParams[]; readonly endMs: UnixMs },
): readonly (bigint | null)[] {
  if (derived.length === 0) return values
  const all = about.feeds.map((_, index) => values[index] ?? null)
  for (const each of derived) {
    const { kind, derivation = NOTHING, decimals, valueMin } = partsOf(about.feeds, each)
    const asked = { derivation, endMs: about.endMs, decimals, valueMin }
    all[each.feed] = kind.valueOf(each.history, asked)
  }
  return all
}

/** Of a kind that is derived from no other feed. */
const NOTHING: Derivation = { of: '', windowMs: 0, stepMs: null }

function partsOf(feeds: readonly FeedParams[], { feed }: DerivedFeed) {
  const params = feeds[feed]
  invariant(params !== undefined && isDerived(params.kind), 'the feed was found to be derived')
  return { ...params, kind: KINDS[params.kind] }
}
