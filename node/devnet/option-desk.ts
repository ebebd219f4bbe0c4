import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { FeedKind } from '../../aggregator/committee/params.ts'
import { formatDecimal } from '../../aggregator/values/decimal.ts'
import type { ParallaxClient } from '../client/client.ts'
import { loadClient } from '../client/load-client.ts'
import type { Settled } from '../client/settle.ts'
import { codeOf } from '../errors.ts'
import { COMMITTEE_FILE } from './files.ts'
import type { LocalNetwork } from './network.ts'
import { type OptionTrades, SIDES, type Side, type Terms } from './option-trades.ts'

/** From the offer to the expiry: some blocks to buy in, some to look at, and the average. */
const LIFE_SECONDS = 11
const LOOK_EVERY_MS = 250

/** One side of the straddle that the local network trades; amounts are decimal text. */
export interface OptionSideView {
  readonly side: Side
  /** What one option costs in this block, in its token; null when not on sale. */
  readonly price: string | null
  /** Blocks in which it was priced. */
  readonly pricedBlocks: number
  /** What the buyer was paid; null before. */
  readonly payout: string | null
  /** The token it is paid in. */
  readonly token: string
}

/** The options of a run: what the table shows, and a part of the summary. */
export interface OptionView {
  readonly market: string
  readonly state: 'offered' | 'bought' | 'expired' | 'settled' | 'paid'
  readonly underlying: string
  readonly strike: string
  /** Unix time in seconds. */
  readonly expiry: number
  readonly sides: readonly OptionSideView[]
  /** Average at the expiry; null before it is known. */
  readonly settlementPrice: string | null
  readonly settlementRound: number | null
  /** Whether it can no longer change. */
  readonly isFinal: boolean
}

/**
 * Trades on the local option market: writes a call and a put at the money, buys one of each, prices
 * both in every block, settles them by the committee's average, and pays out. Runs beside the rest;
 * a failure is told, and stops nothing else.
 */
export class OptionDesk {
  readonly #network: LocalNetwork
  readonly #trades: OptionTrades
  readonly #prices = new Map<Side, { price: bigint | null; blocks: number }>()
  readonly #payouts = new Map<Side, bigint>()
  #terms: Terms | null = null
  #state: OptionView['state'] = 'offered'
  #settled: Settled | null = null
  #failure: string | null = null

  constructor(network: LocalNetwork) {
    this.#network = network
    this.#trades = network.chain.trades
  }

  /** Why trading ended before its time; null when it did not. */
  get failure(): string | null {
    return this.#failure
  }

  /** Whether options were written and are not paid yet. */
  get isOpen(): boolean {
    return this.#terms !== null && this.#state !== 'paid' && this.#failure === null
  }

  /** Trades once from beginning to end; resolves early when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#trade(signal)
    } catch (error) {
      if (signal.aborted) return
      const message = error instanceof Error ? error.message : String(error)
      this.#failure = `${codeOf(error)}: ${message.split('\n', 1)[0]}`
    }
  }

  view(): OptionView | null {
    if (this.#terms === null) return null
    const { committee, chain } = this.#network
    const { strike, expiry } = this.#terms
    const decimals = this.#spot.decimals
    const settled = this.#settled
    const [base = '', quote = ''] = this.#spot.name.split('/')
    return {
      market: chain.trades.market.market,
      state: this.#state,
      underlying: committee.params.feeds[0]?.name ?? '',
      strike: formatDecimal(strike, decimals),
      expiry,
      sides: SIDES.map((side): OptionSideView => {
        const { price = null, blocks = 0 } = this.#prices.get(side) ?? {}
        const payout = this.#payouts.get(side)
        const tokenDecimals = side === 'call' ? 18 : 6
        return {
          side,
          price: price === null ? null : formatDecimal(price, tokenDecimals),
          pricedBlocks: blocks,
          payout: payout === undefined ? null : formatDecimal(payout, tokenDecimals),
          token: side === 'call' ? base : quote,
        }
      }),
      settlementPrice: settled === null ? null : formatDecimal(settled.value, decimals),
      settlementRound: settled?.round ?? null,
      isFinal: settled?.isFinal ?? false,
    }
  }

  get #spot() {
    const spot = this.#network.committee.params.feeds[0]
    if (spot === undefined) throw new Error('a committee has a feed')
    return spot
  }

  async #trade(signal: AbortSignal): Promise<void> {
    const trades = this.#trades
    const spot = await this.#whenPriced(signal)
    const now = await trades.now()
    // Four digits of the price: a strike that a person would name.
    const unit = 10n ** BigInt(Math.max(0, spot.toString().length - 4))
    const terms = { strike: (spot / unit) * unit, expiry: now + LIFE_SECONDS }
    await trades.write(terms)
    this.#terms = terms
    await this.#price()
    await trades.buy()
    this.#state = 'bought'
    while ((await trades.now()) < terms.expiry) {
      await this.#price()
      await delay(LOOK_EVERY_MS, undefined, { signal })
    }
    this.#state = 'expired'
    for (const side of SIDES) this.#note(side, null)
    await this.#settle(terms, signal)
    await this.#payOut(terms)
  }

  /** Waits until every feed that the market reads has a value on chain; gives the spot. */
  async #whenPriced(signal: AbortSignal): Promise<bigint> {
    const { feeds } = this.#network.committee.params
    const unread: readonly FeedKind[] = ['spot', 'realized-volatility', 'funding', 'forward']
    const wanted = feeds.flatMap(({ kind }, index) =>
      index === 0 || !unread.includes(kind) ? [index] : [],
    )
    for (;;) {
      const values = await Promise.all(wanted.map((feed) => this.#trades.value(feed)))
      const [spot] = values
      if (spot != null && values.every((value) => value !== null)) return spot
      await delay(LOOK_EVERY_MS, undefined, { signal })
    }
  }

  #block = 0n

  /** The price of both sides in this block, once for each block. */
  async #price(): Promise<void> {
    const block = await this.#trades.reader.getBlockNumber()
    if (block === this.#block) return
    this.#block = block
    for (const side of SIDES) this.#note(side, await this.#trades.quote(side))
  }

  #note(side: Side, price: bigint | null): void {
    const blocks = this.#prices.get(side)?.blocks ?? 0
    this.#prices.set(side, { price, blocks: blocks + (price === null ? 0 : 1) })
  }

