import type { Outcome } from '../threads/job.ts'
import { KUSD, latencies, type Metric, PER_RUN, PERCENT, percentOf, ratio } from './metric.ts'

const LATENCIES: readonly Metric[] = [
  ...latencies('first', 'time to the first certificate', ({ latencyMs }) => latencyMs.first),
  ...latencies('all', 'time to the certificate at a member', ({ latencyMs }) => latencyMs.all),
  ...latencies('last', 'time to the last member’s certificate', ({ latencyMs }) => latencyMs.last),
  ...latencies('observed', 'time from the observations', ({ latencyMs }) => latencyMs.observed),
].map((metric) => ({ ...metric, isMain: ['first-mean-ms', 'all-p99-ms'].includes(metric.id) }))

const ROUNDS: readonly Metric[] = [
  {
    id: 'without-result-percent',
    name: 'members without a result two rounds after the opening of a certified one (%)',
    ...PERCENT,
    digits: 2,
    isMain: true,
    read: ({ withoutResult }) => (withoutResult === null ? null : 100 * withoutResult),
  },
  {
    id: 'fast-percent',
    name: 'fast rounds (%)',
    ...PERCENT,
    isFree: true,
    isMain: true,
    read: end('fast'),
  },
  {
    id: 'proposed-percent',
    name: 'proposed rounds (%)',
    ...PERCENT,
    isMain: true,
    read: end('proposed'),
  },
  { id: 'lost-percent', name: 'lost rounds (%)', ...PERCENT, isMain: true, read: end('lost') },
  {
    id: 'differing-percent',
    name: 'rounds in which members differ (%)',
    ...PERCENT,
    read: ({ rounds, differing }) => percentOf(differing, rounds.opened),
  },
  {
    id: 'unavailable-percent',
    name: 'rounds without a value of some feed (%)',
    ...PERCENT,
    isMain: true,
    read: ({ rounds, unavailable }) => percentOf(unavailable.rounds, rounds.opened),
  },
  {
    id: 'error-mean-bps',
    unit: 'bps',
    name: 'mean distance from the true price at the opening (bps)',
    digits: 2,
    isMain: true,
    read: ({ errorBps }) => errorBps.meanBps,
  },
  {
    id: 'error-max-bps',
    unit: 'bps',
    name: 'largest distance from the true price at the opening (bps)',
    digits: 1,
    read: ({ errorBps }) => errorBps.maxBps,
  },
  {
    id: 'wire-messages-per-round',
    unit: 'messages-per-round',
    name: 'copies handed to links (per round)',
    digits: 0,
    read: ({ rounds, wire }) => ratio(wire.messages, rounds.opened),
  },
  {
    id: 'wire-kb-per-round',
    unit: 'kb-per-round',
    name: 'bytes handed to links (kB per round)',
    digits: 1,
    read: ({ rounds, wire }) => ratio(wire.bytes / 1_000, rounds.opened),
  },
  {
    id: 'wire-overlay-kb-per-round',
    unit: 'kb-per-round',
    name: 'of these, what gossip repeats and tells (kB per round)',
    digits: 1,
    read: ({ rounds, wire: { repeatedBytes, toldBytes } }) =>
      ratio((repeatedBytes + toldBytes) / 1_000, rounds.opened),
  },
  {
    id: 'convicted-members-per-run',
    name: 'convicted members (per run)',
    ...PER_RUN,
    read: ({ convicted }) => convicted.length,
  },
  {
    id: 'violations-per-run',
    name: 'violations (per run)',
    ...PER_RUN,
    isMain: true,
    read: ({ violationCount }) => violationCount,
  },
]

type Chain = NonNullable<Outcome['chain']>

const CHAIN_MAIN = ['due-p50-ms', 'due-p99-ms', 'delivery-gas', 'delivery-fee-gwei', 'late-percent']
const FAILED = {
  lostToRace: { id: 'lost-to-race-per-run', name: 'deliveries lost to a race' },
  refused: { id: 'refused-per-run', name: 'deliveries that the contract refused' },
  undone: { id: 'undone-per-run', name: 'deliveries undone by a reorganisation' },
  evicted: { id: 'evicted-per-run', name: 'deliveries that the pool forgot' },
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
    unit: 'gas',
    name: 'gas for each delivery that was needed',
    digits: 0,
    read: onChain((chain) => ratio(chain.gas.used, neededOf(chain))),
  },
  {
    id: 'delivery-fee-gwei',
    unit: 'gwei',
    name: 'fees for each delivery that was needed (gwei)',
    digits: 0,
    read: onChain((chain) => ratio(chain.gas.feeGwei, neededOf(chain))),
  },
  {
    id: 'late-percent',
    name: 'time in which a feed on chain is later than its heartbeat (%)',
    ...PERCENT,
    read: onChain(({ age }) => (age.aboveHeartbeat === null ? null : 100 * age.aboveHeartbeat)),
  },
  {
    id: 'age-mean-s',
    unit: 's',
    name: 'mean age of the value on chain (s)',
    digits: 1,
    read: onChain(({ age }) => (age.meanMs === null ? null : age.meanMs / 1_000)),
  },
  {
    id: 'age-max-s',
    unit: 's',
    name: 'largest age of the value on chain (s)',
    digits: 1,
    read: onChain(({ age }) => (age.maxMs === null ? null : age.maxMs / 1_000)),
  },
  {
    id: 'needless-percent',
    name: 'deliveries for which nothing was due (%)',
    ...PERCENT,
    read: onChain(({ transactions: { needless, stored } }) => percentOf(needless, stored)),
  },
  ...(['lostToRace', 'refused', 'undone', 'evicted'] as const).map(
    (what): Metric => ({
      id: FAILED[what].id,
      name: `${FAILED[what].name} (per run)`,
      ...PER_RUN,
      read: onChain(({ transactions }) => transactions[what]),
    }),
  ),
  {
    id: 'full-blocks-percent',
    name: 'full blocks (%)',
    ...PERCENT,
    read: onChain(({ fullBlocks, blocks }) => percentOf(fullBlocks, blocks)),
  },
].map((metric) => ({ ...metric, isMain: CHAIN_MAIN.includes(metric.id) }))

/** Of attacks on venues, and of a consumer's book; money in thousands of dollars. */
const ATTACKS: readonly Metric[] = [
  {
    id: 'moved-bps',
    unit: 'bps',
    name: 'distance while venues are pushed (bps)',
    digits: 1,
    isMain: true,
    isSigned: true,
    read: ({ manipulation }) => manipulation?.movedBps.meanBps ?? null,
  },
  {
    id: 'spent-kusd',
    name: 'spent on venues (k$)',
    ...KUSD,
    isMain: true,
    read: ({ manipulation }) => thousands(manipulation?.spentUsd),
  },
  {
    id: 'wrong-liquidations-per-run',
    name: 'wrong liquidations (per run)',
    ...PER_RUN,
    isMain: true,
    read: ({ book }) => book?.liquidations.wrong ?? null,
  },
  {
    id: 'missed-liquidations-per-run',
    name: 'missed liquidations (per run)',
    ...PER_RUN,
    isMain: true,
    read: ({ book }) => book?.liquidations.missed ?? null,
  },
  {
    id: 'loss-kusd',
    name: 'loss of market and traders (k$)',
    ...KUSD,
    isMain: true,
    isSigned: true,
    read: ({ book }) => thousands(book?.lossUsd),
  },
  {
    id: 'net-kusd',
    name: 'what is left of the attack (k$)',
    ...KUSD,
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
