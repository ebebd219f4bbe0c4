import type { LatencySummary } from '../statistics/histogram.ts'
import type { Outcome } from './job.ts'

/** What a sweep can draw of its runs. */
export interface Metric {
  /** What `--metrics` names, and part of file names. */
  readonly id: string
  /** Ends with its unit. */
  readonly name: string
  readonly digits: number
  /** Most that it can be; it is never below 0 unless it is signed. */
  readonly max?: number
  /** May be below 0: colours part there. */
  readonly isSigned?: boolean
  /** An axis need not begin at 0. */
  readonly isFree?: boolean
  /** Drawn when nobody says which; every metric stands in the table. */
  readonly isMain?: boolean
  /** Null where a run has none, such as of a chain without a chain. */
  readonly read: (outcome: Outcome) => number | null
}

const PERCENT = { digits: 1, max: 100 } as const

const LATENCIES: readonly Metric[] = [
  ...latencies('first', 'time to the first certificate', ({ latencyMs }) => latencyMs.first),
  ...latencies('all', 'time to the certificate at a member', ({ latencyMs }) => latencyMs.all),
  ...latencies('last', 'time to the last member’s certificate', ({ latencyMs }) => latencyMs.last),
  ...latencies('observed', 'time from the observations', ({ latencyMs }) => latencyMs.observed),
].map((metric) => ({ ...metric, isMain: ['first-mean', 'all-p99'].includes(metric.id) }))

const ROUNDS: readonly Metric[] = [
  {
    id: 'without-result',
    name: 'members without a result two rounds after the opening of a certified one (%)',
    digits: 2,
    max: 100,
    isMain: true,
    read: ({ withoutResult }) => (withoutResult === null ? null : 100 * withoutResult),
  },
  {
    id: 'fast',
    name: 'fast rounds (%)',
    ...PERCENT,
    isFree: true,
    isMain: true,
    read: end('fast'),
  },
  { id: 'proposed', name: 'proposed rounds (%)', ...PERCENT, isMain: true, read: end('proposed') },
  { id: 'lost', name: 'lost rounds (%)', ...PERCENT, isMain: true, read: end('lost') },
  {
    id: 'differing',
    name: 'rounds in which members differ (%)',
    ...PERCENT,
    read: ({ rounds, differing }) => percentOf(differing, rounds.opened),
  },
  {
    id: 'unavailable',
    name: 'rounds without a value of some feed (%)',
    ...PERCENT,
    isMain: true,
    read: ({ rounds, unavailable }) => percentOf(unavailable.rounds, rounds.opened),
  },
  {
    id: 'error',
    name: 'mean distance from the true price at the opening (bps)',
    digits: 2,
    isMain: true,
    read: ({ errorBps }) => errorBps.meanBps,
  },
  {
    id: 'error-max',
    name: 'largest distance from the true price at the opening (bps)',
    digits: 1,
    read: ({ errorBps }) => errorBps.maxBps,
  },
  {
    id: 'messages',
    name: 'copies handed to links (per round)',
    digits: 0,
    read: ({ rounds, wire }) => ratio(wire.messages, rounds.opened),
  },
  {
    id: 'bytes',
    name: 'bytes handed to links (kB per round)',
    digits: 1,
    read: ({ rounds, wire }) => ratio(wire.bytes / 1_000, rounds.opened),
  },
  {
    id: 'convicted',
    name: 'convicted members (per run)',
    digits: 1,
    read: ({ convicted }) => convicted.length,
  },
  {
    id: 'violations',
    name: 'violations (per run)',
    digits: 1,
    isMain: true,
    read: ({ violationCount }) => violationCount,
  },
]

type Chain = NonNullable<Outcome['chain']>

const CHAIN_MAIN = ['due-p50', 'due-p99', 'delivery-gas', 'delivery-fee', 'late']
const FAILED = {
  lostToRace: { id: 'lost-to-race', name: 'deliveries lost to a race' },
  refused: { id: 'refused', name: 'deliveries that the contract refused' },
  undone: { id: 'undone', name: 'deliveries undone by a reorganisation' },
  evicted: { id: 'evicted', name: 'deliveries that the pool forgot' },
} as const

