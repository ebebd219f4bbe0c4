import { describe, expect, test } from 'vitest'
import { faultyMax } from '../../aggregator/committee/quorum.ts'
import { loadProtocol } from '../../simulations/input/protocol-file.ts'
import { placementOf } from '../../simulations/input/topology.ts'
import { REFERENCE_PROTOCOLS } from '../../simulations/protocols.ts'
import { estimate } from '../../simulations/reference/estimator.ts'
import { checkScenario, ScenarioError } from '../../simulations/scenario/load.ts'
import { measured } from './scenarios.ts'

const NAMES = [...REFERENCE_PROTOCOLS.keys()]
const LEADERLESS = ['raw-quorum', 'single-signer']
const FOUR = {
  topology: 'us-east-1:2,eu-west-1:1,eu-central-1:1',
  placement: { 'us-east-1': 2, 'eu-west-1': 1, 'eu-central-1': 1 },
}
const SEVEN = {
  topology: 'us-east-1:2,us-west-1:2,ap-northeast-1:2,sa-east-1:1',
  placement: { 'us-east-1': 2, 'us-west-1': 2, 'ap-northeast-1': 2, 'sa-east-1': 1 },
}
const inRegions = ({ placement }: typeof FOUR | typeof SEVEN) => ({
  committee: {
    members: Object.values(placement).reduce((sum, count) => sum + count, 0),
    timing: 'worldwide',
  },
  network: { latency: { type: 'regions', placement, order: Object.keys(placement) } },
})

