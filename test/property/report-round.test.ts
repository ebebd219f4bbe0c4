import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openingOf, reportRoundAt } from '../../aggregator/committee/committee.ts'
import { committeeOfFour } from '../unit/node/config/fixtures.ts'

const { params } = committeeOfFour()
const { includeMs, clockSkewMsMax } = params.timing

test('the time of every report that a contract takes names its round', () => {
  const committee = { params } as Parameters<typeof reportRoundAt>[0]
  const offsets = fc.integer({ min: -clockSkewMsMax, max: includeMs + clockSkewMsMax })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 30 - 1 }), offsets, (round, offsetMs) => {
      expect(reportRoundAt(committee, openingOf(committee, round) + offsetMs)).toBe(round)
    }),
  )
})
