import { beforeEach, describe, expect, test } from 'vitest'
import { openingOf } from '../../../../aggregator/committee/committee.ts'
import { ClockWatch } from '../../../../node/view/clock-watch.ts'
import { certifier, feedsNamed, valuesAt } from '../../../support/certificates.ts'

const { context, certify } = certifier({ feeds: feedsNamed(1) })
const { committee } = context
const { roundMs, voteMs } = committee.params.timing
/** When a certificate of the slow path is here, by a clock that is right. */
const USUAL_MS = voteMs

let watch: ClockWatch
let nowMs: number
beforeEach(() => {
  watch = new ClockWatch(committee)
})

/** Certificates of these rounds come as usual, to a node whose clock is so far ahead. */
function hears(
  rounds: readonly number[],
  { aheadMs, origin = 'peer' }: { readonly aheadMs: number; readonly origin?: 'peer' | 'sync' },
): void {
  for (const round of rounds) {
    hearsAt(openingOf(committee, round) + USUAL_MS + aheadMs, round, origin)
  }
}

function hearsAt(atMs: number, round: number, origin: 'peer' | 'sync' = 'peer'): void {
  nowMs = atMs
  watch.onEvent({ type: 'received', nowMs, origin, message: certify(round, valuesAt(round, 1)) })
}

describe('the alarm of a clock that is ahead (ADR 0057)', () => {
  test('given a clock that is right, then there is none', () => {
    hears([9, 10, 11, 12, 13], { aheadMs: roundMs })
    expect(watch.isAhead(nowMs)).toBe(false)
  })

  test.each([roundMs + 1, 3_000, 86_400_000])(
    'given it is %i ms ahead, then there is',
    (aheadMs) => {
      hears([9, 10], { aheadMs })
      expect(watch.isAhead(nowMs)).toBe(false)
      hears([11], { aheadMs })
      expect(watch.isAhead(nowMs)).toBe(true)
    },
  )

  test('given one certificate in three was held back, then there is none', () => {
    hears([9, 10], { aheadMs: 3_000 })
    hears([11], { aheadMs: 0 })
    hears([12, 13], { aheadMs: 3_000 })
    expect(watch.isAhead(nowMs)).toBe(false)
  })

  test('given old certificates, brought on request or a second time, then they say nothing', () => {
    hears([9, 10, 11], { aheadMs: 3_000, origin: 'sync' })
    hears([12, 12, 12, 11], { aheadMs: 3_000 })
    expect(watch.isAhead(nowMs)).toBe(false)
  })

  test('given the process stood still, then what waited for it meanwhile says nothing', () => {
    hears([9, 10], { aheadMs: 0 })
    const wokenMs = openingOf(committee, 20)
    for (const round of [11, 12, 13, 14, 15]) hearsAt(wokenMs, round)
    expect(watch.isAhead(nowMs)).toBe(false)
  })

  test('given the clock leapt while it stood still, then there is one as soon as that is over', () => {
    hears([9, 10], { aheadMs: 0 })
    hears([11, 12, 13, 14, 15, 16, 17], { aheadMs: 8_000 })
    expect(watch.isAhead(nowMs)).toBe(true)
  })

  test('given the clock was set right, or nothing is heard any more, then it ends', () => {
    hears([9, 10, 11], { aheadMs: 3_000 })
    expect(watch.isAhead(nowMs + 17 * roundMs)).toBe(false)
    hears([12], { aheadMs: 0 })
    expect(watch.isAhead(nowMs)).toBe(false)
  })
})
