import fc from 'fast-check'
import { expect, test } from 'vitest'
import { handoverMessageOf } from '../../aggregator/handover/handover.ts'
import { ATTEMPT_MS, type HandoverEffect } from '../../aggregator/handover/machine.ts'
import { idealScheme } from '../../aggregator/signing/ideal.ts'
import { toHex } from '../../aggregator/values/bytes.ts'
import { testCommittee } from '../support/committee.ts'
import { type Crash, HandoverWorld, type Lie, someHandover } from '../support/handover.ts'
import { runs } from '../support/property.ts'

const committees = { 4: testCommittee({ size: 4 }), 7: testCommittee({ size: 7 }) }
const one = someHandover()
const two = someHandover({ activeFromMs: one.activeFromMs + 1 })

/** Says, withholds and changes whatever chance wants, to each of the others something else. */
const chaos: Lie = (said, _, random) => {
  const [dice = 0] = random()
  if (dice < 64) return null
  if (dice < 96) return { ...said, message: random() }
  if (said.type === 'share' && dice < 192) return { ...said, share: random() }
  if (said.type !== 'offer' || dice > 192) return said
  const hiding = Uint8Array.of(2, ...random())
  return { ...said, commitment: { ...said.commitment, hiding } }
}

const effect = fc.constantFrom<HandoverEffect['type']>(
  'commit',
  'broadcast',
  'lock',
  'signShare',
  'combine',
  'keepSigned',
  'publishSigned',
)
const crashes = (size: number) =>
  fc.array(
    fc.record<Crash>({
      member: fc.nat(size - 1),
      effect,
      when: fc.constantFrom('before', 'after'),
    }),
    { maxLength: size },
  )

const scenario = fc.constantFrom(4 as const, 7 as const).chain((size) =>
  fc.record({
    size: fc.constant(size),
    seed: fc.string({ minLength: 1, maxLength: 8 }),
    liars: fc.uniqueArray(fc.nat(size - 1), { maxLength: committees[size].committee.f }),
    crashes: crashes(size),
    /** Whose operators want the second one at first; all agree on the first later. */
    others: fc.uniqueArray(fc.nat(size - 1), { maxLength: size }),
    delayMsMax: fc.integer({ min: 1, max: 200 }),
  }),
)

test('whatever f members do, whoever crashes, one hand-over of an epoch is signed at most', () => {
  fc.assert(
    fc.property(scenario, ({ size, seed, liars, others, ...rest }) => {
      const lies = Object.fromEntries(liars.map((member) => [member, chaos]))
      const options = { test: committees[size], scheme: idealScheme(1), seed, lies }
      const of = new HandoverWorld({ ...options, ...rest })
      for (const { index } of of.members) of.approve(index, others.includes(index) ? two : one)
      of.run(3 * ATTEMPT_MS)
      for (const { index } of of.members) of.approve(index, one)
      of.run((2 * size + 6) * ATTEMPT_MS)
      const honest = of.members.filter(({ index }) => of.isHonest(index))
      const messages = honest.flatMap(({ disk }) =>
        disk.signed === null
          ? []
          : [toHex(handoverMessageOf(of.context.crypto.keccak256, disk.signed.handover))],
      )
      expect(new Set(messages).size).toBeLessThanOrEqual(1)
      for (const { index } of honest) {
        const own = of.shares.filter(({ member }) => member === index)
        expect(new Set(own.map(({ message }) => message)).size).toBeLessThanOrEqual(1)
      }
      // Nobody was locked to the other one: then the first is signed and everybody has it.
      if (of.shares.some(({ message }) => message !== messages[0])) return
      expect(messages.length).toBe(honest.length)
    }),
    runs(30),
  )
})