describe('a protocol of others in the simulated world', () => {
  test.each(
    [FOUR, SEVEN].flatMap((at) =>
      ['ours', ...NAMES].map((name) => ({ name, at, members: at === FOUR ? 4 : 7 })),
    ),
  )('$name takes as long as its estimate says, $members members', ({ name, at }) => {
    const placement = placementOf(at.topology)
    const f = faultyMax(placement.length)
    const protocol = loadProtocol(name)
    const { fromStart } = estimate({ protocol, placement, f, seed: 1, trials: 400 })
    // Every member leads equally often, as in the estimate.
    const reference = { epochRounds: 1 }
    const scenario = { ...inRegions(at), protocol: name, reference, rounds: 140 }
    const { latencyMs, rounds } = measured(scenario)
    expect(rounds).toMatchObject({ opened: 140, fast: 140 })
    const ratio = (latencyMs.all.meanMs ?? 0) / (fromStart.meanMs ?? 1)
    expect(ratio).toBeGreaterThan(0.98)
    expect(ratio).toBeLessThan(1.02)
  })

  test.each(NAMES)('%s is a function of scenario and seed', (protocol) => {
    const scenario = { protocol, rounds: 30, network: { lossPpm: 20_000, duplicationPpm: 20_000 } }
    expect(measured(scenario, { seed: 3 })).toEqual(measured(scenario, { seed: 3 }))
    const other = measured(scenario, { seed: 4 })
    expect(other.traceHash).not.toBe(measured(scenario, { seed: 3 }).traceHash)
  })

  test.each(['ocr2', 'ocr3'])(
    '%s replaces a leader that is silent, and loses rounds',
    (protocol) => {
      const adversaries = [{ strategy: 'mute', members: [2] }]
      const { rounds } = measured({ protocol, rounds: 200, adversaries })
      // Two and a half turns of member 2 in 200 rounds of 20 each: two rounds without progress end
      // one, the rest is done by the next leader.
      expect(rounds.lost).toBeGreaterThanOrEqual(2)
      expect(rounds.lost).toBeLessThanOrEqual(8)
      expect(rounds.fast + rounds.proposed).toBe(200 - rounds.lost)
    },
  )

  test('whoever believes one provider loses its rounds and believes its lies', () => {
    const silent = measured({
      protocol: 'single-signer',
      rounds: 200,
      adversaries: [{ strategy: 'mute', members: [1] }],
    })
    expect(silent.rounds.lost).toBe(50)
    const lying = measured({
      protocol: 'single-signer',
      rounds: 200,
      adversaries: [{ strategy: 'lie', members: [1] }],
    })
    expect(lying.errorBps.maxBps).toBeGreaterThan(1_990)
  })

  test.each(NAMES.filter((name) => name !== 'single-signer'))(
    '%s keeps f liars out of its value, and not f + 1',
    (protocol) => {
      const lying = (members: readonly number[]) =>
        measured({ protocol, rounds: 60, adversaries: [{ strategy: 'lie', members }] }).errorBps
      expect(lying([3]).maxBps).toBeLessThan(5)
      expect(lying([2, 3]).maxBps).toBeGreaterThan(1_990)
    },
  )

  test('readers of signed values hold different prices, those of agreement do not', () => {
    const differing = (protocol: string) => measured({ protocol, rounds: 100 }).differing
    expect(differing('raw-quorum')).toBeGreaterThan(50)
    for (const name of ['ours', 'ocr2', 'ocr3', 'single-signer']) expect(differing(name)).toBe(0)
  })

  test.each(NAMES)(
    '%s goes on after a crash with a lost disk, and after a partition',
    (protocol) => {
      const faults = [{ type: 'crash', members: [0], atMs: 5_000, restartMs: 9_000, disk: 'lost' }]
      const cut = { fromMs: 20_000, toMs: 25_000, senders: [0, 1], receivers: [2, 3] }
      const { rounds, timeline } = measured({
        protocol,
        rounds: 120,
        faults,
        network: { cuts: [cut] },
      })
      const during = timeline.filter(({ round }) => round > 40 && round < 50)
      const isQuorate = protocol !== 'single-signer'
      if (isQuorate) expect(during.every(({ lost }) => lost === 1)).toBe(true)
      const after = timeline.filter(({ round }) => round > 60)
      expect(after.every(({ lost }) => lost === 0)).toBe(true)
      expect(rounds.opened).toBe(120)
    },
  )

  test.each(LEADERLESS)('%s follows the clocks of its members', (protocol) => {
    const faults = [{ type: 'clockShift', members: [0, 1, 2, 3], atMs: 5_000, byMs: -100 }]
    const { timeline } = measured({ protocol, rounds: 40, faults })
    const isLate = timeline.map(({ firstMsMax }) => firstMsMax >= 100)
    // Rounds 4 to 9 open before the clocks are set back at 5 seconds, the others after.
    expect(isLate).toEqual(timeline.map(({ round }) => round > 9))
  })

  test('bytes count as they leave: a silent member costs none', () => {
    const bytes = (adversaries: readonly unknown[]) =>
      measured({ protocol: 'raw-quorum', rounds: 100, adversaries }).wire
    const all = bytes([])
    expect(all.bytes).toBe(all.messages * (56 + 2 + 24 + 65))
    expect(bytes([{ strategy: 'mute', members: [3] }]).messages).toBe((all.messages * 3) / 4)
  })

  test('bytes are those of the rounds that count, however many these are, and lost ones too', () => {
    const wire = (protocol: string, rounds: number, more = {}) => {
      const { wire: sent, rounds: ends } = measured({ protocol, rounds, ...more })
      return { ...ends, perRound: sent.messages / ends.opened }
    }
    expect(wire('raw-quorum', 20).perRound).toBe(4 * 3)
    expect(wire('raw-quorum', 100).perRound).toBe(4 * 3)
    // Whoever is cut off sends all the same: a lost round is one that was opened, and costs bytes.
    const cut = { fromMs: 2_000, toMs: 100_000, senders: [0, 1], receivers: [2, 3] }
    const lost = wire('raw-quorum', 20, { network: { cuts: [cut] } })
    expect(lost).toMatchObject({ opened: 20, lost: 20, perRound: 4 * 3 })
    // Of ours, gossip repeats each message over each of the three links beside its author's at
    // least once; in the short delays here each member's moment spares the other the way back.
    const { wire: ours } = measured({ protocol: 'ours', rounds: 20 })
    const { messages, repeatedMessages } = ours
    expect(repeatedMessages / (messages - repeatedMessages)).toBeGreaterThanOrEqual(1)
    expect(repeatedMessages / (messages - repeatedMessages)).toBeLessThan(2)
  })

  test.each(['ocr2', 'ocr3'])('%s loses no round to a link that loses messages', (protocol) => {
    const reference = { epochRounds: 1 }
    const { network, ...seven } = inRegions(SEVEN)
    const lossy = { ...seven, network: { ...network, lossPpm: 50_000 } }
    const { rounds, withoutResult, wire } = measured({ ...lossy, protocol, reference, rounds: 140 })
    expect(rounds.lost).toBe(0)
    expect(withoutResult).toBeLessThan(0.005)
    // A copy of twenty goes twice.
    const calm = measured({ ...inRegions(SEVEN), protocol, reference, rounds: 140 }).wire
    expect(wire.messages / calm.messages).toBeGreaterThan(1.03)
    expect(wire.messages / calm.messages).toBeLessThan(1.09)
  })

  test('what only ours can do is refused, all at once', () => {
    const scenario = {
      name: 'refused',
      rounds: 10,
      protocol: 'ocr3',
      committee: { members: 4 },
      adversaries: [{ strategy: 'two-reports', members: [3] }],
      faults: [{ type: 'stop', members: [0], promise: 3, when: 'before', downMs: 100 }],
      variant: 'no-fast-path',
      work: { signMs: 1 },
    }
    const paths = (() => {
      try {
        checkScenario(scenario)
        return []
      } catch (error) {
        if (!(error instanceof ScenarioError)) throw error
        return error.problems.map(({ path }) => path)
      }
    })()
    expect(paths).toEqual(['adversaries.0.strategy', 'faults.0.type', 'variant', 'work.signMs'])
    expect(() => checkScenario({ ...scenario, protocol: 'ours' })).not.toThrow()
  })
})
