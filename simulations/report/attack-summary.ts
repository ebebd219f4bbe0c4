import type { BookFigures } from '../statistics/book-figures.ts'
import type { ManipulationFigures } from '../statistics/manipulation-figures.ts'
import type { SimulationResult } from '../statistics/result.ts'
import { fixed } from './text.ts'

/** What attacks on venues cost and reached, and what a consumer's book lost. */
export function attackLines({ manipulation, book }: SimulationResult): readonly string[] {
  return [...venueLines(manipulation), ...bookLines(book)]
}

function venueLines(figures: ManipulationFigures | undefined): readonly string[] {
  if (figures === undefined) return []
  const { movedBps, rounds, quarantinedRounds, spentUsd, pushUsd, holdUsd, feeUsd } = figures
  const pushed = figures.venues.filter((each) => each.rounds > 0)
  const names = pushed.map(({ venue, furthestBps }) => `${venue} by ${fixed(furthestBps, 0)}`)
  const end = figures.hasGivenUp ? '; then it gave up' : ''
  return [
    `  venues     pushed in ${rounds} rounds, left out by a node in ${quarantinedRounds} of ` +
      `them: ${names.length === 0 ? 'none' : `${names.join(', ')} bps`}${end}`,
    `             certified ${fixed(movedBps.meanBps, 1)} bps that way on average, at most ` +
      fixed(movedBps.maxBps, 1),
    `             for ${money(spentUsd)} $ (moving ${money(pushUsd)}, holding ` +
      `${money(holdUsd)}, fees ${money(feeUsd)}) with ${money(figures.boughtUsd)} $ of capital`,
  ]
}

function bookLines(book: BookFigures | undefined): readonly string[] {
  if (book === undefined) return []
  const { liquidations: closed, takenUsd, attacker } = book
  const lateMs = closed.lateMsMean === null ? '' : ` by ${fixed(closed.lateMsMean / 1_000, 1)} s`
  const marked = book.markedBy === 'chain' ? 'the chain holds' : 'is certified'
  return [
    `  book       ${book.perpetuals} perpetual(s), ${book.options} option(s), marked with what ` +
      `${marked}; ${book.unmarkedRounds} rounds without a mark`,
    `             ${closed.made} liquidated where ${closed.due} were due: ${closed.wrong} ` +
      `wrongly (${money(closed.wrongUsd)} $), ${closed.late} late${lateMs}, ` +
      `${closed.missed} missed (${money(closed.missedUsd)} $)`,
    `             more than at true prices: attacker ${money(takenUsd.attacker)}, traders ` +
      `${money(takenUsd.trader)}, market ${money(takenUsd.market)} $`,
    `  attacker   takes ${money(attacker.takenUsd)} $; its positions’ fees ` +
      `${money(attacker.feesUsd)}, venues ${money(attacker.venuesUsd)}, bribes ` +
      `${money(attacker.bribesUsd)} off: ${money(attacker.netUsd)} $ are left`,
  ]
}

/** Whole dollars, in thousands apart. */
function money(usd: number): string {
  const whole = Math.round(usd)
  return `${whole < 0 ? '−' : ''}${Math.abs(whole)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',')}`
}
