import type { Address, Hex } from 'viem'
import { flagshipPlacesOf, type Params } from '../../aggregator/committee/params.ts'
import { encodeParams } from '../../aggregator/committee/params-codec.ts'
import { bigintFrom, toHex } from '../../aggregator/values/bytes.ts'
import { DeployError } from './errors.ts'

/** Heartbeats that the contract can store, in seconds (FeedWord.sol). */
export const HEARTBEAT_SECONDS = [
  5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 14_400, 43_200, 86_400,
] as const

/** More feeds would not fit creation code and gas of one transaction (EIP-3860, EIP-7825). */
export const FEEDS_AT_DEPLOYMENT_MAX = 108

/** One feed as the contract knows it. */
export interface FeedParameters {
  /** 1 to 31 ASCII characters. */
  readonly name: string
  /** 0 to 18. */
  readonly decimals: number
  /** One of `HEARTBEAT_SECONDS`. */
  readonly heartbeatSeconds: number
}

/** The first committee as the contract knows it; every other one comes by hand-over (§11.2). */
export interface CommitteeParameters {
  /** committeeDigest, 32 bytes. */
  readonly digest: Hex
  /** Canonical bytes of its parameters, by which FeedDirectory proves what it says; or nothing. */
  readonly parameters?: Hex
  /** Abscissa of the group key, 32 bytes. */
  readonly publicKeyX: Hex
  /** 0 when the ordinate of the group key is even, 1 when it is odd. */
  readonly publicKeyParity: number
  readonly activeFromMs: number
  readonly genesisMs: number
  readonly roundMs: number
  readonly includeMs: number
  readonly skewMs: number
}

/** What a market accepts of a feed (FeedGuard.sol). */
export interface GuardParameters {
  readonly ageSecondsMax: number
  readonly spreadBpsMax: number
  readonly observersMin: number
}

/** A token by its address, or a worthless one that anyone may mint, for tests. */
export type TokenParameters =
  | { readonly address: Address }
  | { readonly testToken: { readonly symbol: string; readonly decimals: number } }

/** One option market with the volatility oracle that it reads; feeds go by name. */
export interface MarketParameters {
  /** Unique among the markets of a deployment. */
  readonly name: string
  readonly spotFeed: string
  readonly rateFeed: string
  /** The average that settles; in the decimals of the spot feed. */
  readonly settlementFeed: string
  readonly spotGuard: GuardParameters
  readonly rateGuard: GuardParameters
  readonly volatility: {
    /** By ascending tenor, 1 to 16. */
    readonly tenors: readonly { readonly feed: string; readonly tenorSeconds: number }[]
    readonly guard: GuardParameters
  }
  /** Added to every price, as a share of spot, 1/10,000. */
  readonly edgeBps: number
  /** Sales end this long before an expiry: longer than the window of the settlement feed. */
  readonly saleStopSeconds: number
  /** Expiries are multiples of it. */
  readonly expiryStepSeconds: number
  /** Of calls. */
  readonly base: TokenParameters
  /** Of puts. */
  readonly quote: TokenParameters
}

/** Feeds in the forms of others; feeds go by name. What is left out is not deployed. */
export interface AdapterParameters {
  /** IPyth (PythAdapter.sol). */
  readonly pyth?: {
    /** Its moving averages forget by a factor of e in so many seconds, up to 30 days. */
    readonly emaSeconds: number
    /** Ids of the consumers' choice, 32 bytes, each once. */
    readonly feeds: readonly { readonly id: Hex; readonly feed: string }[]
  }
  /** ERC-7726 (QuoteAdapter.sol). */
  readonly quotes?: {
    /** What every quote demands of its feed. */
    readonly guard: GuardParameters
    /** Each pair answers in both directions. */
    readonly pairs: readonly QuotePairParameters[]
  }
  /** EIP-2362 (ValueByIdAdapter.sol): names of feeds. */
  readonly valuesById?: readonly string[]
}

/** A feed that gives the price of one whole base in the quote. */
export interface QuotePairParameters {
  readonly feed: string
  readonly base: Address
  /** 0 to 24. */
  readonly baseDecimals: number
  readonly quote: Address
  /** 0 to 24. */
  readonly quoteDecimals: number
}

/** An asset or a currency, as names of feeds have it and as callers of FeedDirectory do. */
export interface AssetParameters {
  /** What stands before or behind the slash of a feed's name. */
  readonly symbol: string
  /** Its contract, or an address that callers agree on. */
  readonly address: Address
}

