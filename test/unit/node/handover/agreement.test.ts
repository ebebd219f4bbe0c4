import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { contextOf } from '../../../../aggregator/context.ts'
import {
  encodeSignedHandover,
  handoverMessageOf,
} from '../../../../aggregator/handover/handover.ts'
import { seededBytes, signTogether } from '../../../../contracts/testing/committee-box.ts'
import { Agreement } from '../../../../node/handover/agreement.ts'
import { writeApproval } from '../../../../node/handover/files.ts'
import { createLog } from '../../../../node/logging.ts'
import { referenceCrypto, testCommittee } from '../../../support/committee.ts'
import { someHandover } from '../../../support/handover.ts'

const { committee, shares } = testCommittee()
const context = contextOf(referenceCrypto, committee)
const handover = someHandover({ activeFromMs: 1_790_000_600_000 })

let directory: string
let nowMs: number
/** How often the agreement looked at the clock: it does with every tick. */
let looks: number
let lines: string[]
let faults: unknown[]
/** Members that were asked for what the committee signed. */
let asked: number[]
let answer: Uint8Array
let ended: number[]
let agreement: Agreement
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'parallax-agreement-'))
  nowMs = 1_790_000_000_000
  looks = 0
  lines = []
  faults = []
  asked = []
  answer = new Uint8Array(0)
  ended = []
  agreement = new Agreement(
    { context, self: 0, dataDirectory: directory },
    {
      signer: {
        locks: () => [],
        commit: () => Promise.resolve(null),
        lock: () => Promise.resolve('refused' as const),
        signShare: () => Promise.resolve(null),
        signStatement: () => Promise.resolve(null),
      },
      network: {
        publish: () => Promise.resolve(),
        request: (to) => {
          asked.push(to)
          return Promise.resolve(answer)
        },
        connected: () => [1, 2, 3],
      },
      clock: {
        nowMs: () => {
          looks += 1
          return nowMs
        },
      },
      log: createLog({ level: 'info', format: 'json' }, { write: (line) => lines.push(line) }),
      onSigned: ({ activeFromMs }) => ended.push(activeFromMs),
      onFault: (error) => faults.push(error),
    },
  )
})
afterEach(async () => {
  await agreement.stop()
  rmSync(directory, { recursive: true })
})

const approved = () => agreement.state.approved?.handover ?? null
const told = (event: string) => lines.filter((line) => line.includes(event))

/** Damages what the operator approved, and lets the agreement look at it. */
async function damage(text: string): Promise<void> {
  writeFileSync(join(directory, 'handover', 'approval.json'), text)
  nowMs += 1_000
}

test('given an approval that is damaged later, then the last one stands and it is said', async () => {
  await writeApproval(directory, handover)
  await agreement.start()
  await expect.poll(approved).toEqual(handover)
  await damage('{')
  await expect.poll(() => told('handover.approval.unreadable')).toHaveLength(1)
  expect(told('handover.approval.unreadable')[0]).toContain('HANDOVER_FILE_DAMAGED')
  expect([approved(), faults]).toEqual([handover, []])
  const next = { ...handover, activeFromMs: handover.activeFromMs + 1_000 }
  await writeApproval(directory, next)
  nowMs += 1_000
  await expect.poll(approved).toEqual(next)
})

test('given no approval, then others are asked for what they signed, now and slowly', async () => {
  await agreement.start()
  await expect.poll(() => asked).toEqual([1])
  const { groupKey, signingThreshold } = committee
  const signers = shares.slice(0, signingThreshold)
  const sign = signTogether({ groupKey, shares: signers }, seededBytes('agreement'))
  const signature = sign(handoverMessageOf(keccak_256, handover))
  answer = encodeSignedHandover(committee, { handover, signature })
  nowMs += 29_000
  const before = looks
  await expect.poll(() => looks).toBeGreaterThan(before + 2)
  expect(asked).toEqual([1])
  nowMs += 1_000
  await expect.poll(() => ended).toEqual([handover.activeFromMs])
  expect(asked).toEqual([1, 2])
})

test('given an approval long after its time, then it is void, and its operator is told once', async () => {
  await writeApproval(directory, handover)
  nowMs = handover.activeFromMs + 600_000
  await agreement.start()
  await expect.poll(() => told('handover.lapsed')).toHaveLength(1)
  nowMs += 1_000
  const before = looks
  await expect.poll(() => looks).toBeGreaterThan(before + 2)
  expect([approved(), told('handover.lapsed').length, faults]).toEqual([null, 1, []])
})
