import { INT64_MAX, INT64_MIN } from '../report/words.ts'
import { toHex } from '../values/bytes.ts'
import { currenciesOf } from '../values/market.ts'
import type { Derivation, FeedParams, Params, TimingParams } from './params.ts'
import {
  DERIVATION_KINDS,
  FEED_KINDS,
  FEED_TIERS,
  FEEDS_MAX,
  flagshipsOf,
  isDerived,
  PROTOCOL_VERSION,
} from './params.ts'

/** One violated rule: where, and what would be right. */
export interface ParamsProblem {
  readonly path: string
  readonly message: string
}

type Report = (path: string, holds: boolean, message: string) => void

const isWhole = (value: number, min: number, max: number) =>
  Number.isSafeInteger(value) && value >= min && value <= max

/**
 * Lists every violated rule of protocol §1.1, §3 and §13; empty when the parameters are good.
 * With n of 2 or 3 and f = 0 a committee is for development only; hosts must say so loudly.
 */
export function problemsOf(params: Params): readonly ParamsProblem[] {
  const problems: ParamsProblem[] = []
  const report: Report = (path, holds, message) => {
    if (!holds) problems.push({ path, message })
  }
  report(
    'protocolVersion',
    params.protocolVersion === PROTOCOL_VERSION,
    `must be ${PROTOCOL_VERSION}`,
  )
  report('network', /^[a-z0-9-]{1,31}$/.test(params.network), 'must be 1 to 31 of a-z, 0-9 and -')
  report('keygenAttempt', isWhole(params.keygenAttempt, 0, 0xffffffff), 'must fit 32 bits')
  report('genesisMs', isWhole(params.genesisMs, 0, 2 ** 48), 'must be a time in milliseconds')
  report('probeEvery', isWhole(params.probeEvery, 2, 65_535), 'must be 2 to 65535 rounds')
  checkMembers(params, report)
  checkTiming(params.timing, report)
  checkLimits(params, report)
  const isCount = isWhole(params.feeds.length, 1, FEEDS_MAX)
  report('feeds', isCount, `must hold 1 to ${FEEDS_MAX} feeds`)
  params.feeds.forEach((feed, index) => {
    checkFeed(feed, `feeds[${index}]`, report)
    checkDerivation(feed, params, { path: `feeds[${index}]`, report })
  })
  const flagships = flagshipsOf(params.feeds)
  const isOrdered = params.feeds.slice(flagships).every(({ tier }) => tier === 'long-tail')
  report('feeds', isOrdered, 'must name long-tail feeds after all others')
  const names = new Set(params.feeds.map((feed) => feed.name))
  report('feeds', names.size === params.feeds.length, 'must not name a feed twice')
  return problems
}

function checkMembers(params: Params, report: Report): void {
  const n = params.members.length
  report('members', isWhole(n, 2, 31), 'must be 2 to 31')
  report('f', isWhole(params.f, 0, 10), 'must be 0 to 10')
  report('f', n >= 3 * params.f + 1, 'needs at least 3f+1 members')
  report('f', n < 4 || params.f >= 1, 'must be at least 1 with 4 members or more')
  const keys = new Set(params.members.map((member) => toHex(member.identityKey)))
  report('members', keys.size === n, 'must not hold an identity key twice')
  params.members.forEach((member, index) => {
    const first = member.identityKey[0]
    const holds = member.identityKey.length === 33 && (first === 2 || first === 3)
    report(`members[${index}].identityKey`, holds, 'must be a compressed secp256k1 key of 33 bytes')
  })
}

function checkTiming(timing: TimingParams, report: Report): void {
  for (const [name, value] of Object.entries(timing)) {
    const min = name === 'clockSkewMsMax' ? 0 : 1
    report(`timing.${name}`, isWhole(value, min, 86_400_000), 'must be whole milliseconds')
  }
  const {
    roundMs,
    includeMs,
    hopMs,
    fastMs,
    cutMs,
    backupMs,
    voteMs,
    clockSkewMsMax: skew,
  } = timing
  report('timing.fastMs', fastMs >= includeMs + hopMs + skew, 'must be ≥ includeMs + hopMs + skew')
  report('timing.cutMs', cutMs >= fastMs + hopMs + skew, 'must be ≥ fastMs + hopMs + skew')
  report('timing.backupMs', backupMs >= hopMs + skew, 'must be ≥ hopMs + skew')
  report(
    'timing.voteMs',
    voteMs >= cutMs + backupMs + 2 * hopMs + skew,
    'must be ≥ cutMs + backupMs + 2 × hopMs + skew',
  )
  report('timing.roundMs', roundMs >= voteMs, 'must be ≥ voteMs')
  report('timing.roundMs', roundMs > includeMs + 2 * skew, 'must be > includeMs + 2 × skew')
}

function checkLimits({ limits, members }: Params, report: Report): void {
  report('limits.roundsKept', isWhole(limits.roundsKept, 4, 1024), 'must be 4 to 1024')
  // The best certificate and an observation of every member: else a pull could stay unanswered.
  const holds = isWhole(limits.syncBatchMax, members.length + 1, 256)
  report('limits.syncBatchMax', holds, 'must be the number of members + 1, to 256')
}

