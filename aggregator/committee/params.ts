import type { DurationMs, UnixMs } from '../values/time.ts'

/** Parameters of one feed, equal on every node (protocol §3). */
export interface FeedParams {
  /** What the feed is called everywhere, such as `BTC/USD`; 1 to 31 ASCII characters. */
  readonly name: string
  /** Decimals of the fixed-point value, 0..18. */
  readonly decimals: number
  /** What is measured; it decides which source pipeline computes the node's value. */
  readonly kind: FeedKind
  /**
   * `long-tail` feeds share a word on chain with three others: 28 significant bits, no history.
   * They come after all that have a word of their own, which is the default.
   */
  readonly tier?: FeedTier
  /**
   * Change against the value on chain, in basis points, from which an update is due; 1..10_000. Of
   * a funding rate in basis points of `valueMax`, because the rate itself may be zero.
   */
  readonly deviationBps: number
  /** Longest time between two updates on chain, in milliseconds. */
  readonly heartbeatMs: DurationMs
  /** Venues a node needs for a value of its own; below it the feed is absent. 1..31. */
  readonly sourcesMin: number
  /** Smallest value in the feed's decimals that a node may observe; outside, the feed is absent. */
  readonly valueMin: bigint
  /** Largest such value; both fit a signed 64-bit integer. */
  readonly valueMax: bigint
  /** Of the kinds that are about another feed of the committee, and of no other. */
  readonly derivation?: Derivation
}

/** Their order is part of the committee digest: a new one goes to the end. */
export const FEED_KINDS = [
  'spot',
  'index',
  'forward',
  'funding',
  'volatility',
  'twap',
  'realized-volatility',
  'fixed',
] as const
export type FeedKind = (typeof FEED_KINDS)[number]

/** Kinds that are about another feed and say so in `derivation`; neighbours in `FEED_KINDS`. */
export const DERIVATION_KINDS: readonly FeedKind[] = [
  'forward',
  'funding',
  'volatility',
  'twap',
  'realized-volatility',
]

/** Kinds whose values no venue gives: a node computes them from certificates or parameters. */
const DERIVED_KINDS = ['twap', 'realized-volatility', 'fixed'] as const
export type DerivedFeedKind = (typeof DERIVED_KINDS)[number]

/** Whether a node computes such feeds itself, without sources. */
export function isDerived(kind: FeedKind): kind is DerivedFeedKind {
  return DERIVED_KINDS.some((derived) => derived === kind)
}

/**
 * From which feed and how a derived feed is computed; a committee parameter (protocol §3). What
 * options, futures and perpetuals say is made of no certificates, but is about another feed all the
 * same.
 */
export interface Derivation {
  /** Name of the feed whose certified values it is made of, or whose market it is about. */
  readonly of: string
  /**
   * How far back it looks; of a volatility or forward how far ahead, its tenor; of a funding rate
   * the time for which it would be paid.
   */
  readonly windowMs: DurationMs
  /** Distance of the points at which it looks; null where every certified round counts. */
  readonly stepMs: DurationMs | null
}

/** Feeds of a committee, and places for them on a contract. */
export const FEEDS_MAX = 1024

export const FEED_TIERS = ['flagship', 'long-tail'] as const
export type FeedTier = (typeof FEED_TIERS)[number]

/** How many feeds have a word of their own on chain; the long-tail feeds follow. */
export function flagshipsOf(feeds: readonly FeedParams[]): number {
  return feeds.filter(({ tier }) => tier !== 'long-tail').length
}

/** Places for flagship feeds on a contract that is deployed for a committee with these feeds. */
export function flagshipPlacesOf(feeds: readonly FeedParams[]): number {
  const flagships = flagshipsOf(feeds)
  // Without long-tail feeds, every feed that comes later has a word of its own.
  return flagships === feeds.length ? FEEDS_MAX : flagships
}

export interface MemberParams {
  /** Compressed secp256k1 public key, 33 bytes: signs messages and is the libp2p peer id (§2.1). */
  readonly identityKey: Uint8Array
}

/**
 * Moments of a round relative to its opening, and the bounds they rest on (§3), in milliseconds.
 */
export interface TimingParams {
  /** Distance between the openings of two rounds: Δ. */
  readonly roundMs: DurationMs
  /** An observation that arrived by then must be included by a proposer. */
  readonly includeMs: DurationMs
  /** p99.9 of one gossip hop with its checks. */
  readonly hopMs: DurationMs
  /** End of the fast path. */
  readonly fastMs: DurationMs
  /** The first proposer may propose from here. */
  readonly cutMs: DurationMs
  /** Distance between the first and the second proposer. */
  readonly backupMs: DurationMs
  /** Nobody signs for the round after this. */
  readonly voteMs: DurationMs
  /** Distance between two transmitters of one delivery. */
  readonly stageMs: DurationMs
  /** Largest difference between two honest clocks. */
  readonly clockSkewMsMax: DurationMs
}

/** Limits of §13; each says what happens when it is reached. */
export interface LimitParams {
  /** Rounds behind the current one whose messages are kept; older ones are ignored. */
  readonly roundsKept: number
  /** Certificates and messages in one sync answer; more are left out and asked for again. */
  readonly syncBatchMax: number
}

/** The only version of the protocol that this software speaks; names of topics carry it. */
export const PROTOCOL_VERSION = 1

/** Committee parameters: equal on every node and digested into `committeeDigest` (§3). */
export interface Params {
  readonly protocolVersion: number
  /** Names the network in topics and logs; 1 to 31 characters of a-z, 0-9 and `-`. */
  readonly network: string
  readonly members: readonly MemberParams[]
  /** Most members that may be Byzantine; n ≥ 3f+1. */
  readonly f: number
  /** Counts key generations: a failed attempt is a new digest (§11.1). */
  readonly keygenAttempt: number
  readonly feeds: readonly FeedParams[]
  readonly genesisMs: UnixMs
  readonly timing: TimingParams
  /** Every so many rounds an excluded member is given another chance (§4.3). */
  readonly probeEvery: number
  readonly limits: LimitParams
}
