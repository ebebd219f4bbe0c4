import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { contextOf } from '../../../../aggregator/context.ts'
import { type Handover, handoverMessageOf } from '../../../../aggregator/handover/handover.ts'
import { ATTEMPT_MS, SESSION_AFTER_MS } from '../../../../aggregator/handover/machine.ts'
import {
  digestOfStatement,
  type Signed,
  type Statement,
  sealStatement,
} from '../../../../aggregator/handover/statements.ts'
import { toHex } from '../../../../aggregator/values/bytes.ts'
import { seededBytes } from '../../../../contracts/testing/committee-box.ts'
import { Agreement } from '../../../../node/handover/agreement.ts'
import { writeApproval } from '../../../../node/handover/files.ts'
import { createLog } from '../../../../node/logging.ts'
import { referenceCrypto, signDigest, testCommittee } from '../../../support/committee.ts'
import { someHandover } from '../../../support/handover.ts'

const { committee, identityKeys, shares } = testCommittee()
const context = contextOf(referenceCrypto, committee)
const SELF = 0
/** A window that this member coordinates, late enough to name signers in it. */
const ATTEMPT = 895_000_000
const START_MS = ATTEMPT * ATTEMPT_MS + SESSION_AFTER_MS
const handover = someHandover({ activeFromMs: START_MS + 600_000 })
const other = { ...handover, activeFromMs: handover.activeFromMs + 1_000 }
const messageOf = (of: Handover) => handoverMessageOf(referenceCrypto.keccak256, of)
const random = seededBytes('lock')

type Outcome = 'locked' | 'refused' | 'away'
let directory: string
let nowMs: number
/** What the signer was asked to lock. */
let locks: string[]
/** What it answers, for the test to give when it likes. */
let answer: PromiseWithResolvers<Outcome>
let agreement: Agreement
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'parallax-lock-'))
  nowMs = START_MS
  locks = []
  answer = Promise.withResolvers()
  agreement = new Agreement(
    { context, self: SELF, dataDirectory: directory },
    {
      signer: {
        locks: () => [],
        commit: () => Promise.resolve(commitmentOf(SELF)),
        lock: ({ message }) => {
          locks.push(toHex(message))
          return answer.promise
        },
        signShare: () => Promise.resolve(null),
        signStatement: (statement) => Promise.resolve(signedBy(SELF, statement)),
      },
      network: {
        publish: () => Promise.resolve(),
        request: () => Promise.reject(new Error('away')),
        connected: () => [],
      },
      clock: { nowMs: () => nowMs },
      log: createLog({ level: 'error', format: 'json' }, { write: () => undefined }),
      onSigned: () => undefined,
      onFault: (error) => {
        throw error
      },
    },
  )
  await writeApproval(directory, handover)
  await agreement.start()
})
afterEach(async () => {
  answer.resolve('away')
  await agreement.stop()
  rmSync(directory, { recursive: true })
})

const approved = () => agreement.state.approved?.handover ?? null

function commitmentOf(member: number) {
  const share = shares[member]
  if (share === undefined) throw new Error('not a member')
  return referenceCrypto.threshold.commit(share, random(64)).commitment
}

function signedBy(member: number, statement: Statement): Signed {
  const key = identityKeys[member] ?? new Uint8Array(32)
  return sealStatement(context, statement, signDigest(key, digestOfStatement(context, statement)))
}

/** Two others offer to sign it, too: with this member they are t. */
async function offered(of: Handover, attempt: number): Promise<void> {
  await expect.poll(() => agreement.approvers).toEqual([SELF])
  for (const sender of [1, 2]) {
    const head = { sender, attempt, message: messageOf(of) }
    const offer = { type: 'offer', ...head, commitment: commitmentOf(sender) } as const
    expect(agreement.onMessage(signedBy(sender, offer).bytes).verdict).toBe('accept')
  }
}

test('given a lock that was refused, then its operator may approve another one, which locks', async () => {
  await offered(handover, ATTEMPT)
  await expect.poll(() => locks).toEqual([toHex(messageOf(handover))])
  answer.resolve('refused')
  await expect.poll(approved).toBeNull()
  answer = Promise.withResolvers()
  await writeApproval(directory, other)
  // Its next turn to coordinate.
  nowMs += 4 * ATTEMPT_MS
  await expect.poll(approved).toEqual(other)
  await offered(other, ATTEMPT + 4)
  await expect.poll(() => locks[1]).toBe(toHex(messageOf(other)))
})

test('given another approval while an absent signer is asked to lock, then that one stands', async () => {
  await offered(handover, ATTEMPT)
  await expect.poll(() => locks).toEqual([toHex(messageOf(handover))])
  await writeApproval(directory, other)
  nowMs += ATTEMPT_MS
  await expect.poll(approved).toBeNull()
  answer.resolve('away')
  nowMs += ATTEMPT_MS
  await expect.poll(approved).toEqual(other)
})
