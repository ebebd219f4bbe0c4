import { describe, expect, test } from 'vitest'
import { contextOf } from '../../../../aggregator/context.ts'
import { createMachine } from '../../../../aggregator/machine.ts'
import { referenceCrypto, testCommittee } from '../../../support/committee.ts'
import { opened, ROUND, Script } from '../../../support/script.ts'

const ALL = 0b1111

describe('the barrier of a start (protocol §10.3)', () => {
  /** A process that starts at a moment with the watermark of its disk. */
  function startedAt(nowMs: number, watermark: number) {
    const { committee } = testCommittee()
    const context = contextOf(referenceCrypto, committee)
    const machine = createMachine({ context, self: 0, perform: () => {} })
    machine.report({ type: 'started', nowMs, watermark, certificate: null, evidence: [], past: [] })
    return machine.state
  }

  test.each([
    ['the round of now, and one more', 5_100, 0, 11],
    ['a clock that may lag by the skew', 5_496, 0, 12],
    ['a watermark beyond the clock', 5_100, 40, 41],
    ['before the genesis', 0, 0, 1],
  ])('is %s', (_, nowMs, watermark, barrier) => {
    expect(startedAt(nowMs, watermark).barrier).toBe(barrier)
  })

  test('is set once: later rounds are free', () => {
    const script = new Script().starts().waits(0, ROUND + 2)
    expect(script.state.barrier).toBe(ROUND - 1)
    expect(script.sent('observation').map((each) => each.round)).toEqual([
      ROUND,
      ROUND + 1,
      ROUND + 2,
    ])
  })

  test('silences observation, notice, proposal and share, but not combining', () => {
    const script = new Script().starts(ROUND + 1).waits(1)
    const order = script.order()
    const others = 0b1110
    const pair = { expected: others, signing: others }
    for (const sender of [1, 2, 3]) {
      script.receives(script.forge.observation({ round: ROUND, sender, pair }))
    }
    const choice = { observers: others, slot: 0, signingSet: others, expectedNext: others }
    for (const sender of [1, 2, 3]) {
      script.receives(
        script.forge.share(script.observations(), { round: ROUND, sender, ...choice }),
      )
    }
    script.waits(499)
    expect(order).toHaveLength(4)
    expect(script.all('broadcast')).toEqual([])
    expect(script.all('publish').map((each) => each.message.message.type)).toEqual(['certificate'])
  })

  test('asks all members for their best certificate (§4.4)', () => {
    const script = new Script().starts()
    expect(script.all('send').map(({ to, message }) => [to, message.type])).toEqual([
      [1, 'syncRequest'],
      [2, 'syncRequest'],
      [3, 'syncRequest'],
    ])
  })

  test('keeps what the disk knew', () => {
    const { forge } = new Script()
    const { committee } = testCommittee()
    const context = contextOf(referenceCrypto, committee)
    const machine = createMachine({ context, self: 0, perform: () => {} })
    const certificate = forge.certificate({ round: 7, signingSet: 0b111, expectedNext: 0b111 })
    const evidence = [forge.evidence(2, 3)]
    machine.report({ type: 'started', nowMs: 4_001, watermark: 8, certificate, evidence, past: [] })
    expect(machine.state.best).toBe(certificate)
    expect(machine.state.convicted).toBe(0b100)
  })
})

describe('observing (protocol §6.1, §10.1)', () => {
  test('asks for the local values at the opening, promises, then reveals', () => {
    const script = new Script().starts().waits(499, ROUND - 1)
    script.takes()
    script.waits(0)
    const types = script.takes().map((each) => each.type)
    expect(types).toEqual(['sample', 'setAlarm', 'persist', 'broadcast'])
    const [observation] = script.sent('observation')
    expect(observation).toMatchObject({
      timestampMs: script.openingMs(ROUND),
      pair: script.pair(),
      basis: { round: 0, slot: 0 },
    })
    const [promise] = script.all('persist')
    expect(promise?.promise).toMatchObject({ round: ROUND, kind: 'observation' })
  })

  test.each([
    [null, null],
    [0n, null],
    [10n ** 18n + 1n, null],
    [1n, 1n],
  ])('a local value of %s is observed as %s', (local, observed) => {
    const script = opened({ observes: () => local })
    expect(script.sent('observation')[0]?.values).toEqual([observed])
  })

  test('a sample that comes too late to be counted is not observed', () => {
    const script = opened()
    const [given] = script.sent('observation')
    if (given === undefined) throw new Error('it observed')
    const late = new Script()
      .starts()
      .waits(499, ROUND - 1)
      .sleeps(66)
    const { commitments, sourceCommitment } = given
    const { nowMs } = late.cluster
    late.reports({ type: 'alarmFired', nowMs })
    late.reports({
      type: 'sampled',
      nowMs,
      round: ROUND,
      values: [1n],
      sourceCommitment,
      commitments,
    })
    expect(late.sent('observation')).toEqual([])
  })

  test('a second sample of one round is not observed', () => {
    const script = opened()
    const [given] = script.sent('observation')
    if (given === undefined) throw new Error('it observed')
    const { commitments, sourceCommitment } = given
    const { nowMs } = script.cluster
    script.reports({
      type: 'sampled',
      nowMs,
      round: ROUND,
      values: [7n],
      sourceCommitment,
      commitments,
    })
    expect(script.sent('observation')).toHaveLength(1)
  })

  test('the pair and the basis are those of the opening, whatever comes after', () => {
    const script = new Script().starts().waits(499, ROUND - 1)
    const certificate = script.forge.certificate({
      round: ROUND - 1,
      signingSet: 0b1110,
      expectedNext: ALL,
    })
    script.receives(certificate).waits(0)
    script.receives(
      script.forge.certificate({
        round: ROUND - 1,
        slot: 1,
        signingSet: 0b111,
        expectedNext: 0b111,
      }),
    )
    const [observation] = script.sent('observation')
    expect(observation?.pair).toEqual({ expected: ALL, signing: 0b1110 })
    expect(observation?.basis).toEqual({ round: ROUND - 1, slot: 0 })
    expect(script.pair()).toEqual(observation?.pair)
  })
})
