import type { AbsentFeed } from '../statistics/absent-values.ts'
import { percent } from './text.ts'

/** Codes with the rounds that they were met in: `SOURCES_TOO_FEW in 57`. */
export function codesText(codes: Readonly<Record<string, number>>): string {
  return Object.entries(codes)
    .map(([code, rounds]) => `${code} in ${rounds}`)
    .join(', ')
}

/** How many rounds a feed had no value in, and why, as far as honest members said. */
export function absenceText({ feed, rounds, reasons, venues }: AbsentFeed, opened: number): string {
  const why = codesText(reasons) || 'honest members had one'
  const kept = codesText(venues)
  const out = kept === '' ? '' : `; venues left out: ${kept}`
  return `${feed} in ${rounds} of ${opened} rounds (${percent(rounds, opened)}): ${why}${out}`
}
