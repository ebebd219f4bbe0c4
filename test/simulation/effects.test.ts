import { describe, expect, test } from 'vitest'
import { effectFinder } from '../../simulations/campaign/effects.ts'
import { IDLE } from '../../simulations/run/effects.ts'
import { STRATEGIES } from '../../simulations/strategies.ts'

const effectOf = effectFinder({ members: 7, rounds: 48, seed: 1 })

describe('every strategy changes an outcome (threats G6)', () => {
  test.each(STRATEGIES)('$name', ({ name }) => {
    expect(effectOf(name).isEffective).toBe(true)
  })

  test('one that does nothing is seen to do nothing', () => {
    const { effects, isEffective } = effectOf('lie', IDLE)
    expect(isEffective).toBe(false)
    expect(effects).toMatchObject({ values: 0, signers: 0, laterMs: 0, refused: 0, notes: {} })
  })
})
