import { describe, expect, test } from 'vitest'
import { hasMember } from '../../aggregator/values/ids.ts'
import { CHECKERS } from '../../simulations/checkers.ts'
import type { Checker } from '../../simulations/checking/checker.ts'
import { Simulation } from '../../simulations/run/simulation.ts'
import { checkScenario } from '../../simulations/scenario/load.ts'
import { variantOf } from '../../simulations/variants.ts'
import type { Fact } from '../../simulations/world/facts.ts'

// Clocks that go far ahead: by mistake, and because the machine slept (protocol §4.6).

const ASTRAY = 3
const DAY_MS = 86_400_000
const WRONG_MS = 20_000
const RIGHT_MS = 40_000
/** A member is in E again after this many rounds (L4). */
const PROBE_EVERY = 8

function facts(scenario: Readonly<Record<string, unknown>>, variant = 'none') {
  const seen: Fact[] = []
  const keep = (fact: Fact) => {
    seen.push(fact)
    return null
  }
  const watching = (): Checker => ({ rule: 'S4', on: { noted: keep, sent: keep, certified: keep } })
  const result = new Simulation({
    scenario: checkScenario({
      name: 'clock-ahead',
      rounds: 180,
      committee: { members: 4, probeEvery: PROBE_EVERY },
      variant,
      ...scenario,
    }),
    seed: 1,
    checkers: [...CHECKERS, watching],
    plants: variantOf(variant).plants,
  }).run()
  expect(result.violations).toEqual([])
  return { seen, result }
}

const shift = (members: readonly number[], atMs: number, byMs: number) => ({
  ...{ type: 'clockShift', members, atMs, byMs },
})

/** The clock of one member goes ahead by a day; set right, its process is started again. */
const MISTAKE = {
  faults: [
    shift([ASTRAY], WRONG_MS, DAY_MS),
    shift([ASTRAY], RIGHT_MS, -DAY_MS),
    { type: 'crash', members: [ASTRAY], atMs: RIGHT_MS, restartMs: RIGHT_MS + 100 },
  ],
}

/** Certificates after a time that rest on an observation of the member that was astray. */
const countedAfter = (seen: readonly Fact[], fromMs: number) =>
  seen.filter(
    (fact) =>
      fact.type === 'certified' &&
      fact.nowUs >= fromMs * 1_000 &&
      hasMember(fact.certificate.observers, ASTRAY),
  ).length

const codesOf = (seen: readonly Fact[], member: number) =>
  seen.flatMap((fact) => (fact.type === 'noted' && fact.member === member ? [fact.code] : []))

describe('a clock that goes ahead by a day, and back', () => {
  test('costs its member the rounds of the mistake, and no more', () => {
    const { seen, result } = facts(MISTAKE)
    expect(codesOf(seen, ASTRAY)).toEqual(
      expect.arrayContaining(['CLOCK_DOUBTED', 'CLOCK_CONTRADICTED']),
    )
    expect(countedAfter(seen, RIGHT_MS)).toBeGreaterThan(0)
    expect(result.rounds.lost).toBe(0)
  })

  test('silences its key for the whole day where every clock is believed', () => {
    const { seen } = facts(MISTAKE, 'every-clock-is-believed')
    const said = seen.filter(
      (fact) =>
        fact.type === 'sent' &&
        fact.member === ASTRAY &&
        fact.nowUs >= RIGHT_MS * 1_000 &&
        'sender' in fact.message.message,
    )
    expect(said).toEqual([])
    expect(countedAfter(seen, RIGHT_MS)).toBe(0)
  })
})

describe('after an outage', () => {
  test('one honest member that ran on beside a silent one bears out nobody, and L3 knows', () => {
    const { seen } = facts({
      faults: [{ type: 'crash', members: [0, 1], atMs: 10_000, restartMs: 70_000 }],
      adversaries: [{ strategy: 'mute', members: [3] }],
    })
    expect(codesOf(seen, 0)).toContain('CLOCK_UNCONTRADICTED')
  })

  test('members that lost their disks doubt their clocks however short it was, and L3 knows', () => {
    const crash = { type: 'crash', members: [0, 1, 2], atMs: 60_000, restartMs: 63_000 }
    const { seen } = facts({ faults: [{ ...crash, disk: 'lost' }] })
    expect(codesOf(seen, 0)).toContain('CLOCK_UNCONTRADICTED')
  })
})

describe('a machine that slept', () => {
  const slept = (members: readonly number[]) => ({
    faults: [shift(members, WRONG_MS, DAY_MS)],
  })

  test('a whole committee that slept together goes on after sixteen rounds', () => {
    const { seen } = facts(slept([0, 1, 2, 3]))
    const [first] = seen.filter(
      (fact) => fact.type === 'certified' && fact.nowUs > WRONG_MS * 1_000 + 500_000,
    )
    expect(codesOf(seen, 0)).toEqual(['CLOCK_DOUBTED', 'CLOCK_UNCONTRADICTED', 'CLOCK_AGREES'])
    const silentRounds = ((first?.nowUs ?? Number.POSITIVE_INFINITY) - WRONG_MS * 1_000) / 500_000
    expect(silentRounds).toBeGreaterThan(16)
    expect(silentRounds).toBeLessThan(18)
  })

  test('a committee that was down for a minute does so too', () => {
    const crash = { type: 'crash', members: [0, 1, 2, 3], atMs: 10_000, restartMs: 70_000 }
    const { seen } = facts({ rounds: 200, faults: [crash] })
    const back = seen.filter((fact) => fact.type === 'certified' && fact.nowUs > 70_000_000)
    expect(((back[0]?.nowUs ?? Number.POSITIVE_INFINITY) - 70_000_000) / 500_000).toBeLessThan(19)
  })

  test('one that lies with it, and replays what others said, does not keep it from that', () => {
    const adversaries = [{ strategy: 'replay', members: [3] }]
    const { seen } = facts({ ...slept([0, 1, 2, 3]), adversaries })
    const codes = codesOf(seen, 0)
    expect(codes).toContain('CLOCK_UNCONTRADICTED')
    expect(codes).not.toContain('CLOCK_CONTRADICTED')
  })
})
