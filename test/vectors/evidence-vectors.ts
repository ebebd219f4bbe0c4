import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FeedParams } from '../../aggregator/committee/params.ts'
import { encodeParams } from '../../aggregator/committee/params-codec.ts'
import { contextOf } from '../../aggregator/context.ts'
import { fromHex, toHex } from '../../aggregator/values/bytes.ts'
import { type AcquittalCode, type ConflictKind, judgePair } from '../../node/evidence/judge.ts'
import { BTC, referenceCrypto, testCommittee } from '../support/committee.ts'
import { evidencePairs } from '../support/evidence-pairs.ts'

/** Two messages, and what they prove; bytes as hexadecimal without prefix. */
export interface EvidenceVector {
  readonly outcome: ConflictKind | AcquittalCode
  readonly convicts: boolean
  readonly messages: readonly [string, string]
}

/** A committee by its canonical parameters and its digest, and pairs of its messages. */
export interface EvidenceVectors {
  readonly parameters: string
  readonly committeeDigest: string
  readonly accused: number
  readonly round: number
  readonly pairs: readonly EvidenceVector[]
}

export interface EvidenceVectorFile {
  readonly generator: string
  readonly committees: readonly EvidenceVectors[]
}

/** Reads evidence.json, which judges TypeScript and Solidity alike. */
export function readEvidenceVectors(): EvidenceVectorFile {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'evidence.json'), 'utf8'))
}

/** Committees of two sizes, with one byte of presence bits and with two, one with derived feeds. */
export function evidenceCommittees() {
  const plain = Array.from({ length: 7 }, (_, index) => ({ ...BTC, name: `F${index}/USD` }))
  const of = { of: 'F0/USD', windowMs: 60_000 }
  const ahead = { derivation: { of: 'F0/USD', windowMs: 2_592_000_000, stepMs: null } }
  const feeds: readonly FeedParams[] = [
    { ...BTC, name: 'F0/USD TWAP', kind: 'twap', derivation: { ...of, stepMs: null } },
    ...plain,
    {
      ...BTC,
      name: 'F0 IV',
      kind: 'volatility',
      ...ahead,
    },
    { ...BTC, name: 'F0 RV', kind: 'realized-volatility', derivation: { ...of, stepMs: 500 } },
    { ...BTC, name: 'F0 FUND', kind: 'funding', ...ahead, valueMin: -1n },
    { ...BTC, name: 'F0 FWD', kind: 'forward', ...ahead },
  ]
  return [testCommittee(), testCommittee({ size: 7, feeds })]
}

export function makeEvidenceVectors(generator: string): EvidenceVectorFile {
  return { generator, committees: evidenceCommittees().map(vectorsOf) }
}

function vectorsOf(test: ReturnType<typeof testCommittee>): EvidenceVectors {
  const context = contextOf(referenceCrypto, test.committee)
  const { guilty, innocent } = evidencePairs(test, context)
  const pairs: [EvidenceVector['outcome'], readonly [Uint8Array, Uint8Array]][] = [
    ...Object.entries(guilty).map(
      ([kind, [one, two]]) => [kind as ConflictKind, [one.bytes, two.bytes]] as (typeof pairs)[0],
    ),
    ...innocent.map(([code, messages]) => [code, messages] as (typeof pairs)[0]),
  ]
  return {
    parameters: toHex(encodeParams(test.committee.params)),
    committeeDigest: toHex(test.committee.digest),
    accused: 2,
    round: 40,
    pairs: pairs.map(([outcome, [one, two]]) => ({
      outcome,
      convicts: judgePair(context, [one, two]).type === 'convicts',
      messages: [toHex(one), toHex(two)],
    })),
  }
}

/** The two messages of a vector. */
export function messagesOf(vector: EvidenceVector): readonly [Uint8Array, Uint8Array] {
  return [fromHex(vector.messages[0]), fromHex(vector.messages[1])]
}
