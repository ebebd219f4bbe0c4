import { describe, expect, test } from 'vitest'
import { faultyMax } from '../../../aggregator/committee/quorum.ts'
import { BUILT_IN, loadProtocol, parseProtocol } from '../../../simulations/input/protocol-file.ts'
import { placementOf } from '../../../simulations/input/topology.ts'
import { type EstimateOptions, estimate } from '../../../simulations/reference/estimator.ts'
import { type Count, countOf } from '../../../simulations/reference/protocol.ts'

const broadcast = (done = '{ news: 1 }', more = '') =>
  parseProtocol(`
name: broadcast
steps:
  - { name: news, from: leader, to: all, workMs: 5 }
  - { name: slow, from: leader, to: all, workMs: 500 }
  ${more}
done: ${done}
`)
const estimated = (
  protocol: EstimateOptions['protocol'],
  topology: string,
  options: Partial<EstimateOptions> = {},
) => {
  const placement = placementOf(topology)
  const f = faultyMax(placement.length)
  return estimate({ protocol, placement, f, seed: 1, trials: 400, ...options })
}
const meanMs = (...args: Parameters<typeof estimated>) => estimated(...args).meanMs ?? Number.NaN
const FOUR = 'us-east-1:2,eu-west-1:1,eu-central-1:1'

describe('the latency estimator', () => {
  test('a broadcast takes its work and half a round trip, and none to oneself', () => {
    // Virginia to Ireland: 34.8 ms one way. Over both leaders and all four members of two regions
    // the mean of 0 (self), 2.8 or 1.6 (same region) and 34.8 is weighed 1 : 1 : 2.
    const mean = meanMs(broadcast(), 'us-east-1:2,eu-west-1:2')
    expect(mean).toBeGreaterThan(5 + 17.8)
    expect(mean).toBeLessThan(5 + 18.9)
  })

  test('the earlier of two waits counts, and the later of what one wait names', () => {
    expect(meanMs(broadcast('[{ slow: 1 }, { news: 1 }]'), 'us-east-1:4')).toBeLessThan(10)
    expect(meanMs(broadcast('{ slow: 1, news: 1 }'), 'us-east-1:4')).toBeGreaterThan(500)
  })

  test('a wait does not end before its time', () => {
    const mean = meanMs(broadcast('{ news: 1, elapsedMs: 250 }'), 'us-east-1:4')
    expect(mean).toBe(250)
  })

  test('time counts from the step that is named', () => {
    const echo = '- { name: echo, from: all, to: all, after: { news: 1 } }'
    const whole = broadcast('{ echo: all }', echo)
    const { meanMs: measured, fromStart } = estimated({ ...whole, measuredFrom: 'echo' }, FOUR)
    expect(estimated(whole, FOUR).meanMs).toBe(fromStart.meanMs)
    // On average a member echoes 5 ms and about 22 ms after the start.
    expect((fromStart.meanMs ?? 0) - (measured ?? 0)).toBeGreaterThan(25)
    expect((fromStart.meanMs ?? 0) - (measured ?? 0)).toBeLessThan(30)
  })

  test('both generations of OCR count from their observations, as ours does', () => {
    for (const name of ['ocr2', 'ocr3']) {
      const { measuredFrom, meanMs: measured, fromStart } = estimated(loadProtocol(name), FOUR)
      expect(measuredFrom).toBe('observation')
      expect(measured).toBeLessThan((fromStart.meanMs ?? 0) - 15)
    }
  })

  test('long tails cost whoever waits for everybody more', () => {
    const slower = (name: string) =>
      meanMs(loadProtocol(name), FOUR, { sigma: 0.6 }) - meanMs(loadProtocol(name), FOUR)
    expect(slower('ours')).toBeGreaterThan(20)
    expect(slower('ours')).toBeGreaterThan(2 * slower('ocr2'))
  })

  test('whoever waits for all, waits for the crashed for ever but not for the silent', () => {
    const ours = loadProtocol('ours')
    const silent = estimated(ours, FOUR, { silent: 1 })
    const crashed = estimated(ours, FOUR, { crashed: 1 })
    expect(silent.meanMs).toBeLessThan(100)
    expect(crashed.meanMs).toBeGreaterThan(520)
    expect([silent.withoutResult, crashed.withoutResult]).toEqual([0, 0])
    expect(
      estimated(broadcast('{ echo: all }', '- { name: echo, from: all, to: all }'), FOUR, {
        crashed: 1,
      }),
    ).toMatchObject({ meanMs: null, p99Ms: null, withoutResult: 1 })
  })

  test('is a function of its seed', () => {
    const simplex = loadProtocol('simplex')
    expect(estimated(simplex, 'us-east-1:5', { seed: 3 })).toEqual(
      estimated(simplex, 'us-east-1:5', { seed: 3 }),
    )
    expect(estimated(simplex, 'us-east-1:5', { seed: 3 })).not.toEqual(
      estimated(simplex, 'us-east-1:5', { seed: 4 }),
    )
  })

  test.each(BUILT_IN)('%s ends for everyone', (name) => {
    const { meanMs: mean, p99Ms, withoutResult } = estimated(loadProtocol(name), FOUR)
    expect(mean).toBeGreaterThan(20)
    expect(p99Ms).toBeGreaterThan(mean ?? 0)
    expect(withoutResult).toBe(0)
  })

  test('in a large committee a hundred lead, spread over all regions', () => {
    const hotstuff = loadProtocol('hotstuff')
    const large = estimated(hotstuff, 'us-east-1:100,eu-west-1:100', { trials: 1 })
    expect(large).toMatchObject({ members: 200, trials: 100, withoutResult: 0 })
    const small = estimated(hotstuff, 'us-east-1:50,eu-west-1:50', { trials: 1 })
    expect(large.meanMs).toBeGreaterThan(0.98 * (small.meanMs ?? 0))
    expect(large.meanMs).toBeLessThan(1.02 * (small.meanMs ?? 0))
  })

  test('counts are those of the literature', () => {
    const of = (count: Count, n: number, f: number) => countOf(count, { n, f, size: n })
    expect([of('67%', 5, 1), of('67%', 30, 9), of('70%', 10, 3), of('66.7%', 30, 9)]).toEqual([
      4, 21, 7, 21,
    ])
    expect([of('majority', 4, 1), of('majority', 31, 10)]).toEqual([3, 21])
    expect([of('all', 7, 2), of('f+1', 7, 2), of('2f+1', 7, 2), of('n-f', 7, 2)]).toEqual([
      7, 3, 5, 5,
    ])
  })

  test.each(['', 'mars:4', 'us-east-1:1', 'us-east-1:x', 'us-east-1:4:5', 'us-east-1:1001'])(
    'refuses the topology "%s"',
    (text) => {
      expect(() => placementOf(text)).toThrow('--topology')
    },
  )
})
