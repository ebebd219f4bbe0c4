import { type Column, columnsOf, type DataTable } from '../report/data-table.ts'
import type { Outcome } from '../threads/job.ts'
import { type Finished, inOrder, type Results } from './results.ts'

type Figure = readonly [name: string, type: Column['type'], read: Read]
type Read = (outcome: Outcome) => string | number | null

const FIGURES: readonly Figure[] = [
  ['rounds', 'integer', ({ rounds }) => rounds.opened],
  ['fastRounds', 'integer', ({ rounds }) => rounds.fast],
  ['proposedRounds', 'integer', ({ rounds }) => rounds.proposed],
  ['lostRounds', 'integer', ({ rounds }) => rounds.lost],
  ['firstMeanMs', 'number', ({ latencyMs }) => latencyMs.first.meanMs],
  ['firstP50Ms', 'number', ({ latencyMs }) => latencyMs.first.p50Ms],
  ['firstP99Ms', 'number', ({ latencyMs }) => latencyMs.first.p99Ms],
  ['allMeanMs', 'number', ({ latencyMs }) => latencyMs.all.meanMs],
  ['allP50Ms', 'number', ({ latencyMs }) => latencyMs.all.p50Ms],
  ['allP99Ms', 'number', ({ latencyMs }) => latencyMs.all.p99Ms],
  ['lastMeanMs', 'number', ({ latencyMs }) => latencyMs.last.meanMs],
  ['lastP50Ms', 'number', ({ latencyMs }) => latencyMs.last.p50Ms],
  ['lastP99Ms', 'number', ({ latencyMs }) => latencyMs.last.p99Ms],
  ['observedMeanMs', 'number', ({ latencyMs }) => latencyMs.observed.meanMs],
  ['observedP50Ms', 'number', ({ latencyMs }) => latencyMs.observed.p50Ms],
  ['observedP99Ms', 'number', ({ latencyMs }) => latencyMs.observed.p99Ms],
  ['withoutResultShare', 'number', ({ withoutResult }) => withoutResult],
  ['wireMessages', 'integer', ({ wire }) => wire.messages],
  ['wireBytes', 'integer', ({ wire }) => wire.bytes],
  ['wireRepeatedMessages', 'integer', ({ wire }) => wire.repeatedMessages],
  ['wireRepeatedBytes', 'integer', ({ wire }) => wire.repeatedBytes],
  ['wireToldBytes', 'integer', ({ wire }) => wire.toldBytes],
  ['errorMeanBps', 'number', ({ errorBps }) => errorBps.meanBps],
  ['errorMaxBps', 'number', ({ errorBps }) => errorBps.maxBps],
  ['differingRounds', 'integer', ({ differing }) => differing],
  ['unavailableRounds', 'integer', ({ unavailable }) => unavailable.rounds],
  ['convictedMembers', 'integer', ({ convicted }) => convicted.length],
  ['violations', 'integer', ({ violationCount }) => violationCount],
  ['brokenRules', 'text', ({ violations }) => violations.map(({ rule }) => rule).join(' ')],
  ['traceHash', 'text', ({ traceHash }) => traceHash],
]

/** Of scenarios with a chain. */
const CHAIN_FIGURES: readonly Figure[] = [
  ['dueToChainMeanMs', 'number', ({ chain }) => chain?.dueToChainMs.meanMs ?? null],
  ['dueToChainP50Ms', 'number', ({ chain }) => chain?.dueToChainMs.p50Ms ?? null],
  ['dueToChainP99Ms', 'number', ({ chain }) => chain?.dueToChainMs.p99Ms ?? null],
  ['certifiedToChainMeanMs', 'number', ({ chain }) => chain?.certifiedToChainMs.meanMs ?? null],
  ['certifiedToChainP50Ms', 'number', ({ chain }) => chain?.certifiedToChainMs.p50Ms ?? null],
  ['certifiedToChainP99Ms', 'number', ({ chain }) => chain?.certifiedToChainMs.p99Ms ?? null],
  ['ageMeanMs', 'number', ({ chain }) => chain?.age.meanMs ?? null],
  ['ageMaxMs', 'number', ({ chain }) => chain?.age.maxMs ?? null],
  ['aboveHeartbeatShare', 'number', ({ chain }) => chain?.age.aboveHeartbeat ?? null],
  ['storedTransactions', 'integer', ({ chain }) => chain?.transactions.stored ?? null],
  ['needlessTransactions', 'integer', ({ chain }) => chain?.transactions.needless ?? null],
  ['lostToRaceTransactions', 'integer', ({ chain }) => chain?.transactions.lostToRace ?? null],
  ['refusedTransactions', 'integer', ({ chain }) => chain?.transactions.refused ?? null],
  ['undoneTransactions', 'integer', ({ chain }) => chain?.transactions.undone ?? null],
  ['evictedTransactions', 'integer', ({ chain }) => chain?.transactions.evicted ?? null],
  ['blocks', 'integer', ({ chain }) => chain?.blocks ?? null],
  ['fullBlocks', 'integer', ({ chain }) => chain?.fullBlocks ?? null],
  ['usedGas', 'integer', ({ chain }) => chain?.gas.used ?? null],
  ['feeGwei', 'number', ({ chain }) => chain?.gas.feeGwei ?? null],
]

