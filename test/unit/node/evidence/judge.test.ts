import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contextOf } from '../../../../aggregator/context.ts'
import { encodeEvidence } from '../../../../aggregator/messages/codec.ts'
import type { MemberMessage, Verified } from '../../../../aggregator/messages/messages.ts'
import { validate } from '../../../../aggregator/messages/validate.ts'
import {
  type EvidenceFile,
  evidenceFileOf,
  parseEvidenceFile,
  proofsOf,
} from '../../../../node/evidence/evidence-file.ts'
import { judgePair } from '../../../../node/evidence/judge.ts'
import { judgeOne } from '../../../../node/evidence/judge-one.ts'
import { cryptoOf, loadEcdsa } from '../../../../node/keys/native.ts'
import { Cluster } from '../../../support/cluster.ts'
import { signDigest, testCommittee } from '../../../support/committee.ts'
import { evidencePairs } from '../../../support/evidence-pairs.ts'
import { runs } from '../../../support/property.ts'

const test = testCommittee()
const crypto = cryptoOf(loadEcdsa({ fallback: 'allow' }))
const context = contextOf(crypto, test.committee)
const { forge, observations, guilty: GUILTY, innocent: INNOCENT } = evidencePairs(test, context)
const { all } = test.committee
const signingSet = 0b0111
const choice = { observers: all, signingSet, expectedNext: all }
const of = { round: 40, sender: 2 }
const pair = { expected: all, signing: signingSet }
const share = () => forge.share(observations, { ...of, slot: 0, ...choice })

const judge = (one: { readonly bytes: Uint8Array }, two: { readonly bytes: Uint8Array }) =>
  judgePair(context, [one.bytes, two.bytes])

describe('two messages of one member', () => {
  it.each(Object.entries(GUILTY))('convict by %s, in either order', (kind, [one, two]) => {
    const judgement = judge(one, two)
    expect(judgement).toMatchObject({ type: 'convicts', accused: 2, round: 40, kind })
    expect(judge(two, one)).toEqual(judgement)
    const bytes = judgement.type === 'convicts' ? judgement.bytes : new Uint8Array(0)
    const verdict = validate(context, bytes, { topic: 'protocol', currentRound: 0 })
    expect(verdict.verdict).toBe('accept')
  })

  it.each(INNOCENT)('convict nobody: %s', (code, [first, second]) => {
    expect(judgePair(context, [first, second])).toMatchObject({ type: 'acquits', code })
  })

  it('convict nobody when one of them has no sender', () => {
    const [one] = GUILTY.TWO_OBSERVATIONS
    expect(judge(one, forge.evidence(3, 12))).toMatchObject({ code: 'MESSAGE_UNSIGNED' })
  })

  it('convict nobody when one was signed by another hand', () => {
    const [one, two] = GUILTY.TWO_OBSERVATIONS
    const bytes = two.bytes.slice()
    bytes.set(signDigest(test.identityKeys[1] as Uint8Array, two.digest), bytes.length - 64)
    expect(judge(one, { bytes })).toMatchObject({
      type: 'acquits',
      code: 'SIGNATURE_INVALID',
      reason: 'the second message is not signed by member 2, whom it names',
    })
  })

  it('convict nobody when they are no messages', () => {
    const [one] = GUILTY.TWO_OBSERVATIONS
    const cut = { bytes: one.bytes.slice(0, -1) }
    expect(judge(one, cut)).toMatchObject({ code: 'MESSAGE_MALFORMED' })
    const head = { bytes: one.bytes.slice(0, 20) }
    expect(judge(one, head)).toMatchObject({ code: 'MESSAGE_MALFORMED' })
    expect(judge({ bytes: new Uint8Array(0) }, one)).toMatchObject({ code: 'MESSAGE_MALFORMED' })
    const long = { bytes: new Uint8Array(100_000).fill(1) }
    expect(judge(one, long)).toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
  })
})

describe('an honest member is never convicted (protocol §12 S6)', () => {
  /** Everything that honest members say in rounds that go wrong in every way the network can. */
  function honestMessages(seed: number): Verified<MemberMessage>[] {
    let state = seed >>> 0
    const chance = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return state / 2 ** 32
    }
    const cluster = new Cluster({
      test,
      crypto,
      delayMs: () => (chance() < 0.15 ? null : Math.floor(chance() * 120)),
      refuses: () => chance() < 0.1,
      observes: () => (chance() < 0.1 ? null : BigInt(Math.floor(chance() * 1e9)) + 1n),
    })
    cluster.start(8 * 500 + 1)
    cluster.runTo(12 * 500)
    cluster.restart(1, 'kept')
    cluster.runTo(13 * 500 + 30)
    cluster.restart(2, 'empty')
    cluster.runTo(17 * 500)
    return cluster.sent.filter((sent): sent is Verified<MemberMessage> => 'sender' in sent.message)
  }

  it('by any two messages of its own, over losses, refusals and restarts', () => {
    const types = new Set<string>()
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const sent = honestMessages(seed)
        for (const { message } of sent) types.add(message.type)
        sent.forEach((one, index) => {
          for (const two of sent.slice(index)) {
            if (one.message.sender !== two.message.sender) continue
            if (one.message.round !== two.message.round) continue
            expect(judge(one, two).type).toBe('acquits')
          }
        })
      }),
      runs(6),
    )
    expect([...types].toSorted()).toEqual(['late', 'observation', 'proposal', 'share'])
  }, 60_000)

  it('by anything that others make of its messages without its key', () => {
    const own = observations[0]
    if (own === undefined) throw new Error('a member observes')
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(GUILTY).flat()),
        fc.nat({ max: 3 }),
        fc.nat({ max: 3 }),
        (forged, victim, liar) => {
          fc.pre(victim !== liar)
          const message = { ...forged.message, sender: victim } as MemberMessage
          const named = forge.seal(message)
          const bytes = named.bytes.slice()
          const key = test.identityKeys[liar] as Uint8Array
          bytes.set(signDigest(key, named.digest), bytes.length - 64)
          const honest = forge.observation({ round: 40, sender: victim, pair })
          expect(judge(honest, { bytes }).type).toBe('acquits')
          expect(judge({ bytes }, { bytes }).type).toBe('acquits')
        },
      ),
      runs(60),
    )
  })
})

