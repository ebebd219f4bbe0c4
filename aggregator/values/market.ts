/** Base and quote currency of a spot market, such as `BTC/USDT`. */
export type MarketName = string

/** Base and quote currency of a market; null when the name is not `BASE/QUOTE`. */
export function currenciesOf(
  market: MarketName,
): { readonly base: string; readonly quote: string } | null {
  const match = /^([A-Z0-9]{1,15})\/([A-Z0-9]{1,15})$/.exec(market)
  const [, base, quote] = match ?? []
  return base === undefined || quote === undefined ? null : { base, quote }
}
