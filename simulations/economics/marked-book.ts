import { type OptionPosition, optionUsd, type Perpetual, perpetualUsd } from './book.ts'

export type Holder = 'attacker' | 'trader'
export type Party = Holder | 'market'

/** Money that changed hands, by party; the sum is 0 but for rounding. */
export type Balances = Readonly<Record<Party, number>>

/** A perpetual that a holder has against the market. */
export interface PerpetualHeld extends Perpetual {
  readonly type: 'perpetual'
  readonly side: 'long' | 'short'
  /** What the holder posts, as a part of the notional; it never loses more. */
  readonly marginBps: number
  readonly holder: Holder
  readonly openMs: number
  /** Null: at the end of the run. */
  readonly closeMs: number | null
}

/** An option that a holder buys of the market at its fair price; it is paid at its expiry. */
export interface OptionHeld extends Omit<OptionPosition, 'type' | 'seconds' | 'heldSeconds'> {
  readonly type: 'call' | 'put'
  readonly holder: Holder
  readonly openMs: number
  readonly expiryMs: number
}

export type Held = PerpetualHeld | OptionHeld

/** Rules of the market whose book it is. */
export interface MarketTerms {
  /** Below this part of its notional at the mark a margin is closed. */
  readonly maintenanceBps: number
  /** Taken of that notional when it is, as far as the margin goes; and who gets it. */
  readonly penaltyBps: number
  readonly penaltyTo: 'attacker' | 'market'
  /** Most that the market can lose. */
  readonly fundsUsd: number
}

interface Open {
  readonly held: Held
  readonly openedMs: number
  readonly openedAtUsd: number
}

/** A position that was closed because its margin was used up. */
export interface Liquidation {
  /** Which position of the book. */
  readonly index: number
  readonly atMs: number
  readonly notionalUsd: number
}

/** Positions against one market, marked with one series of prices. */
export class MarkedBook {
  readonly liquidations: Liquidation[] = []
  readonly #terms: MarketTerms
  readonly #waiting: Map<number, Held>
  readonly #open = new Map<number, Open>()
  readonly #balances: Record<Party, number> = { attacker: 0, trader: 0, market: 0 }
  readonly #fees: Record<Holder, number> = { attacker: 0, trader: 0 }

  constructor(positions: readonly Held[], terms: MarketTerms) {
    this.#terms = terms
    this.#waiting = new Map(positions.entries())
  }

  get balances(): Balances {
    return this.#balances
  }

  /** What holders pay to trade the positions that they opened; part of their balances. */
  get feesUsd(): Readonly<Record<Holder, number>> {
    return this.#fees
  }

