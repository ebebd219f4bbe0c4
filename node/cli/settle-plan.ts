import { type Address, isAddress, type PublicClient } from 'viem'
import { MarketExpiries } from '../chain/market-expiries.ts'
import type { Ask } from '../chain/rpc.ts'
import { readMarketTerms, type Settling } from '../chain/settlement-calls.ts'
import { submitError } from '../client/submit.ts'
import { EXPIRIES_FORM, expiriesFrom } from '../config/expiries.ts'
import { usageError } from './command.ts'
import { type Due, type DueNow, dueBySchedule } from './settle-watch.ts'

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

/** What is settled: one expiry, or whatever comes due. */
export type Plan =
  | { readonly type: 'once'; readonly due: Due }
  | { readonly type: 'watch'; readonly watched: readonly DueNow[] }

/**
 * What the command line asks for; markets are asked for their terms.
 *
 * @throws {OracleError} `USAGE_INVALID`, `CONTRACT_MARKET_MISSING`, `SUBMIT_FAILED`
 */
export async function planOf(values: PlanValues, reader: PublicClient): Promise<Plan> {
  const markets = values.market.map((text) => addressFrom('market', text))
  const named = namedIn(values)
  if (named === null && markets.length === 0) {
    throw usageError('needs --contract and --feed, or --market', 'settle')
  }
  if (!values.watch) return { type: 'once', due: await onceOf(values, { named, markets, reader }) }
  if (values.expiry !== undefined) throw usageError('--watch takes no --expiry', 'settle')
  if ((named === null) !== (values.expiries === undefined)) {
    throw usageError('--watch wants --expiries with --feed, and only then', 'settle')
  }
  for (const market of markets) await termsOf(market, reader)
  return {
    type: 'watch',
    watched: [
      ...(named === null ? [] : [dueBySchedule(named, scheduleFrom(values.expiries ?? ''))]),
      ...markets.map((market) => dueOfMarket(market, reader)),
    ],
  }
}

type Named = Omit<Due, 'expiry'>

function namedIn({ contract, feed }: PlanValues): Named | null {
  if (contract === undefined && feed === undefined) return null
  if (contract === undefined || feed === undefined) {
    throw usageError('--contract and --feed go together', 'settle')
  }
  return { contract: addressFrom('contract', contract), feed }
}

async function onceOf(
  { expiry, expiries }: PlanValues,
  of: {
    readonly named: Named | null
    readonly markets: readonly Address[]
    readonly reader: PublicClient
  },
): Promise<Due> {
  if (expiry === undefined || expiries !== undefined) {
    throw usageError('needs --expiry, or --watch', 'settle')
  }
  const { named, markets, reader } = of
  const [market] = markets
  if (markets.length > 1 || (named !== null && market !== undefined)) {
    throw usageError('settles one thing without --watch', 'settle')
  }
  const seconds = secondsFrom(expiry)
  const terms = market === undefined ? named : await termsOf(market, reader)
  return { ...(terms as Named), expiry: seconds }
}

async function termsOf(market: Address, reader: PublicClient): Promise<Named> {
  return answered(
    market,
    latest(reader)((client, block) => readMarketTerms(client, block, market)),
  )
}

/** Whatever an option market has offers for; its own claims settle it from the final price. */
function dueOfMarket(market: Address, reader: PublicClient): DueNow {
  const expiries = new MarketExpiries(market, latest(reader))
  return async (nowMs) => {
    await answered(market, expiries.look(nowMs))
    return expiries.open(nowMs).map(dueOf)
  }
}

function dueOf({ contract, feed, expirySeconds }: Settling): Due {
  return { contract, feed, expiry: expirySeconds }
}

/** One endpoint at its newest block, where a node asks several and lets them vote. */
function latest(reader: PublicClient): <T>(ask: Ask<T>) => Promise<T> {
  return async (ask) => ask(reader, await reader.getBlockNumber({ cacheTime: 0 }))
}

async function answered<T>(contract: Address, question: Promise<T>): Promise<T> {
  try {
    return await question
  } catch (cause) {
    throw submitError(cause, { contract })
  }
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
