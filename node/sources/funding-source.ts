import type { FundingQuote } from '../../aggregator/aggregation/funding.ts'
import { fundingRate } from '../../aggregator/aggregation/funding.ts'
import { invariant } from '../../aggregator/assert.ts'
import type { MarketName } from '../../aggregator/values/market.ts'
import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'
import { answering, objectAt, symbolAbsent } from './fields.ts'
import type { Json } from './json.ts'
import type { FundingRows, IntervalsRequest, PerpetualVenue } from './perpetual-venue.ts'
import type { AskedVenue, MarketAnswer, VenueRequest } from './venue.ts'
import { wholeMarketSource } from './whole-market.ts'

/** A feed whose value is the funding of perpetuals. */
export interface FundingFeed {
  /** As in the committee parameters; also the name under which its quotes are held. */
  readonly name: string
  /** The market whose perpetuals are asked for. */
  readonly underlying: MarketName
  /** The time to which every venue's rate is brought. */
  readonly windowMs: DurationMs
}

/** Intervals change rarely; what was said longer ago may be another's by now. */
const INTERVALS_AGE_MS_MAX = 600_000

/** One request for all perpetuals, and one for their intervals where the venue wants that. */
export function fundingRequests(
  venue: PerpetualVenue,
  asked: {
    readonly feeds: readonly FundingFeed[]
    /** What the venue calls a perpetual, where it differs. */
    readonly symbols: Readonly<Record<MarketName, string>>
  },
): readonly VenueRequest[] {
  if (asked.feeds.length === 0) return []
  const markets = asked.feeds.map(({ name, underlying }) => {
    return { market: name, symbol: asked.symbols[underlying] ?? venue.symbolOf(underlying) }
  })
  const { intervals } = venue
  return [...(intervals === undefined ? [] : [intervals]), venue].map(({ path, weight }) => {
    return { path, weight, markets }
  })
}

/**
 * A venue of perpetuals as the client asks any venue: its rates become one quote for each feed.
 * Where intervals come in an answer of their own, it remembers them, and keeps rates that came
 * before any.
 */
export function fundingSource(venue: PerpetualVenue, feeds: readonly FundingFeed[]): AskedVenue {
  const { intervals } = venue
  const memory = intervals === undefined ? null : new Intervals(intervals)
  return wholeMarketSource(venue, (answer, request, receivedMs) => {
    if (memory !== null && request.path === intervals?.path) {
      return memory.learn(answer, receivedMs)
    }
    const rows = venue.parse(answer)
    const answers = () =>
      request.markets.map((market) =>
        rateAnswer(market, { rows, feeds, intervalOf: memory?.at(receivedMs) }),
      )
    return memory === null ? answers() : memory.when(answers)
  })
}

/** What a venue last said of its intervals. */
class Intervals {
  readonly #request: IntervalsRequest
  #known: ReadonlyMap<string, DurationMs> | null = null
  #knownMs: UnixMs = 0
  /** Rates that came before any intervals did. */
  #waiting: (() => readonly MarketAnswer[]) | null = null

  constructor(request: IntervalsRequest) {
    this.#request = request
  }

  learn(answer: Json, receivedMs: UnixMs): readonly MarketAnswer[] {
    this.#known = this.#request.parse(answer)
    this.#knownMs = receivedMs
    const waiting = this.#waiting
    this.#waiting = null
    return waiting === null ? [] : waiting()
  }

  /** The answers now, or with the first intervals. */
  when(answers: () => readonly MarketAnswer[]): readonly MarketAnswer[] {
    if (this.#known !== null) return answers()
    this.#waiting = answers
    return []
  }

  at(nowMs: UnixMs): (symbol: string) => DurationMs | null {
    const isOld = nowMs - this.#knownMs > INTERVALS_AGE_MS_MAX
    return (symbol) => (isOld ? null : (this.#known?.get(symbol) ?? null))
  }
}

function rateAnswer(
  { market, symbol }: VenueRequest['markets'][number],
  said: {
    readonly rows: FundingRows
    readonly feeds: readonly FundingFeed[]
    /** Left out where the rows say it. */
    readonly intervalOf: ((symbol: string) => DurationMs | null) | undefined
  },
): MarketAnswer {
  const { rows, feeds, intervalOf } = said
  const feed = feeds.find(({ name }) => name === market)
  invariant(feed !== undefined, 'requests are made of the same feeds')
  return answering(market, (): MarketAnswer => {
    const stated = statedOf(symbol, rows)
    const intervalMs = intervalOf === undefined ? stated.intervalMs : intervalOf(symbol)
    const outcome = fundingRate({ ...stated, intervalMs }, feed.windowMs)
    if (outcome.type === 'known') return { type: 'quoted', market, quote: outcome.quote }
    return { type: 'refused', market, code: 'SOURCE_FUNDING_ABSENT', detail: outcome.code }
  })
}

function statedOf(symbol: string, { rows, key, read }: FundingRows): FundingQuote {
  const row = rows.map((each) => objectAt(each, 'a row')).find((each) => each.get(key) === symbol)
  if (row === undefined) throw symbolAbsent(symbol)
  return read(row)
}