  /** What it would be, were everything closed at a price now. */
  balancesAt(nowMs: number, priceUsd: number): Balances {
    const balances = { ...this.#balances }
    for (const open of this.#open.values()) this.#settle(balances, open, { nowMs, priceUsd })
    return balances
  }

  /** A new mark: opens what is due, closes what is over, and liquidates. */
  mark(nowMs: number, priceUsd: number): void {
    for (const [index, held] of this.#waiting) {
      if (nowMs < held.openMs) continue
      this.#waiting.delete(index)
      const open = { held, openedMs: nowMs, openedAtUsd: priceUsd }
      this.#open.set(index, open)
      // What it is owed at once is less by the fee than it would be without.
      const free = { ...open, held: { ...held, feeBps: 0 } }
      this.#fees[held.holder] += owedUsd(free, nowMs, priceUsd) - owedUsd(open, nowMs, priceUsd)
    }
    for (const [index, open] of this.#open) {
      if (this.#isDue(open.held, nowMs)) {
        this.#open.delete(index)
        this.#settle(this.#balances, open, { nowMs, priceUsd })
        continue
      }
      const marginUsd = this.#marginLeft(open, priceUsd)
      if (marginUsd === null) continue
      this.#open.delete(index)
      this.#liquidate(index, open, { nowMs, priceUsd, marginUsd })
    }
  }

  #isDue(held: Held, nowMs: number): boolean {
    if (held.type !== 'perpetual') return nowMs >= held.expiryMs
    return held.closeMs !== null && nowMs >= held.closeMs
  }

  /** What is left of a margin that must be closed, from 0; null where it is enough. */
  #marginLeft({ held, openedAtUsd }: Open, priceUsd: number): number | null {
    if (held.type !== 'perpetual') return null
    const { marginBps, notionalUsd } = held
    const leftUsd =
      (notionalUsd * marginBps) / 10_000 + perpetualUsd(held, moveOf(held, openedAtUsd, priceUsd))
    const neededUsd =
      (notionalAt(held, openedAtUsd, priceUsd) * this.#terms.maintenanceBps) / 10_000
    return leftUsd < neededUsd ? Math.max(0, leftUsd) : null
  }

  #liquidate(
    index: number,
    open: Open & { readonly held: Held },
    at: { readonly nowMs: number; readonly priceUsd: number; readonly marginUsd: number },
  ): void {
    const { held, openedAtUsd } = open
    if (held.type !== 'perpetual') return
    const notionalUsd = notionalAt(held, openedAtUsd, at.priceUsd)
    const { penaltyBps, penaltyTo } = this.#terms
    this.#settle(this.#balances, open, at)
    const penaltyUsd = Math.min(at.marginUsd, (notionalUsd * penaltyBps) / 10_000)
    this.#balances[held.holder] -= penaltyUsd
    this.#balances[penaltyTo] += penaltyUsd
    this.liquidations.push({ index, atMs: at.nowMs, notionalUsd: held.notionalUsd })
  }

  /** Pays a holder what it is owed, or the market what the holder lost. */
  #settle(
    balances: Record<Party, number>,
    open: Open,
    { nowMs, priceUsd }: { readonly nowMs: number; readonly priceUsd: number },
  ): void {
    const { held } = open
    const marginUsd =
      held.type === 'perpetual'
        ? (held.notionalUsd * held.marginBps) / 10_000
        : Number.POSITIVE_INFINITY
    const dueUsd = Math.max(owedUsd(open, nowMs, priceUsd), -marginUsd)
    const paidUsd = Math.min(dueUsd, Math.max(0, this.#terms.fundsUsd + balances.market))
    balances[held.holder] += paidUsd
    balances.market -= paidUsd
  }
}

/** What a position pays, were it closed at a price now; below 0, what its holder owes. */
function owedUsd({ held, openedMs, openedAtUsd }: Open, nowMs: number, priceUsd: number): number {
  if (held.type === 'perpetual') {
    return perpetualUsd(held, moveOf(held, openedAtUsd, priceUsd))
  }
  const prices = { boughtAtUsd: openedAtUsd, soldAtUsd: priceUsd }
  return optionUsd(lifeOf(held, { openedMs, nowMs }), prices)
}

/** How far the price moved a perpetual's way. */
function moveOf({ side }: PerpetualHeld, fromUsd: number, toUsd: number): number {
  return (toUsd / fromUsd - 1) * (side === 'long' ? 1 : -1)
}

function notionalAt({ notionalUsd }: PerpetualHeld, openedAtUsd: number, priceUsd: number): number {
  return (notionalUsd * priceUsd) / openedAtUsd
}

/** Its times in whole seconds; it is over at its expiry, whenever it is marked then. */
function lifeOf(
  { holder: _, openMs: __, ...held }: OptionHeld,
  { openedMs, nowMs }: { readonly openedMs: number; readonly nowMs: number },
): OptionPosition {
  const { expiryMs, ...option } = held
  const seconds = Math.max(0, Math.round((expiryMs - nowMs) / 1_000))
  const wholeSeconds = Math.max(1, Math.round((expiryMs - openedMs) / 1_000))
  return { ...option, seconds, heldSeconds: wholeSeconds - seconds }
}
