import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { turnOrderOf } from '../../aggregator/committee/turn-order.ts'
import { messageBytesMax, typeOfBytes } from '../../aggregator/messages/codec.ts'
import { validate } from '../../aggregator/messages/validate.ts'
import { concat, equalBytes } from '../../aggregator/values/bytes.ts'
import { testCommittee } from '../support/committee.ts'
import { runs } from '../support/property.ts'
import { ZOO_ROUND, zooOf } from '../support/zoo.ts'

const { forge, specimens } = zooOf()
const wires = specimens.map(({ message }) => message.bytes)
const wire = fc.constantFrom(...wires)

/** One cut, insertion or overwriting at random places. */
const edit = fc.record({
  at: fc.nat(),
  removed: fc.nat(70),
  inserted: fc.uint8Array({ maxLength: 70 }),
})

function edited(
  bytes: Uint8Array,
  { at, removed, inserted }: { at: number; removed: number; inserted: Uint8Array },
) {
  const start = at % (bytes.length + 1)
  return concat(bytes.subarray(0, start), inserted, bytes.subarray(start + removed))
}

describe('validate (protocol §5)', () => {
  test('never throws, and accepts no mutant of a sound message', () => {
    fc.assert(
      fc.property(
        wire,
        fc.array(edit, { minLength: 1, maxLength: 3 }),
        fc.nat(100),
        (bytes, edits, at) => {
          const mutant = edits.reduce(edited, bytes)
          for (const topic of ['protocol', 'reports'] as const) {
            const verdict = validate(forge.context, mutant, { topic, currentRound: at })
            if (verdict.verdict !== 'accept') continue
            expect(wires.some((sound) => equalBytes(sound, mutant))).toBe(true)
          }
        },
      ),
      runs(1_500),
    )
  })

  test('never throws on the pieces of one message under the tag of another', () => {
    fc.assert(
      fc.property(wire, wire, fc.nat(), (one, two, at) => {
        const cut = at % one.length
        const bytes = concat(one.subarray(0, cut), two.subarray(cut))
        const verdict = validate(forge.context, bytes, {
          topic: 'protocol',
          currentRound: ZOO_ROUND,
        })
        expect(['accept', 'ahead', 'ignore', 'reject']).toContain(verdict.verdict)
      }),
      runs(1_000),
    )
  })

  test('no message of a sound form exceeds the limit of its type', () => {
    for (const bytes of wires) {
      const type = typeOfBytes(bytes)
      if (type === null) expect.fail('every specimen has a type')
      expect(bytes.length).toBeLessThanOrEqual(messageBytesMax(forge.test.committee, type))
    }
  })
})

test('turn orders are permutations in any round of any committee (protocol §4.1)', () => {
  const committees = [2, 4, 9, 31].map((size) => testCommittee({ size }).committee)
  fc.assert(
    fc.property(fc.constantFrom(...committees), fc.maxSafeNat(), (committee, round) => {
      const order = turnOrderOf(forge.context.crypto.keccak256, committee, round)
      expect(new Set(order).size).toBe(committee.size)
      expect(order.every((index) => index >= 0 && index < committee.size)).toBe(true)
    }),
    runs(500),
  )
})