function checkFeed(feed: FeedParams, path: string, report: Report): void {
  report(
    `${path}.name`,
    /^[\x21-\x7e]{1,31}$/.test(feed.name),
    'must be 1 to 31 printable characters',
  )
  report(`${path}.decimals`, isWhole(feed.decimals, 0, 18), 'must be 0 to 18')
  report(`${path}.kind`, FEED_KINDS.includes(feed.kind), `must be one of ${FEED_KINDS.join(', ')}`)
  const isTier = feed.tier === undefined || FEED_TIERS.includes(feed.tier)
  report(`${path}.tier`, isTier, `must be one of ${FEED_TIERS.join(', ')}`)
  report(`${path}.deviationBps`, isWhole(feed.deviationBps, 1, 10_000), 'must be 1 to 10000')
  const heartbeatHolds = isWhole(feed.heartbeatMs, 1_000, 604_800_000)
  report(`${path}.heartbeatMs`, heartbeatHolds, 'must be one second to one week')
  report(`${path}.sourcesMin`, isWhole(feed.sourcesMin, 1, 31), 'must be 1 to 31')
  const bounded = feed.valueMin >= INT64_MIN && feed.valueMax <= INT64_MAX
  report(`${path}.valueMin`, bounded, 'bounds must fit 64 bits')
  report(`${path}.valueMin`, feed.valueMin <= feed.valueMax, 'must not exceed valueMax')
}

/** What a rate may be scaled to: from the shortest interval of a venue to a year. */
const INTERVAL_MS_MIN = 3_600_000
const INTERVAL_MS_MAX = 31_536_000_000
/** Tenors for which venues list options and futures: a day to two years. */
const TENOR_MS_MIN = 86_400_000
const TENOR_MS_MAX = 63_072_000_000
/** Samples that a node keeps for one derived feed, so that memory and a restart stay small. */
const SAMPLES_MAX = 20_000
const STEP_MS_MAX = 86_400_000

function checkDerivation(
  feed: FeedParams,
  { feeds, timing }: Params,
  { path, report }: { readonly path: string; readonly report: Report },
): void {
  const { kind, derivation } = feed
  const isFixed = kind !== 'fixed' || feed.valueMin === feed.valueMax
  report(`${path}.valueMax`, isFixed, 'must be valueMin: a fixed feed has one value')
  const isWanted = DERIVATION_KINDS.includes(kind)
  const presence = isWanted ? 'must be given' : 'must be left out'
  report(`${path}.derivation`, (derivation !== undefined) === isWanted, `${presence} for ${kind}`)
  if (derivation === undefined || !isWanted) return
  const base = feeds.find(({ name }) => name === derivation.of)
  const isBase = base !== undefined && !isDerived(base.kind)
  report(`${path}.derivation.of`, isBase, 'must name a feed that has sources of its own')
  if (kind === 'volatility' || kind === 'forward' || kind === 'funding') {
    checkAhead(feed, { base, derivation, path, report })
    return
  }
  const { windowMs, stepMs } = derivation
  const gridMs = kind === 'twap' ? timing.roundMs : (stepMs ?? 0)
  const windowHolds = isWhole(windowMs, 4 * gridMs, SAMPLES_MAX * gridMs)
  report(`${path}.derivation.windowMs`, windowHolds, `must be 4 to ${SAMPLES_MAX} samples long`)
  if (kind === 'twap') {
    report(`${path}.derivation.stepMs`, stepMs === null, 'must be left out: every round counts')
    const isSame = base === undefined || base.decimals === feed.decimals
    report(`${path}.decimals`, isSame, 'must be those of the feed that is averaged')
    return
  }
  const stepHolds = stepMs !== null && isWhole(stepMs, timing.roundMs, STEP_MS_MAX)
  report(`${path}.derivation.stepMs`, stepHolds, 'must be a round to a day')
  const isGrid = stepHolds && windowMs % stepMs === 0
  report(`${path}.derivation.windowMs`, isGrid, 'must be a multiple of stepMs')
}

/** What looks ahead on a market: its window is a tenor, or the interval of a rate. */
function checkAhead(
  feed: FeedParams,
  scope: {
    readonly base: FeedParams | undefined
    readonly derivation: Derivation
    readonly path: string
    readonly report: Report
  },
): void {
  const { base, derivation, path, report } = scope
  const { of, windowMs, stepMs } = derivation
  const isMarket = base?.kind === 'spot' && currenciesOf(of) !== null
  report(`${path}.derivation.of`, isMarket, 'must name a spot feed such as BTC/USD')
  report(`${path}.derivation.stepMs`, stepMs === null, 'must be left out: nothing is sampled')
  if (feed.kind === 'funding') {
    const isInterval = isWhole(windowMs, INTERVAL_MS_MIN, INTERVAL_MS_MAX)
    report(`${path}.derivation.windowMs`, isInterval, 'must be one hour to one year')
    report(`${path}.valueMin`, feed.valueMin < 0n, 'must be below zero: so are rates at times')
    report(`${path}.valueMax`, feed.valueMax > 0n, 'must be above zero: changes are a share of it')
    return
  }
  const isTenor = isWhole(windowMs, TENOR_MS_MIN, TENOR_MS_MAX)
  report(`${path}.derivation.windowMs`, isTenor, 'must be a tenor of one day to two years')
  report(`${path}.valueMin`, feed.valueMin > 0n, `must be above zero for a ${feed.kind}`)
}
