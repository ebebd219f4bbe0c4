import { mkdtempSync, rmSync } from 'node:fs'
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
import { createMetrics } from '../../../../node/api/metrics.ts'
import type { Standing } from '../../../../node/chain/chain.ts'
import type { ChainTarget } from '../../../../node/chain/target.ts'
import { makeRotation, type Rotation } from '../../../../node/compose/rotation.ts'
import type { NodeSigner } from '../../../../node/compose/signer.ts'
import type { LoadedConfig } from '../../../../node/config/load.ts'
import { TermKeeper } from '../../../../node/handover/term.ts'
import { createLog } from '../../../../node/logging.ts'
import { referenceCrypto, testCommittee } from '../../../support/committee.ts'
import { someHandover } from '../../../support/handover.ts'

const { committee, shares } = testCommittee()
const context = contextOf(referenceCrypto, committee)
const NOW_MS = 1_790_000_000_000

let dataDirectory: string
let rotation: Rotation
let lines: string[]
beforeEach(() => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'parallax-rotation-'))
  lines = []
})
afterEach(async () => {
  for (const part of rotation.parts) await part.stop()
  rmSync(dataDirectory, { recursive: true })
})

/** A contract that says where this committee stands on it. */
function target(name: string, said: Partial<Standing>): ChainTarget {
  const standing: Standing = {
    ...{ epoch: 1, own: { epoch: 1, fromMs: 0 }, inOffice: { digest: '0x01' }, isFirstClock: true },
    announced: { committee: null, owner: null },
    ...said,
  }
  const config = { name, contract: `0x${'00'.repeat(20)}` }
  return { config, standing: () => Promise.resolve(standing) } as unknown as ChainTarget
}

/** The first committee's node, which delivers to these contracts. */
async function startWith(targets: readonly ChainTarget[]): Promise<void> {
  rotation = makeRotation({
    loaded: { config: { dataDirectory }, predecessor: null } as unknown as LoadedConfig,
    ...{ context, targets },
    signer: { self: 0, handovers: { locks: () => [] } } as unknown as NodeSigner,
    network: () => {
      throw new Error('nobody is asked')
    },
    onPast: () => undefined,
    clock: { nowMs: () => NOW_MS, setAlarm: () => undefined, clearAlarm: () => undefined },
    log: createLog({ level: 'info', format: 'json' }, { write: (line) => lines.push(line) }),
    metrics: createMetrics(),
    onFatal: (error) => {
      throw error
    },
  })
  for (const part of rotation.parts) await part.start(new AbortController().signal)
}

const followed = () => lines.filter((line) => line.includes('succession.followed'))

test('given the owner of one contract, when it names a successor, then the term goes on', async () => {
  await startWith([target('taken', { epoch: 2 }), target('kept', {})])
  await expect.poll(followed).toHaveLength(1)
  expect(followed()[0]).toContain('taken')
  expect(rotation.term.known).toEqual({ fromMs: 0, untilMs: null })
})

test('given a hand-over that the committee signed, then its term ends there', async () => {
  await startWith([target('taken', { epoch: 2 })])
  const handover = someHandover({ activeFromMs: NOW_MS + 60_000 })
  const { groupKey, signingThreshold } = committee
  const signers = shares.slice(0, signingThreshold)
  const sign = signTogether({ groupKey, shares: signers }, seededBytes('rotation'))
  const signature = sign(handoverMessageOf(keccak_256, handover))
  const bytes = encodeSignedHandover(committee, { handover, signature })
  const forged = Uint8Array.from(bytes)
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
  expect(rotation.onMessage({ topic: 'protocol', bytes: forged })?.verdict).toBe('reject')
  expect(rotation.term.known.untilMs).toBe(null)
  expect(rotation.onMessage({ topic: 'protocol', bytes })?.verdict).toBe('accept')
  await expect.poll(() => rotation.term.known.untilMs).toBe(handover.activeFromMs)
})

test('a committee without a hand-over begins by the first contract that has it', () => {
  const term = new TermKeeper({ begins: 'byHandover' })
  term.beginsByContract(NOW_MS + 1_000)
  term.beginsByContract(NOW_MS)
  term.beginsByContract(NOW_MS + 500)
  expect(term.known.fromMs).toBe(NOW_MS)
})

test('a signed hand-over says when it begins, whatever contracts say before and after', () => {
  const term = new TermKeeper({ begins: 'byHandover' })
  term.beginsByContract(NOW_MS)
  term.beginsByHandover(NOW_MS + 500)
  term.beginsByContract(1)
  expect(term.known.fromMs).toBe(NOW_MS + 500)
})
