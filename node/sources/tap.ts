import type { Dispatcher } from 'undici'
import type { VenueName } from '../../aggregator/aggregation/quote.ts'
import type { OpenStream } from './stream-connection.ts'

/** Hears what goes to venues and comes from them, raw, and changes nothing of it. */
export interface TrafficTap {
  /** A dispatcher that does what the venue's own does. */
  readonly polls: (
    venue: VenueName,
    connection: { readonly dispatcher: Dispatcher; readonly baseUrls: readonly string[] },
  ) => Dispatcher
  /** Opens connections of the venue's stream as `open` does. */
  readonly stream: (venue: VenueName, open: OpenStream) => OpenStream
}
