import type { SourcesConfigInput } from '../../node/sources/config.ts'
import { sourcesConfigSchema } from '../../node/sources/config.ts'
import { declaredVenue } from '../../node/sources/declared-venue.ts'
import type { Venue } from '../../node/sources/venue.ts'
import { withHosts } from '../../node/sources/venue-config.ts'

export type Declaration = NonNullable<SourcesConfigInput['declaredVenues']>[string]

/** A venue that answers `{"bid":…,"ask":…}` about one market; what differs is given. */
export function declaration(more: Partial<Declaration> = {}): Declaration {
  return {
    baseUrl: 'https://api.example.com',
    path: '/v1/ticker?market={symbol}',
    budget: { requestsMax: 5, perMs: 1_000 },
    fields: { bid: '/bid', ask: '/ask' },
    symbols: { 'BTC/USD': 'btc-usd', 'ETH/USD': 'eth-usd' },
    ...more,
  }
}

/** The venue of a declaration, by way of the configuration. */
export function declared(more: Partial<Declaration> = {}): Venue {
  const { declaredVenues } = sourcesConfigSchema.parse({
    declaredVenues: { example: declaration(more) },
  })
  const checked = declaredVenues.example
  if (checked === undefined) throw new Error('the venue was just declared')
  return declaredVenue('example', withHosts(checked, null))
}
