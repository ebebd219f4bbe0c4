import {
  type NodeValue,
  SOURCE_STATE_START,
  type SourceState,
  sampleSources,
} from '../../aggregator/aggregation/node-value.ts'
import { type ReceivedQuote, succeedQuote } from '../../aggregator/aggregation/quote.ts'
import { sourceCommitment } from '../../aggregator/aggregation/source-commitment.ts'
import type { FeedParams } from '../../aggregator/committee/params.ts'
import type { Crypto } from '../../aggregator/signing/crypto.ts'
import type { MemberIndex } from '../../aggregator/values/ids.ts'
import { type Prng, prngOf } from '../determinism/prng.ts'
import type { Absence, Sampled } from './host-options.ts'
import type { PricePath } from './prices.ts'
import { quoteOf, type StandOptions, settingsOf, standsOf } from './stands.ts'

/** What the members of a committee see of the world's prices. */
export interface Sources {
  readonly sample: (member: MemberIndex, nowUs: number) => Sampled
}

export interface SourceOptions {
  readonly seed: number
  readonly size: number
  readonly feeds: readonly FeedParams[]
  readonly paths: readonly PricePath[]
}

const NO_COMMITMENT = new Uint8Array(32)

/**
 * Every member sees the true price with its own error: quick, and enough where attacks on venues
 * are not the question.
 *
 * @param noisePpm largest error of a member, in parts per million of the price
 */
export function directSources(options: SourceOptions & { readonly noisePpm: number }): Sources {
  const { seed, size, paths, noisePpm } = options
  const chances = Array.from({ length: size }, (_, member) => prngOf(seed, `noise ${member}`))
  return {
    sample: (member, nowUs) => {
      const chance = chances[member] as Prng
      const values = paths.map((path) => {
        const price = path.at(nowUs)
        const error = Math.round((price * chance.between(-noisePpm, noisePpm)) / 1_000_000)
        return BigInt(price + error)
      })
      return { values, sourceCommitment: NO_COMMITMENT, absences: [] }
    },
  }
}

export interface VenueSourceOptions extends StandOptions, SourceOptions {
  readonly keccak256: Crypto['keccak256']
  /** How often a member asks each venue. */
  readonly pollUs: number
  /** Venues that a member cannot reach, by member. */
  readonly unreachable: ReadonlyMap<MemberIndex, ReadonlySet<string>>
}

/**
 * Polls further back change nothing: what they brought is too old for the rules of members by now.
 * True prices are kept for 200 s, of which venues may lag by 120.
 */
const CAUGHT_UP_US = 60_000_000

/** Quotes held by one member, and what its source engine remembers. */
interface Desk {
  readonly quotes: Map<string, ReceivedQuote>
  polledUs: number
  state: SourceState
}

/**
 * Venues quote, members poll them, and the production source arithmetic makes each member's values.
 */
export function venueSources(options: VenueSourceOptions): Sources {
  const { seed, size, pollUs, epochMs } = options
  const stands = standsOf(options)
  const settings = settingsOf(options)
  const desks = Array.from({ length: size }, (_, member): Desk => {
    const phaseUs = prngOf(seed, `poll ${member}`).below(pollUs)
    return { quotes: new Map(), polledUs: phaseUs - pollUs, state: SOURCE_STATE_START }
  })

  const poll = (desk: Desk, member: MemberIndex, atUs: number): void => {
    for (const stand of stands) {
      if (options.unreachable.get(member)?.has(stand.venue.name) === true) continue
      const arrived = quoteOf(stand, { atUs, epochMs })
      if (arrived === null) continue
      desk.quotes.set(stand.key, succeedQuote(desk.quotes.get(stand.key) ?? null, arrived))
    }
  }
  return {
    sample: (member, nowUs) => {
      const desk = desks[member] as Desk
      // Who was away for long does not catch up on all of it.
      const missed = Math.floor((nowUs - CAUGHT_UP_US - desk.polledUs) / pollUs)
      desk.polledUs += Math.max(0, missed) * pollUs
      for (; desk.polledUs + pollUs <= nowUs; desk.polledUs += pollUs) {
        if (desk.polledUs + pollUs >= 0) poll(desk, member, desk.polledUs + pollUs)
      }
      const nowMs = epochMs + Math.floor(nowUs / 1_000)
      const sample = sampleSources(settings, { state: desk.state, quotes: desk.quotes, nowMs })
      desk.state = sample.state
      return {
        values: sample.feeds.map(({ value }) => value),
        sourceCommitment: sourceCommitment(options.keccak256, sample.quotesUsed),
        absences: sample.feeds.flatMap(absencesOf),
      }
    },
  }
}

function absencesOf({ reason, venues }: NodeValue, feed: number): readonly Absence[] {
  if (reason === null) return []
  const codes = venues.flatMap(({ code }) => (code === 'USED' ? [] : [code]))
  return [{ feed, reason, venues: [...new Set(codes)] }]
}
