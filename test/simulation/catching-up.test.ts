import { describe, expect, test } from 'vitest'
import { createMachine } from '../../aggregator/machine.ts'
import { hasMember } from '../../aggregator/values/ids.ts'
import { createReplayChecker } from '../../simulations/checkers/replay.ts'
import { CHECKERS } from '../../simulations/checkers.ts'
import type { Checker } from '../../simulations/checking/checker.ts'
import { Simulation } from '../../simulations/run/simulation.ts'
import { checkScenario } from '../../simulations/scenario/load.ts'
import { GENESIS_MS } from '../../simulations/scenario/params.ts'
import type { Fact } from '../../simulations/world/facts.ts'
import { simulated } from './scenarios.ts'

// What a member needs to catch up must not grow with the time that it was away (protocol §4.2).

const MEMBERS = 4
/** The member that was away, or whose clock is wrong. */
const LOST = 3
const PROBE_EVERY = 8
/** A member is in E again after this many rounds (L4). */
const RETURN_ROUNDS_MAX = PROBE_EVERY * MEMBERS
/** Certificates are 200 bytes and 45 for a feed; there is no evidence here. */
const ANSWER_BYTES_MAX = 400
const REGION = { hopMs: 20, includeMs: 60, fastMs: 90, cutMs: 120, backupMs: 40, voteMs: 240 }
const MINUTE_MS = 60_000

interface Direct {
  readonly from: number
  readonly to: number
  readonly type: 'syncRequest' | 'syncAnswer'
  readonly atMs: number
  readonly messages: number
  readonly bytes: number
}

/** Everything that happened, and what members asked of each other directly. */
function run(scenario: Readonly<Record<string, unknown>>, roundMs: number) {
  const facts: Fact[] = []
  const directs: Direct[] = []
  let roundsHeldMax = 0
  const keep = (fact: Fact) => {
    facts.push(fact)
    return null
  }
  const watching = (): Checker => ({
    rule: 'S7',
    on: { certificateMade: keep, certified: keep, noted: keep, sent: keep },
  })
  const simulation = new Simulation({
    scenario: checkScenario({
      name: 'catching-up',
      committee: {
        members: MEMBERS,
        probeEvery: PROBE_EVERY,
        timing: { roundMs, ...REGION, clockSkewMsMax: 5 },
      },
      ...scenario,
    }),
    seed: 1,
    // A replay would perform everything once more, and be counted here.
    checkers: [...CHECKERS.filter((each) => each !== createReplayChecker), watching],
    plants: {
      createMachine: (options) => {
        const machine = createMachine({
          ...options,
          perform: (effect) => {
            if (effect.type === 'send') {
              const { message, to } = effect
              const carried = message.type === 'syncAnswer' ? message.messages : []
              directs.push({
                ...{ from: options.self, to, type: message.type, messages: carried.length },
                atMs: machine.state.nowMs - GENESIS_MS,
                bytes: carried.reduce((sum, each) => sum + each.length, 0),
              })
            }
            roundsHeldMax = Math.max(roundsHeldMax, machine.state.rounds.size)
            options.perform(effect)
          },
        })
        return machine
      },
    },
  })
  const result = simulation.run()
  expect(result.violations).toEqual([])
  expect(result.isComplete).toBe(true)
  return { result, facts, directs, roundsHeldMax, roundAt: (us: number) => us / 1_000 / roundMs }
}

const certifiedAt = (facts: readonly Fact[], member: number, fromUs: number) =>
  facts.find((fact) => fact.type === 'certified' && fact.member === member && fact.nowUs >= fromUs)

/** When an observation of a member was next in a certificate. */
const countedAgain = (facts: readonly Fact[], member: number, fromUs: number) =>
  facts.find(
    (fact) =>
      fact.type === 'certificateMade' &&
      fact.nowUs >= fromUs &&
      hasMember(fact.certificate.observers, member),
  )

/** Rounds in which a member spoke within a time. */
function spokenIn(facts: readonly Fact[], member: number, fromUs: number, toUs: number): number {
  const rounds = new Set<number>()
  for (const fact of facts) {
    if (fact.type !== 'sent' || fact.member !== member) continue
    const { message } = fact.message
    if (message.type !== 'observation' || fact.nowUs < fromUs || fact.nowUs >= toUs) continue
    rounds.add(message.round)
  }
  return rounds.size
}

