import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JournalStep } from '../../../../node/store/journal-rows.ts'
import { testCommittee } from '../../../support/committee.ts'
import { Forge } from '../../../support/forge.ts'
import { runs } from '../../../support/property.ts'
import { flipped, MEMBER, type Recording, rechained, recorded, replayed } from './recording.ts'

const indexOf = (steps: readonly JournalStep[], kind: string, type: string) =>
  steps.findIndex((entry) => entry.kind === kind && entry.type === type)

/** Bits spread over a body: its first and last byte, and some between. */
const someBits = ({ body }: JournalStep) => {
  const bits = body.length * 8
  const stride = Math.max(1, Math.floor(bits / 5)) | 1
  const some = Array.from({ length: 5 }, (_, index) => index * stride).filter((bit) => bit < bits)
  return [...some, bits - 1]
}

const quiet = recorded()

/** A restart, a liar, refusals, a chain: everything that a journal can hold. */
function troubled(): Recording {
  const test = testCommittee()
  return recorded(
    {
      test,
      delayMs: (from, _to, message) => (from === 3 && message.type === 'share' ? null : 3),
      refuses: (member, slot) => member === MEMBER && slot === 0,
    },
    (cluster) => {
      const feeds = [
        { feed: 0, value: -(2n ** 70n), round: 1, timestampMs: 5, status: 1 },
        { feed: 3, value: 0n, round: 0, timestampMs: 0, status: 2 },
      ]
      const at = { nowMs: cluster.nowMs, target: 'main net ✓' }
      cluster.report(MEMBER, { type: 'chainRead', ...at, feeds })
      cluster.report(MEMBER, { type: 'memberAhead', nowMs: cluster.nowMs, member: 2, round: 99 })
      cluster.runTo(12 * 500)
      cluster.report(MEMBER, { type: 'transmitted', ...at, round: 9, outcome: 'failed' })
      const forge = new Forge(test, cluster.context)
      cluster.deliver(MEMBER, forge.evidence(3, 11), 1)
      cluster.runTo(15 * 500)
    },
  )
}

describe('replaying the journal of a process', () => {
  it('makes every effect of quiet rounds again', () => {
    const { events, effects } = quiet
    expect(effects.some(({ type }) => type === 'certified')).toBe(true)
    const counts = { events: events.length, effects: effects.length, waiting: 0 }
    expect(replayed(quiet, quiet.steps)).toEqual({ fed: { type: 'same' }, ...counts })
  })

  it('makes every effect of troubled rounds again', () => {
    const recording = troubled()
    const seen = new Set(recording.steps.map(({ type }) => type))
    const rare = ['chainRead', 'memberAhead', 'transmitted', 'syncRequested', 'keepEvidence']
    expect([...seen]).toEqual(expect.arrayContaining([...rare, 'note', 'shareSigned', 'send']))
    expect(replayed(recording, recording.steps)).toMatchObject({ fed: { type: 'same' } })
  })

  it('is the same up to a tail that was not written', () => {
    const last = indexOf(quiet.steps, 'effect', 'certified')
    const { fed, waiting } = replayed(quiet, quiet.steps.slice(0, last))
    expect(fed.type).toBe('same')
    expect(waiting).toBeGreaterThan(0)
  })

  it('refuses to start anywhere but at the beginning, and to go on over a gap', () => {
    const late = replayed(quiet, quiet.steps.slice(3))
    expect(late.fed).toMatchObject({ type: 'gap', gap: { expectedNumber: 0, foundNumber: 3 } })
    const holed = quiet.steps.filter((_, index) => index !== 40)
    const gap = { sequence: 42, expectedNumber: 40, foundNumber: 41 }
    expect(replayed(quiet, holed).fed).toMatchObject({ type: 'gap', gap })
  })
})

