import { readArgs } from '../input/options.ts'
import { type SelectionBias, selectionBias } from '../reference/selection-bias.ts'

export interface SelectionBiasRow extends SelectionBias {
  readonly publishedAllUsedSd: number
  readonly publishedProposerPicksSd: number
}

const PUBLISHED = [
  { n: 4, allUsedSd: 0.84, proposerPicksSd: 0.84 },
  { n: 7, allUsedSd: 0.49, proposerPicksSd: 1.16 },
  { n: 16, allUsedSd: 0.73, proposerPicksSd: 1.59 },
  { n: 31, allUsedSd: 0.63, proposerPicksSd: 1.89 },
] as const

/** Enough that one standard error of the smallest figure is 0.5 % of it. */
const TRIALS = 60_000

/** The published shifts beside ours. */
export function selectionBiasOf(args: readonly string[]): {
  readonly rows: readonly SelectionBiasRow[]
  readonly isJson: boolean
} {
  const { values } = readArgs({
    args: [...args],
    options: { json: { type: 'boolean', default: false } },
  })
  const rows = PUBLISHED.map(({ n, allUsedSd, proposerPicksSd }) => ({
    ...selectionBias({ n, seed: 1, trials: TRIALS }),
    publishedAllUsedSd: allUsedSd,
    publishedProposerPicksSd: proposerPicksSd,
  }))
  return { rows, isJson: values.json }
}
