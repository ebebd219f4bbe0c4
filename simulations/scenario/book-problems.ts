import type { ScenarioProblem } from './load.ts'
import { endMsOf } from './params.ts'
import type { Scenario } from './schema.ts'

/** Most positions of a book, so that marking it stays a small part of a round. */
const POSITIONS_MAX = 2_000

/** What is wrong between the keys of a consumer's book. */
export function bookProblems(scenario: Scenario): readonly ScenarioProblem[] {
  const { book, chain } = scenario
  if (book === undefined) return []
  const problems: ScenarioProblem[] = []
  const report = (path: string, holds: boolean, message: string): void => {
    if (!holds) problems.push({ path: path === '' ? 'book' : `book.${path}`, message })
  }
  const { perpetuals, options, maintenanceBps, markedBy } = book
  const count = perpetuals.reduce((sum, each) => sum + each.count, options.length)
  report('', count > 0, 'needs a perpetual or an option')
  report('', count <= POSITIONS_MAX, `has ${count} positions; at most ${POSITIONS_MAX}`)
  report('markedBy', markedBy !== 'chain' || chain !== undefined, 'needs a chain')
  const endMs = endMsOf(scenario)
  const isIn = (ms: number) => ms < endMs
  for (const [index, each] of perpetuals.entries()) {
    const path = `perpetuals.${index}`
    const { openMs, closeMs, marginBps, marginBpsMax = marginBps, feeBps } = each
    report(`${path}.openMs`, isIn(openMs), `must be before the run ends, at ${endMs} ms`)
    report(`${path}.closeMs`, closeMs === undefined || closeMs > openMs, 'must be after openMs')
    report(`${path}.marginBpsMax`, marginBpsMax >= marginBps, 'must not be less than marginBps')
    // Else it is liquidated as it is opened.
    const leastBps = maintenanceBps + 2 * feeBps
    const isEnough = marginBps > leastBps
    report(`${path}.marginBps`, isEnough, `must exceed maintenanceBps and two fees: ${leastBps}`)
  }
  for (const [index, { openMs, expiryMs }] of options.entries()) {
    const path = `options.${index}`
    report(`${path}.openMs`, isIn(openMs), `must be before the run ends, at ${endMs} ms`)
    const isAfter = expiryMs - openMs >= 1_000
    report(`${path}.expiryMs`, isAfter, 'must be a second or more after openMs')
  }
  return problems
}
