import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Rule } from '../../simulations/checking/checker.ts'
import { simulated } from './scenarios.ts'

interface Regression {
  readonly found: string
  readonly about: string
  readonly seed: number
  /** The rule that must break, for a variant or for what is open; null when all must hold. */
  readonly breaks: Rule | null
  readonly scenario: Readonly<Record<string, unknown>>
}

const FILE = new URL('../../simulations/regressions.json', import.meta.url)
const REGRESSIONS = JSON.parse(readFileSync(FILE, 'utf8')) as readonly Regression[]

describe('seeds that found something', () => {
  test.each(REGRESSIONS)('$found: $about', ({ seed, breaks, scenario }) => {
    const { violations } = simulated({ ...scenario, stopAtViolation: false }, { seed })
    const rules = violations.map(({ rule }) => rule)
    if (breaks === null) expect(violations).toEqual([])
    else expect(rules).toContain(breaks)
  })
})