describe('one message alone', () => {
  it('shows a fault when a nonce commitment is no point of the curve', () => {
    const [sound] = observations
    if (sound === undefined) throw new Error('a member observes')
    const { commitments } = sound.message
    const off = { ...commitments[1], binding: new Uint8Array(33).fill(255) }
    const message = {
      ...sound.message,
      commitments: [commitments[0], off, commitments[2]] as const,
    }
    expect(judgeOne(context, forge.seal(message).bytes)).toEqual({
      type: 'faulty',
      accused: 0,
      round: 40,
    })
    const acquitted = (bytes: Uint8Array) => judgeOne(context, bytes)
    expect(acquitted(sound.bytes)).toMatchObject({ code: 'COMMITMENTS_SOUND' })
    expect(acquitted(share().bytes)).toMatchObject({ code: 'TYPE_NEVER_ALONE' })
    expect(acquitted(sound.bytes.slice(0, -1))).toMatchObject({ code: 'MESSAGE_MALFORMED' })
    const unsigned = forge.seal(message).bytes.fill(0, -64)
    expect(acquitted(unsigned)).toMatchObject({ code: 'SIGNATURE_INVALID' })
  })
})

describe('an evidence file', () => {
  const held = Object.values(GUILTY).map(([one, two], index) => {
    const judgement = judge(one, two)
    if (judgement.type !== 'convicts') throw new Error(`pair ${index} convicts`)
    return judgement.evidence
  })
  const file = evidenceFileOf(test.committee, held)

  it('is proven by its committee file and by no other', () => {
    const read = parseEvidenceFile(JSON.stringify(file))
    expect(read).toEqual(file)
    const proofs = proofsOf(context, read)
    expect(proofs.map((proof) => (proof.type === 'proven' ? proof.kind : proof.code))).toEqual(
      Object.keys(GUILTY),
    )
    const other = contextOf(crypto, testCommittee({ genesisMs: 1 }).committee)
    for (const proof of proofsOf(other, read)) {
      expect(proof).toMatchObject({ type: 'unproven', code: 'COMMITTEE_OTHER' })
    }
  })

  it('proves what its messages say, not what it says of them', () => {
    const [entry] = file.evidence
    if (entry === undefined) throw new Error('the file is not empty')
    const lies = [
      { accused: 1 },
      { round: 41 },
      { kind: 'TWO_LATE_NOTICES' },
      { identityKey: '02' },
    ]
    for (const lie of lies) {
      const lying = { ...file, evidence: [{ ...entry, ...lie }] } as EvidenceFile
      const [proof] = proofsOf(context, lying)
      expect(proof).toMatchObject({ type: 'unproven', code: 'STATED_OTHERWISE' })
    }
  })

  it('never verifies again after one bit of a message was flipped', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: held.length - 1 }),
        fc.boolean(),
        fc.nat(),
        (entry, isFirst, at) => {
          const [one, two] = held[entry]?.messages ?? []
          if (one === undefined || two === undefined) throw new Error('evidence holds two messages')
          const changed = (isFirst ? one : two).slice()
          const bit = at % (changed.length * 8)
          changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
          const judgement = judgePair(context, isFirst ? [changed, two] : [one, changed])
          expect(judgement.type).toBe('acquits')
          const evidence = { type: 'evidence' as const, accused: 2, round: 40 }
          const messages = (isFirst ? [changed, two] : [one, changed]) as [Uint8Array, Uint8Array]
          const bytes = encodeEvidence(test.committee, { ...evidence, messages })
          const arrival = { topic: 'protocol', currentRound: 40 } as const
          expect(validate(context, bytes, arrival).verdict).toBe('reject')
        },
      ),
      runs(400),
    )
  })

  it('is refused when it is none', () => {
    for (const text of ['', '[]', '{"format":"parallax.evidence.2"}', 'null', '1e400']) {
      expect(() => parseEvidenceFile(text)).toThrow(
        expect.objectContaining({ code: 'FILE_NOT_EVIDENCE' }),
      )
    }
  })
})
