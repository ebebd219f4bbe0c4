import fc from 'fast-check'
import type { Address } from 'viem'
import { bytesToHex, decodeErrorResult, decodeFunctionResult, encodeFunctionData } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeParams } from '../../../aggregator/committee/params-codec.ts'
import { type Context, contextOf } from '../../../aggregator/context.ts'
import type { MemberMessage, Verified } from '../../../aggregator/messages/messages.ts'
import { toHex } from '../../../aggregator/values/bytes.ts'
import {
  evidenceRegistryAbi,
  evidenceRegistryBytecode,
} from '../../../contracts/abi/evidence-registry.ts'
import { registrationCalldata } from '../../../node/evidence/calldata.ts'
import { CONFLICT_KINDS, judgePair } from '../../../node/evidence/judge.ts'
import { cryptoOf, loadEcdsa } from '../../../node/keys/native.ts'
import { Cluster } from '../../support/cluster.ts'
import { type Batch, batchOn, deployCode } from '../../support/contracts/batch.ts'
import { sendCalldata, startChain, type TestChain } from '../../support/contracts/chain.ts'
import { runs } from '../../support/property.ts'
import {
  type EvidenceVector,
  evidenceCommittees,
  messagesOf,
  readEvidenceVectors,
} from '../../vectors/evidence-vectors.ts'

type Pair = readonly [Uint8Array, Uint8Array]

/** What the contract answers instead of what a node answers. */
const ERRORS: Readonly<Record<string, string>> = {
  SAME_CONTENT: 'ContentsEqual',
  SENDERS_DIFFER: 'SendersDiffer',
  ROUNDS_DIFFER: 'RoundsDiffer',
  TYPES_DIFFER: 'TypesDiffer',
  RANKS_DIFFER: 'NoConflict',
  SAME_REPORT: 'NoConflict',
  SIGNATURE_INVALID: 'NotSigned',
  MESSAGE_OF_OTHER_COMMITTEE: 'CommitteeDiffers',
  MESSAGE_MALFORMED: 'MessageMalformed',
  MESSAGE_TOO_LARGE: 'MessageMalformed',
}

const crypto = cryptoOf(loadEcdsa({ fallback: 'allow' }))
const committees = evidenceCommittees()
const contexts: readonly Context[] = committees.map((each) => contextOf(crypto, each.committee))
const { committees: vectors } = readEvidenceVectors()

let chain: TestChain
let registry: Address
let batch: Batch

beforeAll(async () => {
  chain = await startChain()
  batch = await batchOn(chain)
  registry = await deployCode(chain, {
    abi: evidenceRegistryAbi,
    bytecode: evidenceRegistryBytecode,
  })
  for (const { committee } of committees) {
    await sendCalldata(chain, { to: registry, data: registrationCalldata(committee.params) })
  }
})
afterAll(() => chain.close())

type Found = { accused: number; round: number; kind: string | undefined } | { refusal: string }

/** Whom and of what the contract convicts by each pair, or the name of its refusal. */
async function judgeOnChain(context: Context, pairs: readonly Pair[]): Promise<readonly Found[]> {
  const parameters = bytesToHex(encodeParams(context.committee.params))
  const calls = pairs.map(([first, second]) =>
    encodeFunctionData({
      abi: evidenceRegistryAbi,
      functionName: 'judge',
      args: [parameters, bytesToHex(first), bytesToHex(second)],
    }),
  )
  const outcomes = await batch(registry, calls)
  return outcomes.map(({ isDone, result: data }) => {
    if (!isDone) {
      // A slice beyond the end of calldata reverts without a name.
      if (data === '0x') return { refusal: 'nameless' }
      return { refusal: decodeErrorResult({ abi: evidenceRegistryAbi, data }).errorName }
    }
    const of = { abi: evidenceRegistryAbi, functionName: 'judge', data } as const
    const [committee, member, { round, kind }] = decodeFunctionResult(of)
    expect(committee).toBe(`0x${toHex(context.committee.digest)}`)
    return { accused: Number(member), round: Number(round), kind: CONFLICT_KINDS[kind] }
  })
}

/** What a node says, in the same terms. */
function judgeAtNode(context: Context, pair: Pair) {
  const judgement = judgePair(context, pair)
  if (judgement.type === 'acquits') return null
  const { accused, round, kind } = judgement
  return { accused, round, kind }
}