describe.each([
  { away: 'a minute', awayMs: MINUTE_MS, roundMs: 500 },
  { away: 'an hour', awayMs: 60 * MINUTE_MS, roundMs: 10_000 },
  { away: 'a day', awayMs: 24 * 60 * MINUTE_MS, roundMs: 30_000 },
])('a member that was away for $away', ({ awayMs, roundMs }) => {
  const leftMs = 20 * roundMs
  const backUs = (leftMs + awayMs) * 1_000
  const rounds = Math.ceil((leftMs + awayMs) / roundMs) + RETURN_ROUNDS_MAX + 8
  const fault = { type: 'crash', members: [LOST], atMs: leftMs, restartMs: leftMs + awayMs }
  const { facts, directs, roundsHeldMax, roundAt, result } = run(
    { rounds, faults: [fault] },
    roundMs,
  )

  test('holds the newest certificate within a round, and asks no more than once', () => {
    const first = certifiedAt(facts, LOST, backUs)
    if (first?.type !== 'certified') throw new Error('it holds one')
    expect(roundAt(first.nowUs - backUs)).toBeLessThan(1)
    expect(first.certificate.round).toBeGreaterThanOrEqual(Math.floor(roundAt(backUs)) - 1)
    const asked = directs.filter(({ from, type, atMs }) => {
      return from === LOST && type === 'syncRequest' && atMs * 1_000 >= backUs
    })
    expect([...new Set(asked.map(({ to }) => to))].toSorted()).toEqual([0, 1, 2])
    // And f+1 more at most, when observations name a better certificate before it is here.
    expect(asked.length).toBeLessThanOrEqual(MEMBERS - 1 + 2)
    expect(asked.every(({ atMs }) => atMs * 1_000 - backUs < roundMs * 1_000)).toBe(true)
  })

  test('is answered with one certificate by each, however long it was away', () => {
    const answers = directs.filter(({ to, type }) => to === LOST && type === 'syncAnswer')
    const late = answers.filter(({ atMs }) => atMs * 1_000 >= backUs)
    expect(new Set(late.map(({ messages }) => messages))).toEqual(new Set([1]))
    expect(late.length).toBeLessThanOrEqual(MEMBERS - 1 + 2)
    expect(Math.max(...late.map(({ bytes }) => bytes))).toBeLessThan(ANSWER_BYTES_MAX)
    expect(roundsHeldMax).toBeLessThanOrEqual(18)
  })

  test('is silent for its barrier, and counts again within the rounds of L4', () => {
    expect(spokenIn(facts, LOST, leftMs * 1_000, backUs + roundMs * 1_000)).toBe(0)
    const again = countedAgain(facts, LOST, backUs)
    expect(roundAt((again?.nowUs ?? Number.POSITIVE_INFINITY) - backUs)).toBeLessThanOrEqual(
      RETURN_ROUNDS_MAX,
    )
    expect(result.rounds.lost).toBe(0)
  })
})

describe('a clock that is wrong by seconds', () => {
  const rounds = 120
  const wrongMs = 20_000
  const rightMs = 40_000
  const shifted = (byMs: number) =>
    run(
      {
        rounds,
        faults: [
          { type: 'clockShift', members: [LOST], atMs: wrongMs, byMs },
          { type: 'clockShift', members: [LOST], atMs: rightMs, byMs: -byMs },
        ],
      },
      500,
    )
  const notesOf = (facts: readonly Fact[], code: string) =>
    facts.flatMap((fact) => (fact.type === 'noted' && fact.code === code ? [fact] : []))

  test('behind: it raises the alarm, says nothing of its own, follows, and comes back', () => {
    const { facts, result, roundAt } = shifted(-3_000)
    const [alarm, ...more] = notesOf(facts, 'CLOCK_BEHIND')
    expect(alarm?.member).toBe(LOST)
    expect(more).toEqual([])
    const alarmUs = alarm?.nowUs ?? 0
    expect(roundAt(alarmUs - wrongMs * 1_000)).toBeLessThan(10)
    expect(spokenIn(facts, LOST, alarmUs, rightMs * 1_000)).toBe(0)
    const followed = certifiedAt(facts, LOST, alarmUs + 2_000_000)
    expect(roundAt((followed?.nowUs ?? 0) - alarmUs)).toBeLessThan(6)
    expect(notesOf(facts, 'CLOCK_AGREES').map(({ member }) => member)).toEqual([LOST])
    const again = countedAgain(facts, LOST, rightMs * 1_000)
    expect(roundAt((again?.nowUs ?? Number.POSITIVE_INFINITY) - rightMs * 1_000)).toBeLessThan(
      RETURN_ROUNDS_MAX,
    )
    expect(result.rounds.lost).toBe(0)
  })

  test('ahead: nobody follows it, nothing it says counts, and it comes back', () => {
    const { facts, result, roundAt } = shifted(3_000)
    expect(notesOf(facts, 'CLOCK_BEHIND')).toEqual([])
    const settledUs = (wrongMs + 1_000) * 1_000
    const counted = countedAgain(facts, LOST, settledUs)
    expect(counted?.nowUs ?? Number.POSITIVE_INFINITY).toBeGreaterThan(rightMs * 1_000)
    expect(roundAt((counted?.nowUs ?? Number.POSITIVE_INFINITY) - rightMs * 1_000)).toBeLessThan(
      RETURN_ROUNDS_MAX + 6,
    )
    expect(result.rounds.lost).toBe(0)
  })
})

describe('a member that polls venues', () => {
  test('comes back after five minutes, of which true prices are not kept', () => {
    const venues = ['alder', 'birch', 'cedar'].map((name) => ({ name }))
    const away = { type: 'crash', members: [1], atMs: 10_000, restartMs: 310_000 }
    const { rounds, violations } = simulated({ rounds: 640, faults: [away], prices: { venues } })
    expect(violations).toEqual([])
    expect(rounds.fast).toBeGreaterThan(630)
  })
})
