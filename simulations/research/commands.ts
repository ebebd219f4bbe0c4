import { alignedTable } from '../report/table.ts'
import { concentrationOf } from './concentration.ts'
import { concentrationText } from './concentration-text.ts'
import { economicsOf } from './economics.ts'
import { economicsText } from './economics-text.ts'
import { estimateOf } from './estimate.ts'
import { placementsOf } from './placements.ts'
import { publishedOf } from './published.ts'
import { selectionBiasOf } from './selection-bias.ts'

/** What a command found: text for stdout, and whether that is what was claimed. */
export interface Answer {
  readonly output: string
  readonly isHeld: boolean
}

/** Commands that answer a question of a researcher at once, by their name. */
export const RESEARCH: ReadonlyMap<string, (args: readonly string[]) => Answer> = new Map([
  ['estimate', printEstimate],
  ['placements', printPlacements],
  ['published', printPublished],
  ['selection-bias', printSelectionBias],
  ['concentration', printConcentration],
  ['economics', printEconomics],
])

function printEstimate(args: readonly string[]): Answer {
  const { result, isJson } = estimateOf(args)
  const { protocol, members, meanMs, p99Ms, measuredFrom, withoutResult } = result
  const from = measuredFrom === null ? '' : `, from its ${measuredFrom}`
  const without = withoutResult === 0 ? '' : `, ${(100 * withoutResult).toFixed(1)} % without it`
  const times = `mean ${meanMs ?? '–'} ms, p99 ${p99Ms ?? '–'} ms`
  const text = `${protocol}, ${members} members: ${times}${from}${without}`
  return { output: isJson ? JSON.stringify(result) : text, isHeld: true }
}

function printPlacements(args: readonly string[]): Answer {
  const { result, isJson } = placementsOf(args)
  const text = alignedTable([
    ['n', 'beside', 'committees', 'ahead in mean', 'in p99'],
    ...result.rows.map(({ members, other, placements, aheadInMean, aheadInP99 }) => [
      String(members),
      other,
      String(placements),
      String(aheadInMean),
      String(aheadInP99),
    ]),
  ])
  return { output: isJson ? JSON.stringify(result) : text, isHeld: true }
}

function printPublished(args: readonly string[]): Answer {
  const { rows, isJson } = publishedOf(args)
  const text = alignedTable([
    ['protocol', 'published ms', 'ours ms', 'off', 'topology'],
    ...rows.map(({ protocol, publishedMs, meanMs, differencePercent, topology }) => [
      protocol,
      publishedMs.toFixed(1),
      meanMs.toFixed(1),
      `${differencePercent.toFixed(1)} %`,
      topology,
    ]),
  ])
  const isHeld = rows.every(({ isReproduced }) => isReproduced)
  return { output: isJson ? JSON.stringify({ rows }) : text, isHeld }
}

function printSelectionBias(args: readonly string[]): Answer {
  const { rows, isJson } = selectionBiasOf(args)
  const text = alignedTable([
    ['n', 'f', 'all used', 'published', 'by our median', 'proposer picks', 'published'],
    ...rows.map((row) => [
      String(row.n),
      String(row.f),
      row.allUsedSd.toFixed(3),
      row.publishedAllUsedSd.toFixed(2),
      row.allUsedByOurMedianSd.toFixed(3),
      row.proposerPicksSd.toFixed(3),
      row.publishedProposerPicksSd.toFixed(2),
    ]),
  ])
  return { output: isJson ? JSON.stringify({ rows }) : text, isHeld: true }
}

function printConcentration(args: readonly string[]): Answer {
  const { result, isJson } = concentrationOf(args)
  return { output: isJson ? JSON.stringify(result) : concentrationText(result), isHeld: true }
}

function printEconomics(args: readonly string[]): Answer {
  const { result, isJson } = economicsOf(args)
  return { output: isJson ? JSON.stringify(result) : economicsText(result), isHeld: true }
}
