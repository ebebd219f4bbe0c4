import { describe, expect, test } from 'vitest'
import { estimate } from '../../../simulations/reference/estimator.ts'
import { countOf, type ReferenceProtocol } from '../../../simulations/reference/protocol.ts'
import { REFERENCE_PROTOCOLS } from '../../../simulations/reference/protocols.ts'
import { placementOf } from '../../../simulations/scenario/estimate.ts'

const estimated = (protocol: ReferenceProtocol, topology: string, seed = 1) => {
  const placement = placementOf(topology)
  return estimate({ protocol, placement, f: 1, seed, trials: 400 })
}
const broadcast: ReferenceProtocol = {
  name: 'broadcast',
  roles: {},
  messages: [{ name: 'news', from: 'leader', to: 'all', after: [], workMs: 5 }],
  done: [{ news: 1 }],
}

describe('the latency estimator', () => {
  test('a broadcast takes its work and half a round trip, and none to oneself', () => {
    // Virginia to Ireland: 35 ms one way. Over both leaders and all four members of two regions
    // the mean of 0 (self), 3 or 1.5 (same region) and 35 is weighed 1 : 1 : 2.
    const { meanMs } = estimated(broadcast, 'us-east-1:2,eu-west-1:2')
    expect(meanMs).toBeGreaterThan(5 + 18.0)
    expect(meanMs).toBeLessThan(5 + 19.2)
  })

  test('the earlier of two waits counts', () => {
    const messages = [
      ...broadcast.messages,
      { name: 'slow', from: 'leader', to: 'all', after: [], workMs: 500 },
    ]
    const first = { ...broadcast, messages, done: [{ slow: 1 }, { news: 1 }] } as const
    const both = { ...broadcast, messages, done: [{ slow: 1, news: 1 }] } as const
    expect(estimated(first, 'us-east-1:4').meanMs).toBeLessThan(10)
    expect(estimated(both, 'us-east-1:4').meanMs).toBeGreaterThan(500)
  })

  test('is a function of its seed', () => {
    const [simplex] = REFERENCE_PROTOCOLS as [ReferenceProtocol]
    expect(estimated(simplex, 'us-east-1:5', 3)).toEqual(estimated(simplex, 'us-east-1:5', 3))
    expect(estimated(simplex, 'us-east-1:5', 3)).not.toEqual(estimated(simplex, 'us-east-1:5', 4))
  })

  test.each(REFERENCE_PROTOCOLS)('$name ends for everyone', (protocol) => {
    const { meanMs, p99Ms } = estimated(protocol, 'us-east-1:2,eu-west-1:1,eu-central-1:1')
    expect(meanMs).toBeGreaterThan(40)
    expect(p99Ms).toBeGreaterThan(meanMs)
  })

  test('counts are those of the literature', () => {
    const of = (count: Parameters<typeof countOf>[0], n: number, f: number) =>
      countOf(count, { n, f })
    expect(of('67%', 5, 1)).toBe(4)
    expect(of('majority', 4, 1)).toBe(3)
    expect(of('majority', 31, 10)).toBe(21)
    expect([of('all', 7, 2), of('f+1', 7, 2), of('2f+1', 7, 2), of('n-f', 7, 2)]).toEqual([
      7, 3, 5, 5,
    ])
  })

  test.each(['', 'mars:4', 'us-east-1:3', 'us-east-1:x'])('refuses the topology "%s"', (text) => {
    expect(() => placementOf(text)).toThrow(RangeError)
  })
})