  /** Asks the oracles in turn for the certificate that settles, until one has it. */
  async #settle(terms: Terms, signal: AbortSignal): Promise<void> {
    const { nodes, directory, chain, committee } = this.#network
    const committeeFile = join(directory, COMMITTEE_FILE)
    const clients: ParallaxClient[] = await Promise.all(
      nodes.map(({ client }) => loadClient({ url: client.address, committeeFile })),
    )
    const { reader, wallet, buyer, market } = this.#trades
    const feed = committee.params.feeds[market.settlementFeed]?.name ?? ''
    try {
      for (let turn = 0; ; turn++) {
        const client = clients[turn % clients.length] as ParallaxClient
        this.#settled = await client
          .settle({
            contract: chain.deployment.settlement,
            publicClient: reader,
            walletClient: wallet,
            account: buyer,
            feed,
            expiry: terms.expiry,
            signal,
          })
          .catch((error: unknown) => {
            const isEarly = ['SETTLEMENT_UNCERTIFIED', 'GATEWAY_UNREACHABLE']
            if (isEarly.includes(codeOf(error))) return null
            throw error
          })
        if (this.#settled?.isFinal === true) break
        await delay(LOOK_EVERY_MS, undefined, { signal })
      }
      this.#state = 'settled'
    } finally {
      await Promise.all(clients.map((client) => client.close()))
    }
  }

  async #payOut(terms: Terms): Promise<void> {
    const trades = this.#trades
    const before = await trades.balances(trades.buyer.address)
    await trades.close(terms)
    const after = await trades.balances(trades.buyer.address)
    this.#payouts.set('call', after[0] - before[0])
    this.#payouts.set('put', after[1] - before[1])
    this.#state = 'paid'
  }
}

/**
 * Why the options of a run were not paid as their settlement says; empty when they were. A call at
 * the average P with the strike K pays (P − K)/P of base, a put K − P of quote, rounded down.
 */
export function optionShortcomings(view: OptionView | null, failure: string | null): string[] {
  if (failure !== null) return [`the option market: ${failure}`]
  if (view === null || view.state !== 'paid' || view.settlementPrice === null) return []
  const price = units(view.settlementPrice)
  const strike = units(view.strike)
  const owed = {
    call: price > strike ? ((price - strike) * 10n ** 18n) / price : 0n,
    put: strike > price ? (strike - price) / 100n : 0n,
  }
  return view.sides.flatMap(({ side, payout }) => {
    const decimals = side === 'call' ? 18 : 6
    const expected = formatDecimal(owed[side], decimals)
    return payout === expected ? [] : [`the ${side} paid ${payout}, and owed ${expected}`]
  })
}

/** Decimal text of eight decimals as an integer. */
function units(text: string): bigint {
  return BigInt(text.replace('.', ''))
}
