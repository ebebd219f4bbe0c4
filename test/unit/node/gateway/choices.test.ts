import { expect, test } from 'vitest'
import { FeedChoices } from '../../../../node/gateway/choices.ts'
import { certifier, feedsNamed } from '../../../support/certificates.ts'

const { context } = certifier({ feeds: feedsNamed(300) })
const choices = new FeedChoices(context)
const chosen = (feeds: readonly number[]) => ({ type: 'chosen', feeds })
const indices = (count: number) => Array.from({ length: count }, (_, index) => index)

test('feeds are chosen by name or number, in the order of the committee and each once', () => {
  expect(choices.of('F7/USD,2,F299/USD,7')).toEqual(chosen([2, 7, 299]))
  expect(choices.of('')).toEqual(chosen([]))
  expect(choices.of(undefined)).toEqual(chosen([]))
})

test.each(['F300/USD', '300', '01', '1.0', '-1', 'f7/usd', '0,', ' 0', '__proto__'])(
  'what names no feed is refused: %s',
  (names) => {
    expect(choices.of(names)).toEqual({ type: 'refused', code: 'FEED_UNKNOWN' })
  },
)

test('255 feeds may be named, and a feed that is named twice counts twice', () => {
  expect(choices.of(indices(255).join(','))).toEqual(chosen(indices(255)))
  const refused = { type: 'refused', code: 'FEEDS_TOO_MANY' }
  expect(choices.of(indices(256).join(','))).toEqual(refused)
  expect(choices.of(indices(256).fill(0).join(','))).toEqual(refused)
  // Refused for their number alone: none of them is looked up.
  expect(choices.of(','.repeat(100_000))).toEqual(refused)
})