/** Evidence on chain and stakes behind it (MemberBonds.sol). */
export interface BondParameters {
  /** Gets what convicted members lose, less the reporter's part. */
  readonly beneficiary: Address
  /** Least stake that counts as bonded, in wei: a whole number as text. */
  readonly stakeMinWei: string
  /** How long after a round evidence about it takes stake. */
  readonly evidenceSeconds: number
  /** How long stake waits after it was asked back; longer than `evidenceSeconds`. */
  readonly leavingSeconds: number
  /** Reward of each member of a signing set, a whole number as text. */
  readonly weiPerSignature: string
  /** Least distance of two rounds that are counted, from 1. */
  readonly roundsBetween: number
}

/** Everything that decides a deployment, and so its addresses: a file under review. */
export interface DeployParameters {
  readonly committee: CommitteeParameters
  /** Feeds below this index keep their history, 0 to `flagshipFeeds`. */
  readonly historyFeeds: number
  /** Feeds from this index on are long-tail feeds, four to a word; 0..1024. */
  readonly flagshipFeeds: number
  /** A report older than this is not accepted as the latest; up to 3,600,000, whole seconds. */
  readonly reportAgeMsMax: number
  /** How far a report may lie ahead of the block's time; up to 60,000, whole seconds. */
  readonly futureMsMax: number
  /** Who may propose a committee when the one in office cannot; left out for nobody. */
  readonly owner?: {
    /** May be a multi-signature wallet. */
    readonly address: Address
    /** How long a proposal waits before it can take office, up to 30 days. */
    readonly delaySeconds: number
  }
  /** Guarded reads ask this uptime feed on a layer-2 chain; left out without a sequencer. */
  readonly sequencer?: {
    readonly uptimeFeed: Address
    /** How long the sequencer must be up again before values are given, up to a day. */
    readonly graceSeconds: number
  }
  /** By index; the first `FEEDS_AT_DEPLOYMENT_MAX` at most. */
  readonly feeds: readonly FeedParameters[]
  /** By what addresses FeedDirectory knows base and quote of feeds; left out for none. */
  readonly assets?: readonly AssetParameters[]
  /** Also deploy an ExampleConsumer a feed that reads answers up to this age; null for none. */
  readonly consumerAgeSecondsMax: number | null
  /** Evidence and stakes of the members; left out for none. */
  readonly bonds?: BondParameters
  /** Adapters on these feeds; left out for none. */
  readonly adapters?: AdapterParameters
  /** Option markets on these feeds; left out for none. */
  readonly markets?: readonly MarketParameters[]
}

/** The smallest heartbeat that the contract can store and that is not below the given one. */
export function heartbeatSecondsOf(heartbeatMs: number): number {
  const found = HEARTBEAT_SECONDS.find((seconds) => seconds * 1000 >= heartbeatMs)
  if (found === undefined) throw new RangeError('a heartbeat is at most one day')
  return found
}

/**
 * Index of a feed that a market or an adapter names.
 *
 * @throws {DeployError} `DEPLOY_FEED_UNKNOWN`
 */
export function feedIndexOf(feeds: readonly FeedParameters[], name: string): number {
  const index = feeds.findIndex((feed) => feed.name === name)
  if (index !== -1) return index
  throw new DeployError('DEPLOY_FEED_UNKNOWN', `no feed is called ${name}; add it to feeds`)
}

/** Deployment parameters of a committee; what the protocol does not decide comes as `settings`. */
export function deployParametersOf(
  committee: {
    readonly params: Params
    readonly digest: Uint8Array
    /** Compressed group key, 33 bytes. */
    readonly groupKey: Uint8Array
  },
  settings: Pick<
    DeployParameters,
    | 'adapters'
    | 'assets'
    | 'historyFeeds'
    | 'reportAgeMsMax'
    | 'futureMsMax'
    | 'bonds'
    | 'consumerAgeSecondsMax'
    | 'markets'
    | 'owner'
    | 'sequencer'
  >,
): DeployParameters {
  const { params, digest, groupKey } = committee
  return {
    committee: {
      digest: `0x${toHex(digest)}`,
      parameters: `0x${toHex(encodeParams(params))}`,
      publicKeyX: `0x${toHex(groupKey.subarray(1))}`,
      publicKeyParity: Number(bigintFrom(groupKey.subarray(0, 1)) & 1n),
      activeFromMs: params.genesisMs,
      genesisMs: params.genesisMs,
      roundMs: params.timing.roundMs,
      includeMs: params.timing.includeMs,
      skewMs: params.timing.clockSkewMsMax,
    },
    flagshipFeeds: flagshipPlacesOf(params.feeds),
    feeds: params.feeds.map(({ name, decimals, heartbeatMs }) => ({
      name,
      decimals,
      heartbeatSeconds: heartbeatSecondsOf(heartbeatMs),
    })),
    ...settings,
  }
}
