import { type Address, isAddress, type PublicClient } from 'viem'
import { MarketExpiries } from '../chain/market-expiries.ts'
import type { Ask } from '../chain/rpc.ts'
import { readMarketTerms, type Settling } from '../chain/settlement-calls.ts'
import { answered } from '../client/settlement-search.ts'
import { DEFAULTS } from '../config/defaults.ts'
import { EXPIRIES_FORM, expiriesFrom } from '../config/expiries.ts'
import { amount } from '../settings/scalars.ts'
import { usageError } from './command.ts'
import { type Due, type DueNow, dueBySchedule, LATE_MAX } from './settle-watch.ts'

/** Options that say what is settled. */
export const PLAN_OPTIONS = {
  contract: { type: 'string', value: 'ADDRESS', describe: 'of Settlement; or --market' },
  feed: { type: 'string', value: 'NAME', describe: 'an averaged feed; or --market' },
  market: {
    type: 'string',
    value: 'ADDRESS',
    multiple: true,
    describe: 'of an OptionMarket, which has its own Settlement, feed and expiries',
  },
  expiry: { type: 'string', value: 'SECONDS', describe: 'Unix time; or --watch' },
  watch: { type: 'boolean', describe: 'settle what is due, until it is stopped' },
  expiries: { type: 'string', value: 'SCHEDULE', describe: `with --feed: ${EXPIRIES_FORM}` },
} as const

/** The options of `parallax settle` that say what is settled, as written. */
export interface PlanValues {
  readonly contract: string | undefined
  readonly feed: string | undefined
  readonly market: readonly string[]
  readonly expiry: string | undefined
  readonly watch: boolean
  readonly expiries: string | undefined
}

/** Asks one endpoint at its newest block, or several that outvote each other. */
export type AskNow = <T>(ask: Ask<T>) => Promise<T>

/** One endpoint at its newest block, where a node asks several and lets them vote. */
export function newestAt(reader: PublicClient): AskNow {
  return async (ask) => ask(reader, await reader.getBlockNumber({ cacheTime: 0 }))
}

/**
 * The one expiry that the command line asks for; a market is asked for its terms.
 *
 * @throws {OracleError} `USAGE_INVALID`, `CONTRACT_MARKET_MISSING`, `SUBMIT_FAILED`
 */
export async function onceOf(values: PlanValues, ask: AskNow): Promise<Due> {
  const { named, markets } = askedIn(values)
  const { expiry, expiries } = values
  if (expiry === undefined || expiries !== undefined) {
    throw usageError('needs --expiry, or --watch', 'settle')
  }
  const [market] = markets
  if (markets.length > 1 || (named !== null && market !== undefined)) {
    throw usageError('settles one thing without --watch', 'settle')
  }
  const seconds = secondsFrom(expiry)
  const terms = market === undefined ? named : await termsOf(market, ask)
  return { ...(terms as Named), expiry: seconds }
}

/** What a watch looks at. */
export interface WatchPlan {
  readonly scheduled: readonly DueNow[]
  readonly markets: readonly Address[]
}

/**
 * What the command line asks a watch for.
 *
 * @throws {OracleError} `USAGE_INVALID`
 */
export function watchPlanOf(values: PlanValues): WatchPlan {
  const { named, markets } = askedIn(values)
  if (values.expiry !== undefined) throw usageError('--watch takes no --expiry', 'settle')
  if ((named === null) !== (values.expiries === undefined)) {
    throw usageError('--watch wants --expiries with --feed, and only then', 'settle')
  }
  const schedule = named === null ? null : scheduleFrom(values.expiries ?? '')
  const scheduled = named === null || schedule === null ? [] : [dueBySchedule(named, schedule)]
  return { scheduled, markets }
}

/**
 * All of it, to be looked at; markets are asked for their terms.
 *
 * @throws {OracleError} `CONTRACT_MARKET_MISSING`, and what the endpoints fail with
 */
