import { describe, expect, test } from 'vitest'
import { changesOf } from '../../../simulations/campaign/shrink-changes.ts'
import { checkScenario } from '../../../simulations/scenario/load.ts'
import type { Scenario } from '../../../simulations/scenario/schema.ts'

const LATE = { type: 'lagging', lagMs: 900 }
const SCENARIO = checkScenario({
  name: 'crowded',
  rounds: 200,
  committee: { members: 7 },
  faults: [{ type: 'crash', members: [6], atMs: 1_000, restartMs: 9_000, everyMs: 20_000 }],
  network: { cuts: [{ senders: [0], receivers: [5, 6], fromMs: 0, toMs: 8_000 }] },
  prices: {
    sourcesMin: 1,
    venues: [
      { name: 'harbour', incidents: [{ ...LATE, fromMs: 2_000, toMs: 6_000 }] },
      { name: 'meadow', quote: 'USDT', depth: { usdPerPercent: 1_000 } },
    ],
    conversions: [
      {
        market: 'USDT/USD',
        use: 'par',
        depeg: { fromMs: 1_000, toMs: 31_000, depthBps: 100 },
        venues: [{ name: 'quay', incidents: [{ type: 'dead', fromMs: 0, toMs: 500 }] }],
      },
    ],
    unreachable: [{ members: [5], venues: ['harbour'] }],
    manipulations: [{ fromMs: 0, toMs: 500, moveBps: 10, budgetUsd: 1 }],
  },
  book: { perpetuals: [{ side: 'long', notionalUsd: 1, marginBps: 900 }] },
  chain: {
    stageMs: 4_000,
    faults: [
      { type: 'transmitters', how: 'stale', members: [5, 6], fromMs: 0, toMs: 10_000 },
      { type: 'rpcDown', members: [1, 5], endpoints: [0], fromMs: 0, toMs: 900 },
      { type: 'reorg', atMs: 7_000, depth: 2 },
    ],
  },
})

/** Every scenario that one change makes of this one, and that is sound. */
function smallerBy(wanted: (each: Scenario) => boolean): readonly Scenario[] {
  const violation = { rule: 'S1', round: 90, nowUs: 0, message: '' } as const
  return changesOf(SCENARIO, violation)
    .map((change) => checkScenario(change(SCENARIO)))
    .filter(wanted)
}

const spansOf = (list: readonly object[] = []) =>
  list.map((each) => ('toMs' in each && 'fromMs' in each ? [each.fromMs, each.toMs] : []))

describe('what shrinking tries', () => {
  test('is a scenario without its book, whose times bind its length, and without attacks', () => {
    const bare = smallerBy(({ book }) => book === undefined)
    expect(bare).toHaveLength(1)
    expect(bare[0]?.chain).toEqual(SCENARIO.chain)
    const calm = ({ prices }: Scenario) => prices.manipulations.length === 0
    expect(smallerBy((each) => calm(each) && each.prices.venues.length > 0)).not.toEqual([])
  })

  test('is a chain without any fault, without each of them, and none at all', () => {
    const types = smallerBy(({ chain }) => chain?.stageMs === 4_000).map(({ chain }) =>
      chain?.faults.map(({ type }) => type).join(),
    )
    expect(types).toContain('')
    expect(types).toContain('rpcDown,reorg')
    expect(types).toContain('transmitters,reorg')
    expect(types).toContain('transmitters,rpcDown')
    expect(smallerBy(({ chain }) => chain === undefined)).toHaveLength(1)
  })

  test('is a chain with the settings that it has by default', () => {
    const usual = smallerBy(({ chain }) => chain?.stageMs === 1_000)
    expect(usual.map(({ chain }) => chain?.faults)).toEqual([SCENARIO.chain?.faults])
  })

  test('is half of the time of each that lasts longer than a second', () => {
    const spans = (of: (each: Scenario) => readonly object[] | undefined) =>
      new Set(smallerBy(() => true).map((each) => JSON.stringify(spansOf(of(each))[0])))
    const chain = spans((each) => each.chain?.faults)
    expect(chain).toContain('[0,5000]')
    expect(chain).toContain('[5000,10000]')
    const cuts = spans((each) => each.network.cuts)
    expect(cuts).toContain('[0,4000]')
    const incidents = spans((each) => each.prices.venues[0]?.incidents)
    expect(incidents).toContain('[4000,6000]')
    const depegs = spans((each) => each.prices.conversions.flatMap(({ depeg }) => depeg ?? []))
    expect(depegs).toContain('[1000,16000]')
    const crashes = smallerBy(() => true).flatMap(({ faults }) =>
      faults.map((each) => (each.type === 'crash' ? [each.atMs, each.restartMs] : [])),
    )
    expect(crashes).toContainEqual([5_000, 9_000])
    const short = smallerBy(() => true).map(({ chain: each }) => spansOf(each?.faults.slice(1, 2)))
    expect(short).not.toContainEqual([[0, 450]])
  })

  test('is prices as they are by default, calm ones, and less of each disturbance', () => {
    const disturbed = ({ prices }: Scenario) =>
      [
        prices.venues[0]?.incidents.length === 1 && 'incident',
        prices.conversions[0]?.venues[0]?.incidents.length === 1 && 'coin’s incident',
        prices.conversions[0]?.depeg !== undefined && 'depeg',
        prices.unreachable.length === 1 && 'unreachable',
      ]
        .filter((each) => each !== false)
        .join()
    const left = new Set(smallerBy(() => true).map(disturbed))
    expect(left).toContain('')
    expect(left).toContain('coin’s incident,depeg,unreachable')
    expect(left).toContain('incident,depeg,unreachable')
    expect(left).toContain('incident,coin’s incident,unreachable')
    expect(left).toContain('incident,coin’s incident,depeg')
    const calm = smallerBy((each) => disturbed(each) === '').map(({ prices }) => prices.venues)
    expect(calm.map((venues) => venues.length)).toEqual([0, 2])
  })

  test('is a smaller committee, of which nobody is named who is gone', () => {
    const [four] = smallerBy(({ committee }) => committee.members === 4)
    expect(four?.chain?.faults).toEqual([
      expect.objectContaining({ type: 'rpcDown', members: [1] }),
      expect.objectContaining({ type: 'reorg' }),
    ])
    expect(four?.faults).toEqual([])
    expect(four?.prices.unreachable).toEqual([])
    expect(four?.network.cuts).toEqual([])
  })
})
