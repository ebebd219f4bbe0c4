import { expect, test } from 'vitest'
import { venueFacts } from '../../../../node/cli/venue-facts.ts'

const BLOCKED = 'SOURCE_REGION_BLOCKED'

test('status says nothing of a venue that answers where it is preferred', () => {
  const well = { venue: 'htx', host: 'a.example', passedOver: [], code: 'ok' }
  expect(venueFacts(well)).toEqual([])
  expect(venueFacts({ ...well, code: 'SOURCE_TIMEOUT' })).toEqual([])
})

test('status says where a venue is asked instead, and why', () => {
  const passedOver = [
    { host: 'a.example', code: BLOCKED },
    { host: 'b.example', code: 'SOURCE_TIMEOUT' },
  ]
  expect(venueFacts({ venue: 'htx', host: 'c.example', passedOver, code: 'ok' })).toEqual([
    [
      'venue',
      'htx is asked at c.example: a.example does not serve this region, b.example has ' +
        'SOURCE_TIMEOUT',
    ],
  ])
})

test('status says of a venue without a host for this region that it does not serve it', () => {
  const passedOver = [{ host: 'a.example', code: BLOCKED }]
  expect(venueFacts({ venue: 'htx', host: 'b.example', passedOver, code: BLOCKED })).toEqual([
    ['venue', 'htx does not serve this region'],
  ])
})
