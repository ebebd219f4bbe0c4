import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { type Handover, handoverMessageOf } from '../../aggregator/handover/handover.ts'
import { encodeUpdate } from '../../aggregator/report/calldata.ts'
import { reportDigestOf, signedMessageOf } from '../../aggregator/report/digests.ts'
import type { FeedReport } from '../../aggregator/report/feed-report.ts'
import { leafOf, merkleProof, merkleRoot } from '../../aggregator/report/merkle.ts'
import { encodeWord, INT64_MAX, INT64_MIN } from '../../aggregator/report/words.ts'
import { toHex } from '../../aggregator/values/bytes.ts'
import {
  committeeInABox,
  DEFAULT_CLOCK,
  ok,
  UNAVAILABLE,
} from '../../contracts/testing/committee-box.ts'
import { firstCommittee } from '../../contracts/testing/hub-parameters.ts'
import { generatorCommand, runScript } from '../../scripts/command-line.ts'
import { makeEvidenceVectors } from './evidence-vectors.ts'
import { makeLongTailVectors } from './long-tail-vectors.ts'
import type {
  CertificateVector,
  HandoverVector,
  ReportVectors,
  WordVector,
} from './report-vectors.ts'

const GENERATOR = 'test/vectors/generate.ts'
/** Some round of spring 2026. */
const ROUND = 20_000_000

/** Words at the edges of what a word can hold, and of the roundings of the spread. */
const FEEDS: readonly FeedReport[] = [
  ok(9_000_000_000_000n, 123_456n),
  ok(0n),
  ok(-1n, 1n, 31),
  ok(INT64_MAX, 2n ** 18n - 1n, 0),
  ok(INT64_MIN, 2n ** 18n),
  ok(1n, 2n ** 18n + 1n),
  ok(1n, 2n ** 40n + 1n),
  ok(1n, 2n ** 200n),
  UNAVAILABLE,
]

/** Committees of every size that makes a difference, trees with and without promoted nodes. */
const CERTIFICATES = [
  { members: 4, count: 1, selections: [[0]] },
  { members: 4, count: 2, selections: [[0], [1], [0, 1]] },
  { members: 5, count: 3, selections: [[2], [0, 2]] },
  { members: 7, count: 7, selections: [[6], [0, 3, 4, 6], [0, 1, 2, 3, 4, 5, 6]] },
  { members: 16, count: 8, selections: [[5], [1, 2]] },
  { members: 31, count: 32, selections: [[0], [31], [3, 17, 18]] },
] as const

function wordVector(feed: FeedReport): WordVector {
  return {
    value: feed.value.toString(),
    spread: feed.spread.toString(),
    observers: feed.observers,
    status: feed.status,
    word: toHex(encodeWord(feed)),
  }
}

function certificateVector(entry: (typeof CERTIFICATES)[number]): CertificateVector {
  const { members, count, selections } = entry
  const box = committeeInABox({ members, seed: `vectors ${members} ${count}` })
  const feeds = Array.from({ length: count }, (_, index) => ok(BigInt(index) * 10n ** 8n + 1n, 9n))
  const certificate = box.certify({ round: ROUND + count, offsetMs: 60 + count, feeds })
  const feedsRoot = merkleRoot(keccak_256, certificate.words)
  const reportDigest = reportDigestOf(keccak_256, { ...certificate, feedsRoot })
  return {
    members,
    groupKey: toHex(box.groupKey.publicKey),
    round: certificate.round,
    timestampMs: certificate.timestampMs,
    observers: certificate.observers,
    slot: certificate.slot,
    signingSet: certificate.signingSet,
    expectedNext: certificate.expectedNext,
    words: certificate.words.map(toHex),
    leaves: certificate.words.map((word, index) => toHex(leafOf(keccak_256, index, word))),
    proofs: certificate.words.map((_, index) =>
      merkleProof(keccak_256, certificate.words, index).map(toHex),
    ),
    feedsRoot: toHex(feedsRoot),
    reportDigest: toHex(reportDigest),
    message: toHex(signedMessageOf(keccak_256, { ...certificate, reportDigest })),
    signature: toHex(certificate.signature),
    updates: selections.map((chosen) => ({
      feeds: [...chosen],
      calldata: toHex(
        encodeUpdate(keccak_256, {
          certificate,
          feeds: chosen,
          committee: firstCommittee(box),
        }),
      ),
    })),
  }
}

/** The smallest and the largest of each field that the contract can hold, and one between. */
const HANDOVERS: readonly Omit<Handover, 'committeeDigest' | 'publicKey'>[] = [
  { epoch: 2, activeFromMs: 1_772_000_000_000, ...DEFAULT_CLOCK },
  { epoch: 1, activeFromMs: 0, genesisMs: 0, roundMs: 0, includeMs: 0, clockSkewMsMax: 0 },
  {
    epoch: 2 ** 32 - 1,
    activeFromMs: 2 ** 48 - 1,
    genesisMs: 2 ** 48 - 1,
    roundMs: 65_535,
    includeMs: 65_535,
    clockSkewMsMax: 65_535,
  },
]

function handoverVector(fields: (typeof HANDOVERS)[number], index: number): HandoverVector {
  const { publicKey } = committeeInABox({ members: 4, seed: `handover ${index}` }).groupKey
  const committeeDigest = keccak_256(publicKey)
  const message = handoverMessageOf(keccak_256, { ...fields, committeeDigest, publicKey })
  return {
    ...fields,
    committeeDigest: toHex(committeeDigest),
    publicKey: toHex(publicKey),
    message: toHex(message),
  }
}

/** Writes the files, or with `--check` says which are not what the sources give. */
async function generate(isCheck: boolean): Promise<number> {
  const reports: ReportVectors = {
    generator: GENERATOR,
    clock: DEFAULT_CLOCK,
    words: FEEDS.map(wordVector),
    certificates: CERTIFICATES.map(certificateVector),
    handovers: HANDOVERS.map(handoverVector),
  }
  const files = {
    'report.json': reports,
    'evidence.json': makeEvidenceVectors(GENERATOR),
    'long-tail.json': makeLongTailVectors(GENERATOR),
  }
  let exitCode = 0
  for (const [name, vectors] of Object.entries(files)) {
    const path = join(import.meta.dirname, name)
    const text = `${JSON.stringify(vectors, null, 2)}\n`
    if (!isCheck) await writeFile(path, text)
    else if ((await readFile(path, 'utf8').catch(() => '')) !== text) {
      process.stderr.write(`test/vectors/${name} is not current; run test/vectors/generate.ts\n`)
      exitCode = 1
    }
  }
  return exitCode
}

await runScript({
  call: `node ${GENERATOR}`,
  usage: `node ${GENERATOR} [--check]

Writes the vectors that TypeScript and Solidity share. With --check it writes nothing and ends with
1 when a file is not current.`,
  commands: { '': generatorCommand(generate) },
})
