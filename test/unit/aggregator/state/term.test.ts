import { describe, expect, test } from 'vitest'
import { openingOf } from '../../../../aggregator/committee/committee.ts'
import { isInTerm } from '../../../../aggregator/state/state.ts'
import { ROUND, Script } from '../../../support/script.ts'

/** A member that says what it may say from `ROUND` on, and whose term is set before. */
function scriptWith(term: { readonly fromMs: number | null; readonly untilMs: number | null }) {
  const script = new Script().starts()
  script.reports({ type: 'termSet', nowMs: script.state.nowMs, ...term })
  return script
}

/** Everybody observes in `ROUND` with one pair: whoever may sign has to. */
function hearsAll(script: Script): Script {
  script.waits(0).receives(...[1, 2, 3].map((sender) => script.observation(sender)))
  return script.waits(60)
}

const { context } = new Script()
const openingMs = (round: number) => openingOf(context.committee, round)
const observed = (script: Script) => script.sent('observation').map((each) => each.round)

describe('the term of a committee (protocol §11.2)', () => {
  test('before it, a member observes for eight rounds, and nothing counts as skipped', () => {
    const first = ROUND + 10
    const script = scriptWith({ fromMs: openingMs(first), untilMs: null }).waits(0, first + 2)
    expect(observed(script)).toEqual(Array.from({ length: 11 }, (_, index) => first - 8 + index))
    expect(script.all('skipped').map(({ round }) => round)).toEqual([first, first + 1])
  })

  test('before it, a member signs nothing, whatever it holds, and complains about nobody', () => {
    const fromMs = openingMs(ROUND + 2)
    const before = hearsAll(scriptWith({ fromMs, untilMs: null }))
    expect(observed(before)).toContain(ROUND)
    expect(before.sent('share')).toEqual([])
    const after = hearsAll(scriptWith({ fromMs: 0, untilMs: null }))
    expect(after.sent('share')).toMatchObject([{ round: ROUND }])
    const alone = scriptWith({ fromMs, untilMs: null }).waits(0, ROUND + 4)
    const others = alone.all('broadcast').filter(({ message: { message } }) => {
      return message.type !== 'observation' && message.round < ROUND + 2
    })
    expect(others).toEqual([])
  })

  test('after it, too', () => {
    const script = scriptWith({ fromMs: 0, untilMs: openingMs(ROUND + 2) }).waits(0, ROUND + 4)
    expect(observed(script)).toEqual([ROUND, ROUND + 1])
  })

  test('begins and ends between openings without a round for both or for none', () => {
    const atMs = openingMs(ROUND + 2) - 1
    const next = scriptWith({ fromMs: atMs, untilMs: null }).waits(0, ROUND + 4)
    expect(next.all('skipped').map(({ round }) => round)).toEqual([ROUND + 2, ROUND + 3])
    expect(observed(scriptWith({ fromMs: 0, untilMs: atMs }).waits(0, ROUND + 3))).toEqual([
      ROUND,
      ROUND + 1,
    ])
  })

  test('a committee that nobody has handed over to is silent for ever', () => {
    const script = scriptWith({ fromMs: null, untilMs: null }).waits(0, ROUND + 20)
    expect(script.all('broadcast')).toEqual([])
  })

  test('can be set while rounds run', () => {
    const script = scriptWith({ fromMs: null, untilMs: null }).waits(0, ROUND + 1)
    const { nowMs } = script.state
    script.reports({ type: 'termSet', nowMs, fromMs: openingMs(ROUND + 2), untilMs: null })
    script.waits(0, ROUND + 3)
    expect(observed(script)).toEqual([ROUND + 2, ROUND + 3])
  })

  test('holds its first moment and not its last', () => {
    const term = { fromMs: 5, untilMs: 7 }
    expect([4, 5, 6, 7].map((atMs) => isInTerm(term, atMs))).toEqual([false, true, true, false])
  })
})