describe('a journal that was changed', () => {
  it('shows a flipped bit at the entry that holds it, of every type', () => {
    const { steps } = quiet
    const types = new Set(steps.map(({ kind, type }) => `${kind} ${type}`))
    for (const each of types) {
      const index = steps.findLastIndex(({ kind, type }) => `${kind} ${type}` === each)
      for (const bit of someBits(steps[index] as JournalStep)) {
        const { fed } = replayed(quiet, flipped(steps.slice(0, index + 1), { index, bit }))
        const difference = { sequence: index + 1, isDamaged: true }
        expect(fed, `${each}, bit ${bit}`).toMatchObject({ type: 'different', difference })
      }
    }
  })

  it('shows a forged effect although its checksums were made again', () => {
    const index = indexOf(quiet.steps, 'effect', 'certified')
    const steps = rechained(flipped(quiet.steps, { index, bit: 400 }))
    const { fed } = replayed(quiet, steps)
    const difference = { cause: 'effect', isDamaged: false, sequence: index + 1 }
    expect(fed).toMatchObject({ type: 'different', difference })
    expect(fed).toMatchObject({
      difference: { reason: 'the bytes differ from byte 50 on', found: { type: 'certified' } },
    })
  })

  it('judges a forged message again, whatever the checksums say', () => {
    const index = indexOf(quiet.steps, 'event', 'received')
    const steps = rechained(flipped(quiet.steps, { index, bit: 900 }))
    const { fed } = replayed(quiet, steps)
    const reason = 'the event cannot be rebuilt: its message is refused: SIGNATURE_INVALID'
    const difference = { cause: 'event', sequence: index + 1, reason }
    expect(fed).toMatchObject({ type: 'different', difference })
  })

  it('shows a forged sample at the first effect that follows from it', () => {
    const index = indexOf(quiet.steps, 'event', 'sampled')
    const body = quiet.steps[index]?.body ?? new Uint8Array(0)
    // The last commitment of the sample is part of the observation.
    const steps = rechained(flipped(quiet.steps, { index, bit: body.length * 8 - 1 }))
    const { fed } = replayed(quiet, steps)
    expect(fed).toMatchObject({ type: 'different', difference: { cause: 'effect' } })
    const sequence = fed.type === 'different' ? fed.difference.sequence : 0
    expect(quiet.steps[sequence - 1]?.type).toBe('persist')
  })

  it('never breaks the replay, however it was forged', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (entry, at) => {
        const index = entry % quiet.steps.length
        const bits = (quiet.steps[index]?.body.length ?? 1) * 8
        const steps = rechained(flipped(quiet.steps, { index, bit: at % bits }))
        const { fed } = replayed(quiet, steps)
        expect(fed.type).not.toBe('gap')
        if (fed.type !== 'different') return
        expect(fed.difference.sequence).toBeGreaterThan(index)
        expect(fed.difference.isDamaged).toBe(false)
      }),
      runs(40),
    )
  })

  it('shows two events that changed places', () => {
    const first = indexOf(quiet.steps, 'event', 'alarmFired')
    const second = quiet.steps.findIndex(
      ({ kind, type }, index) => kind === 'event' && type === 'received' && index > first,
    )
    const swapped = quiet.steps.map((entry, index) => {
      if (index === first) return quiet.steps[second] ?? entry
      return index === second ? (quiet.steps[first] ?? entry) : entry
    })
    expect(replayed(quiet, swapped).fed.type).toBe('gap')
    expect(replayed(quiet, rechained(swapped)).fed.type).toBe('different')
  })

  it('shows an effect that the core does not make, and one of another type', () => {
    const { steps } = quiet
    const index = indexOf(steps, 'effect', 'setAlarm')
    const alarm = steps[index] as JournalStep
    const doubled = rechained([...steps.slice(0, index + 1), alarm, ...steps.slice(index + 1)])
    expect(replayed(quiet, doubled).fed).toMatchObject({
      difference: { reason: 'the core does nothing here', found: null },
    })
    const other = rechained(
      steps.map((entry) => (entry === alarm ? { ...entry, type: 'x' } : entry)),
    )
    expect(replayed(quiet, other).fed).toMatchObject({
      difference: { reason: 'the core does something else here', expected: { type: 'x' } },
    })
  })
})