const CHAIN: readonly Metric[] = [
  ...latencies('due', 'time from due to on chain', ({ chain }) => chain?.dueToChainMs ?? null),
  ...latencies(
    'certified',
    'time from certified to on chain',
    ({ chain }) => chain?.certifiedToChainMs ?? null,
  ),
  {
    id: 'delivery-gas',
    name: 'gas for each delivery that was needed',
    digits: 0,
    read: onChain((chain) => ratio(chain.gas.used, neededOf(chain))),
  },
  {
    id: 'delivery-fee',
    name: 'fees for each delivery that was needed (gwei)',
    digits: 0,
    read: onChain((chain) => ratio(chain.gas.feeGwei, neededOf(chain))),
  },
  {
    id: 'late',
    name: 'time in which a feed on chain is later than its heartbeat (%)',
    ...PERCENT,
    read: onChain(({ age }) => (age.aboveHeartbeat === null ? null : 100 * age.aboveHeartbeat)),
  },
  {
    id: 'age-mean',
    name: 'mean age of the value on chain (s)',
    digits: 1,
    read: onChain(({ age }) => (age.meanMs === null ? null : age.meanMs / 1_000)),
  },
  {
    id: 'age-max',
    name: 'largest age of the value on chain (s)',
    digits: 1,
    read: onChain(({ age }) => (age.maxMs === null ? null : age.maxMs / 1_000)),
  },
  {
    id: 'needless',
    name: 'deliveries for which nothing was due (%)',
    ...PERCENT,
    read: onChain(({ transactions: { needless, stored } }) => percentOf(needless, stored)),
  },
  ...(['lostToRace', 'refused', 'undone', 'evicted'] as const).map(
    (what): Metric => ({
      id: FAILED[what].id,
      name: `${FAILED[what].name} (per run)`,
      digits: 1,
      read: onChain(({ transactions }) => transactions[what]),
    }),
  ),
  {
    id: 'full-blocks',
    name: 'full blocks (%)',
    ...PERCENT,
    read: onChain(({ fullBlocks, blocks }) => percentOf(fullBlocks, blocks)),
  },
].map((metric) => ({ ...metric, isMain: CHAIN_MAIN.includes(metric.id) }))

/** Of attacks on venues, and of a consumer's book; money in thousands of dollars. */
const ATTACKS: readonly Metric[] = [
  {
    id: 'moved',
    name: 'distance while venues are pushed (bps)',
    digits: 1,
    isMain: true,
    isSigned: true,
    read: ({ manipulation }) => manipulation?.movedBps.meanBps ?? null,
  },
  {
    id: 'spent',
    name: 'spent on venues (k$)',
    digits: 0,
    isMain: true,
    read: ({ manipulation }) => thousands(manipulation?.spentUsd),
  },
  {
    id: 'wrong',
    name: 'wrong liquidations (per run)',
    digits: 1,
    isMain: true,
    read: ({ book }) => book?.liquidations.wrong ?? null,
  },
  {
    id: 'missed',
    name: 'missed liquidations (per run)',
    digits: 1,
    isMain: true,
    read: ({ book }) => book?.liquidations.missed ?? null,
  },
  {
    id: 'loss',
    name: 'loss of market and traders (k$)',
    digits: 0,
    isMain: true,
    isSigned: true,
    read: ({ book }) => thousands(book?.lossUsd),
  },
  {
    id: 'net',
    name: 'what is left of the attack (k$)',
    digits: 0,
    isMain: true,
    isSigned: true,
    read: ({ book }) => thousands(book?.attacker.netUsd),
  },
]

/** All of them, in the order in which they are drawn. */
export const METRICS: readonly Metric[] = [...LATENCIES, ...ROUNDS, ...CHAIN, ...ATTACKS]
/** Those that are drawn when nobody says which. */
export const MAIN_METRICS = METRICS.filter(({ isMain }) => isMain === true)

/**
 * The metrics that a list names; the main ones when there is none, and all for `all`.
 *
 * @throws {RangeError} when it names what is none
 */
export function metricsNamed(list: string | undefined): readonly Metric[] {
  if (list === undefined) return MAIN_METRICS
  if (list === 'all') return METRICS
  const named = list.split(',').map((text) => {
    const found = METRICS.find(({ id }) => id === text.trim())
    if (found !== undefined) return found
    const known = METRICS.map(({ id }) => id).join(', ')
    throw new RangeError(`--metrics names ${text}, and must name all, or some of ${known}`)
  })
  return [...new Set(named)]
}

function latencies(
  id: string,
  name: string,
  of: (outcome: Outcome) => LatencySummary | null,
): readonly Metric[] {
  const metric = (end: string, what: string, key: 'meanMs' | 'p50Ms' | 'p99Ms'): Metric => ({
    id: `${id}-${end}`,
    name: `${what} ${name} (ms)`,
    digits: 1,
    read: (outcome) => of(outcome)?.[key] ?? null,
  })
  return [
    metric('mean', 'mean', 'meanMs'),
    metric('p50', 'median', 'p50Ms'),
    metric('p99', '99th percentile of the', 'p99Ms'),
  ]
}

function end(of: 'fast' | 'proposed' | 'lost'): Metric['read'] {
  return ({ rounds }) => percentOf(rounds[of], rounds.opened)
}

function onChain(read: (chain: Chain) => number | null): Metric['read'] {
  return ({ chain }) => (chain === undefined ? null : read(chain))
}

function neededOf({ transactions: { stored, needless } }: Chain): number {
  return stored - needless
}

function thousands(usd: number | undefined): number | null {
  return usd === undefined ? null : usd / 1_000
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}

function percentOf(part: number, whole: number): number | null {
  return ratio(100 * part, whole)
}