export async function watchedOf(
  { scheduled, markets }: WatchPlan,
  ask: AskNow,
): Promise<readonly DueNow[]> {
  for (const market of markets) await termsOf(market, ask)
  return [...scheduled, ...markets.map((market) => dueOfMarket(market, ask))]
}

/** Options that bound what a watch pays. */
export const LIMIT_OPTIONS = {
  'fee-max': {
    type: 'string',
    value: 'GWEI',
    describe: `most that --watch pays for a gas; ${DEFAULTS.chain.feePerGasGweiMax} if left out`,
  },
  'spend-max': {
    type: 'string',
    value: 'ETHER',
    describe: `most that it spends in 24 hours; ${DEFAULTS.chain.spendPerDayEtherMax} if left out`,
  },
  spending: {
    type: 'string',
    value: 'FILE',
    describe: 'counts for --watch what was spent, also after a restart',
  },
} as const

/** What a watch may pay, in wei; the file that counts it, if there is one. */
export function limitsOf(values: {
  readonly 'fee-max': string | undefined
  readonly 'spend-max': string | undefined
  readonly spending: string | undefined
}) {
  const { 'fee-max': fee = DEFAULTS.chain.feePerGasGweiMax } = values
  const { 'spend-max': spend = DEFAULTS.chain.spendPerDayEtherMax } = values
  return {
    feePerGasMax: weiFrom('fee-max', fee, 9),
    spendPerDayWeiMax: weiFrom('spend-max', spend, 18),
    spendingFile: values.spending ?? null,
  }
}

function weiFrom(option: string, text: string, decimals: number): bigint {
  const read = amount(decimals).safeParse(text)
  if (read.success && read.data > 0n) return read.data
  throw usageError(`--${option} must be above 0, with at most ${decimals} decimals`, 'settle')
}

type Named = Omit<Due, 'expiry'>

function namedIn({ contract, feed }: PlanValues): Named | null {
  if (contract === undefined && feed === undefined) return null
  if (contract === undefined || feed === undefined) {
    throw usageError('--contract and --feed go together', 'settle')
  }
  return { contract: addressFrom('contract', contract), feed }
}

function askedIn(values: PlanValues) {
  const markets = values.market.map((text) => addressFrom('market', text))
  const named = namedIn(values)
  if (named !== null || markets.length > 0) return { named, markets }
  throw usageError('needs --contract and --feed, or --market', 'settle')
}

function termsOf(market: Address, ask: AskNow): Promise<Named> {
  return answered(
    market,
    ask((client, block) => readMarketTerms(client, block, market)),
  )
}

/** Whatever an option market has offers for; its own claims settle it from the final price. */
function dueOfMarket(market: Address, ask: AskNow): DueNow {
  const expiries = new MarketExpiries(market, ask)
  return async (moments) => {
    const [earliest = 0] = moments
    // What is over by a clock that is ahead may not be over by the chain's.
    await answered(market, expiries.look(earliest))
    const open = moments.flatMap((nowMs) => expiries.open(nowMs))
    const late = expiries.late(earliest).slice(0, LATE_MAX)
    return [
      ...new Map([...late, ...open].map((each) => [each.expirySeconds, dueOf(each)])).values(),
    ]
  }
}

function dueOf({ contract, feed, expirySeconds }: Settling): Due {
  return { contract, feed, expiry: expirySeconds }
}

function addressFrom(option: string, text: string): Address {
  if (isAddress(text)) return text
  throw usageError(`--${option} must be an address of 20 bytes in hexadecimal`, 'settle')
}

function scheduleFrom(text: string) {
  const schedule = expiriesFrom(text)
  if (schedule !== null) return schedule
  throw usageError(`--expiries must be ${EXPIRIES_FORM}`, 'settle')
}

function secondsFrom(text: string): number {
  const seconds = Number(text)
  // What the contract's arithmetic in milliseconds can hold by far.
  if (/^\d{1,11}$/.test(text) && seconds > 0) return seconds
  throw usageError('--expiry must be a Unix time in whole seconds', 'settle')
}
