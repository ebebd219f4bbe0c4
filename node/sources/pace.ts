import type { MarketName } from '../../aggregator/values/market.ts'
import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'
import type { VenueMarket } from './venue.ts'

/**
 * A streamed market is polled all the same once in so long: not every stream carries the volume,
 * which moves slowly, and the way back to polling is known to work before it is needed.
 */
const CHECK_MS: DurationMs = 30_000

/** Says which markets of a venue are to be polled: those that no stream brings; at times all. */
export class PollPace {
  readonly #markets: readonly VenueMarket[]
  readonly #isStreamed: (market: MarketName, nowMs: UnixMs) => boolean
  #checkedMs: UnixMs = Number.NEGATIVE_INFINITY

  constructor(
    markets: readonly VenueMarket[],
    isStreamed: (market: MarketName, nowMs: UnixMs) => boolean,
  ) {
    this.#markets = markets
    this.#isStreamed = isStreamed
  }

  /** What a poll that begins now asks for; asked once for each poll. */
  due(nowMs: UnixMs): readonly VenueMarket[] {
    const quiet = this.#markets.filter(({ market }) => !this.#isStreamed(market, nowMs))
    const isAll = quiet.length === this.#markets.length || nowMs - this.#checkedMs >= CHECK_MS
    if (!isAll) return quiet
    this.#checkedMs = nowMs
    return this.#markets
  }
}
