import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Event } from '../../../../aggregator/events.ts'
import { decodeEvent, encodeEvent } from '../../../../node/replay/event-codec.ts'
import { Packer, UnpackError, Unpacker } from '../../../../node/replay/pack.ts'
import { runs } from '../../../support/property.ts'
import { recorded, strangerTo } from './recording.ts'

const recording = recorded()
const context = strangerTo(recording)
const whole = fc.maxSafeNat()
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const point = fc.record({ hiding: bytes(33), binding: bytes(33) })

/** Events without a message: every field as wild as its type allows. */
const events: fc.Arbitrary<Event> = fc.oneof(
  fc.record({
    type: fc.constant('termSet' as const),
    nowMs: whole,
    fromMs: fc.option(whole),
    untilMs: fc.option(whole),
  }),
  fc.record({
    type: fc.constant('pastLearned' as const),
    nowMs: whole,
    past: fc.array(fc.record({ feed: whole, openedMs: whole, value: fc.bigInt() })),
  }),
  fc.record({
    type: fc.constantFrom('memberAhead' as const, 'memberBehind' as const),
    nowMs: whole,
    member: fc.nat(3),
    round: whole,
  }),
  fc.record({ type: fc.constant('answered' as const), nowMs: whole, from: fc.nat(3) }),
  fc.record({
    type: fc.constant('sampled' as const),
    nowMs: whole,
    round: whole,
    values: fc.array(fc.option(fc.bigInt())),
    sourceCommitment: bytes(32),
    commitments: fc.tuple(point, point, point),
  }),
  fc.record({
    type: fc.constant('started' as const),
    nowMs: whole,
    watermark: whole,
    certificate: fc.constant(null),
    evidence: fc.constant([]),
    past: fc.array(fc.record({ feed: whole, openedMs: whole, value: fc.bigInt() })),
  }),
  fc.record({
    type: fc.constant('chainRead' as const),
    nowMs: whole,
    target: fc.string({ unit: 'grapheme' }),
    feeds: fc.array(
      fc.record({
        feed: whole,
        value: fc.bigInt(),
        round: whole,
        timestampMs: whole,
        status: whole,
      }),
    ),
  }),
  fc.record({
    type: fc.constant('combined' as const),
    nowMs: whole,
    round: whole,
    attempt: whole,
    signature: fc.option(fc.uint8Array()),
    culprits: whole,
  }),
  fc.record({
    type: fc.constant('syncRequested' as const),
    nowMs: whole,
    from: fc.nat({ max: 3 }),
    request: fc.record({
      type: fc.constant('syncRequest' as const),
      round: whole,
      observers: whole,
    }),
  }),
)

describe('events in the journal', () => {
  it('are rebuilt exactly, with every field', () => {
    fc.assert(
      fc.property(events, (event) => {
        expect(decodeEvent(context, encodeEvent(event))).toEqual(event)
      }),
      runs(300),
    )
    for (const event of recording.events) {
      expect(decodeEvent(context, encodeEvent(event))).toEqual(event)
    }
  })

  it('are rebuilt from their own bytes alone, or refused in words', () => {
    const bodies = recording.events.map(encodeEvent)
    const mutated = fc
      .record({ body: fc.constantFrom(...bodies), at: fc.nat(), byte: fc.nat({ max: 255 }) })
      .map(({ body, at, byte }) => {
        const changed = body.slice(0, body.length - (at % 7 === 0 ? 1 : 0))
        changed[at % changed.length] = byte
        return changed
      })
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array()), (body) => {
        try {
          expect(encodeEvent(decodeEvent(context, body))).toEqual(body)
        } catch (error) {
          expect(error).toBeInstanceOf(UnpackError)
        }
      }),
      runs(500),
    )
  })

  it('never fail to be written, whatever numbers a host reports', () => {
    const odd = fc.oneof(fc.double(), fc.integer(), fc.constant(-0))
    fc.assert(
      fc.property(odd, odd, fc.bigInt(), (nowMs, round, value) => {
        const feeds = [{ feed: -1, value, round, timestampMs: nowMs, status: 0.5 }]
        const event: Event = { type: 'chainRead', nowMs, target: '\ud800', feeds }
        expect(encodeEvent(event).length).toBeGreaterThan(0)
      }),
      runs(200),
    )
  })
})

describe('packed lists', () => {
  it('do not reserve memory for what is not there', () => {
    const unpacker = new Unpacker(new Packer().number(2 ** 40).done())
    expect(() => unpacker.list(() => unpacker.byte())).toThrow(UnpackError)
  })
})