describe.each(vectors.map((vector, index) => ({ ...vector, index })))(
  'evidence of the committee $committeeDigest',
  ({ parameters, index, pairs, accused, round }) => {
    const context = contexts[index] as Context

    test('is of the committee that the vectors name', () => {
      expect(toHex(encodeParams(context.committee.params))).toBe(parameters)
    })

    test.each(pairs as EvidenceVector[])('$outcome', async (vector) => {
      const pair = messagesOf(vector)
      const [found] = await judgeOnChain(context, [pair])
      if (vector.convicts) {
        expect(found).toEqual({ accused, round, kind: vector.outcome })
        expect(judgeAtNode(context, pair)).toEqual(found)
        return
      }
      expect(found).toEqual({ refusal: ERRORS[vector.outcome] })
      expect(judgeAtNode(context, pair)).toBeNull()
    })

    test('contract and node agree on whatever becomes of the messages', async () => {
      const sound = pairs.filter((vector) => vector.convicts).map(messagesOf)
      const mutation = fc.tuple(
        fc.constantFrom(...sound),
        fc.array(fc.tuple(fc.nat({ max: 120 }), fc.nat({ max: 255 })), { maxLength: 2 }),
        fc.constantFrom(0, 0, 0, -1, 1),
      )
      await fc.assert(
        fc.asyncProperty(
          fc.array(mutation, { minLength: 100, maxLength: 100, size: 'max' }),
          async (mutations) => {
            const mutants = mutations.map(([[first, second], changes, grown]): Pair => {
              const bytes =
                grown > 0 ? Uint8Array.of(...second, 0) : second.slice(0, second.length + grown)
              for (const [place, value] of changes) bytes[place] = value
              return [first, resign(index, bytes)]
            })
            const expected = mutants.map((pair) => judgeAtNode(context, pair))
            const found = await judgeOnChain(context, mutants)
            expect(found.map((each) => ('refusal' in each ? null : each))).toEqual(expected)
            const convicted = expected.filter((each) => each !== null).length
            expect(Math.min(convicted, mutants.length - convicted)).toBeGreaterThan(5)
          },
        ),
        { ...runs(4), endOnFailure: true },
      )
    })
  },
)

/** The bytes with a signature of the member that they name: the form alone decides. */
function resign(index: number, bytes: Uint8Array): Uint8Array {
  const test = committees[index]
  const key = test?.identityKeys[bytes[42] ?? 255]
  if (key === undefined) return bytes
  const body = bytes.subarray(0, -64)
  const digest = crypto.keccak256(Buffer.concat([Buffer.from('parallax.message.1'), body]))
  const signed = bytes.slice()
  signed.set(loadEcdsa({ fallback: 'allow' }).sign(digest, key), body.length)
  return signed
}

test('no two messages of an honest member convict it, over losses, refusals and restarts', async () => {
  const [one] = committees
  const context = contexts[0] as Context
  if (one === undefined) throw new Error('a committee')
  let draws = 0
  const chance = () => (crypto.keccak256(Uint8Array.of(draws++ & 255, draws >> 8))[0] ?? 0) / 256
  const cluster = new Cluster({
    test: one,
    crypto,
    delayMs: () => (chance() < 0.15 ? null : Math.floor(chance() * 120)),
    refuses: () => chance() < 0.1,
    observes: () => (chance() < 0.1 ? null : BigInt(Math.floor(chance() * 1e9)) + 1n),
  })
  cluster.start(8 * 500 + 1)
  cluster.runTo(11 * 500)
  cluster.restart(1, 'kept')
  cluster.runTo(12 * 500 + 30)
  cluster.restart(2, 'empty')
  cluster.runTo(16 * 500)
  const sent = cluster.sent.filter(
    (each): each is Verified<MemberMessage> => 'sender' in each.message,
  )
  const pairs = sent.flatMap((first, index) =>
    sent.slice(index).flatMap((second): Pair[] => {
      const isOneRound = first.message.round === second.message.round
      const isOneSender = first.message.sender === second.message.sender
      return isOneRound && isOneSender ? [[first.bytes, second.bytes]] : []
    }),
  )
  expect(pairs.length).toBeGreaterThan(50)
  const found = await judgeOnChain(context, pairs)
  expect(found.filter((each) => !('refusal' in each))).toEqual([])
})