/** Of scenarios in which somebody pushes venues. */
const MANIPULATION_FIGURES: readonly Figure[] = [
  ['spentUsd', 'number', ({ manipulation }) => manipulation?.spentUsd ?? null],
  ['boughtUsd', 'number', ({ manipulation }) => manipulation?.boughtUsd ?? null],
  ['pushedRounds', 'integer', ({ manipulation }) => manipulation?.rounds ?? null],
  ['quarantinedRounds', 'integer', ({ manipulation }) => manipulation?.quarantinedRounds ?? null],
  ['movedMeanBps', 'number', ({ manipulation }) => manipulation?.movedBps.meanBps ?? null],
  ['movedMaxBps', 'number', ({ manipulation }) => manipulation?.movedBps.maxBps ?? null],
]

/** Of scenarios with a book. */
const BOOK_FIGURES: readonly Figure[] = [
  ['madeLiquidations', 'integer', ({ book }) => book?.liquidations.made ?? null],
  ['dueLiquidations', 'integer', ({ book }) => book?.liquidations.due ?? null],
  ['wrongLiquidations', 'integer', ({ book }) => book?.liquidations.wrong ?? null],
  ['lateLiquidations', 'integer', ({ book }) => book?.liquidations.late ?? null],
  ['missedLiquidations', 'integer', ({ book }) => book?.liquidations.missed ?? null],
  ['unmarkedRounds', 'integer', ({ book }) => book?.unmarkedRounds ?? null],
  ['bookLossUsd', 'number', ({ book }) => book?.lossUsd ?? null],
  ['tradersTakenUsd', 'number', ({ book }) => book?.takenUsd.trader ?? null],
  ['marketTakenUsd', 'number', ({ book }) => book?.takenUsd.market ?? null],
  ['attackerTakenUsd', 'number', ({ book }) => book?.attacker.takenUsd ?? null],
  ['attackerFeesUsd', 'number', ({ book }) => book?.attacker.feesUsd ?? null],
  ['bribesUsd', 'number', ({ book }) => book?.attacker.bribesUsd ?? null],
  ['attackerNetUsd', 'number', ({ book }) => book?.attacker.netUsd ?? null],
]

/** What only some scenarios have; only sweeps of such show it. */
const SECTIONS = [
  ['chain', CHAIN_FIGURES],
  ['manipulation', MANIPULATION_FIGURES],
  ['book', BOOK_FIGURES],
] as const

/** Finished runs, one row each, in the order of the sweep. */
export function sweepTable({ head, finished }: Results): DataTable {
  const ordered = inOrder(finished)
  const axes = head.axes.map((name, at): Column => ({ name, type: typeOfAxis(ordered, at) }))
  const sections = SECTIONS.flatMap(([key, of]) =>
    ordered.some(({ outcome }) => outcome[key] !== undefined) ? of : [],
  )
  const shown = [...FIGURES, ...sections]
  const figures = shown.map(([name, type]): Column => ({ name, type }))
  return {
    columns: [...axes, ...columnsOf('integer', ['seed']), ...figures],
    rows: ordered.map(({ values, seed, outcome }) => [
      ...values.map((value) => (typeof value === 'boolean' ? String(value) : value)),
      seed,
      ...shown.map(([, , read]) => read(outcome)),
    ]),
  }
}

/** Numbers where all values of the axis are numbers. */
function typeOfAxis(finished: readonly Finished[], at: number): Column['type'] {
  return finished.every(({ values }) => typeof values[at] === 'number') ? 'number' : 'text'
}
