import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { contextOf } from '../../aggregator/context.ts'
import {
  APPROVAL_ENDS_MS,
  type Handover,
  handoverMessageOf,
} from '../../aggregator/handover/handover.ts'
import {
  encodeStatement,
  type Offer,
  openStatement,
  type Statement,
} from '../../aggregator/handover/statements.ts'
import { frostScheme } from '../../aggregator/signing/frost.ts'
import type { SigningSession } from '../../aggregator/signing/threshold.ts'
import { concat } from '../../aggregator/values/bytes.ts'
import { membersOf } from '../../aggregator/values/ids.ts'
import { OracleError } from '../../node/errors.ts'
import { HandoverLocks } from '../../node/keys/handover-locks.ts'
import { cryptoOf, loadEcdsa } from '../../node/keys/native.ts'
import { Promises } from '../../node/keys/promises.ts'
import { Secret } from '../../node/keys/secret.ts'
import { Signer } from '../../node/keys/signer.ts'
import { SignerService } from '../../node/signer/service.ts'
import type { SignerAnswer } from '../../node/signer/wire.ts'
import { testCommittee } from '../support/committee.ts'
import { someHandover } from '../support/handover.ts'

const ecdsa = loadEcdsa({ fallback: 'allow' })
const { committee, identityKeys, shares } = testCommittee()
const context = contextOf(cryptoOf(ecdsa), committee)
const handover = someHandover()
const other = someHandover({ activeFromMs: handover.activeFromMs + 1 })
const messageOf = (of: Handover) => handoverMessageOf(context.crypto.keccak256, of)
const lockOf = (of: Handover) => ({ epoch: of.epoch, message: messageOf(of) })
const refused = (code: string) => ({ type: 'refused', code })
const SIGNERS = [0, 1, 2]

interface Running {
  readonly index: number
  readonly service: SignerService
  /** What the member's operator told the signer itself. */
  readonly operator: { approved: Handover | null | Error }
}

let root: string
let nowMs: number
let signers: Signer[] = []
beforeEach(() => {
  nowMs = handover.activeFromMs
  root = mkdtempSync(join(tmpdir(), 'parallax-handover-'))
})
afterEach(async () => {
  await stopAll()
  rmSync(root, { recursive: true })
})

async function stopAll(): Promise<void> {
  await Promise.all(signers.map((each) => each.stop()))
  signers = []
}

/** The signer of a member as its process runs it, without the socket. */
async function start(index: number): Promise<Running> {
  const directory = join(root, String(index))
  const promises = await Promises.open({ directory })
  const locks = await HandoverLocks.open(directory)
  const key = identityKeys[index]
  const share = shares[index]
  if (key === undefined || share === undefined) throw new Error('a member')
  const signer = new Signer(
    { context, index },
    {
      identity: Secret.of(key),
      share: Secret.of(share.secret),
      ...{ promises, locks, ecdsa },
    },
  )
  signers.push(signer)
  await signer.start()
  const operator: Running['operator'] = { approved: null }
  const service = new SignerService(
    { context, self: index, barrier: 0 },
    {
      signer,
      openRounds: () => [1],
      signHandshake: (data) => data,
      approved: async () => {
        if (operator.approved instanceof Error) throw operator.approved
        return operator.approved
      },
      nowMs: () => nowMs,
      onRefused: () => undefined,
    },
  )
  return { index, service, operator }
}

/** Three signers and the session in which they sign a hand-over. */
async function startSession(of: Handover): Promise<{
  readonly running: readonly Running[]
  readonly session: SigningSession
}> {
  const running = await Promise.all(SIGNERS.map(start))
  const answers = await Promise.all(
    running.map(({ service }) => service.answer({ type: 'commitHandover', attempt: 7 })),
  )
  const commitments = answers.flatMap((each) => (each.type === 'commitment' ? [each.pair] : []))
  const session = { message: messageOf(of), signingSet: membersOf(SIGNERS), commitments }
  return { running, session }
}

function askShare({ service }: Running, session: SigningSession): Promise<SignerAnswer> {
  const { message, signingSet, commitments } = session
  const plain = { message, signingSet, commitments: [...commitments] }
  return service.answer({ type: 'signHandover', share: { attempt: 7, handover, session: plain } })
}

test('given operators approve, when each signer locks, then shares make the signature', async () => {
  const { running, session } = await startSession(handover)
  const [first] = running as [Running]
  expect(await askShare(first, session)).toEqual(refused('NOT_LOCKED'))
  const lock = { type: 'lockHandover', lock: lockOf(handover) } as const
  expect(await first.service.answer(lock)).toEqual(refused('HANDOVER_NOT_APPROVED'))
  const made: Uint8Array[] = []
  for (const each of running) {
    each.operator.approved = handover
    expect(await each.service.answer(lock)).toEqual({ type: 'done' })
    const answer = await askShare(each, session)
    if (answer.type === 'signature') made.push(answer.bytes)
  }
  const combined = frostScheme.combine(committee.groupKey, session, made)
  if (combined.type !== 'combined') throw new Error('three good shares')
  const { publicKey } = committee.groupKey
  expect(frostScheme.verify(publicKey, session.message, combined.signature)).toBe(true)
  expect(await askShare(first, session)).toEqual(refused('NONCE_GONE'))
  expect(first.service.status().locks).toEqual([lockOf(handover)])
})

test('given a lock, then a second hand-over of the epoch is refused, after a restart too', async () => {
  const before = await start(0)
  before.operator.approved = handover
  await before.service.answer({ type: 'lockHandover', lock: lockOf(handover) })
  await stopAll()
  const after = await start(0)
  expect(after.service.status().locks).toEqual([lockOf(handover)])
  after.operator.approved = other
  const second = await after.service.answer({ type: 'lockHandover', lock: lockOf(other) })
  expect(second).toEqual(refused('HANDOVER_LOCKED'))
  // The same message under another epoch is another lock file: the epoch is the approved one's.
  const lied = { epoch: 3, message: messageOf(other) }
  expect(await after.service.answer({ type: 'lockHandover', lock: lied })).toEqual(
    refused('HANDOVER_LOCKED'),
  )
  expect(after.service.status()).toMatchObject({
    locks: [lockOf(handover)],
    refused: { HANDOVER_LOCKED: 2 },
  })
})

test('given an approval long after its time, then it approves nothing, whatever the node asks', async () => {
  const { service, operator } = await start(0)
  operator.approved = handover
  const lock = { type: 'lockHandover', lock: lockOf(handover) } as const
  nowMs = handover.activeFromMs + APPROVAL_ENDS_MS
  expect(await service.answer(lock)).toEqual(refused('HANDOVER_NOT_APPROVED'))
  nowMs -= 1
  expect(await service.answer(lock)).toEqual({ type: 'done' })
})

test('given an approval that cannot be read, then it approves nothing, and the signer goes on', async () => {
  const { service, operator } = await start(0)
  operator.approved = new OracleError('HANDOVER_FILE_DAMAGED', 'no JSON')
  const lock = { type: 'lockHandover', lock: lockOf(handover) } as const
  expect(await service.answer(lock)).toEqual(refused('HANDOVER_NOT_APPROVED'))
  operator.approved = handover
  expect(await service.answer(lock)).toEqual({ type: 'done' })
})

test('given bytes to sign with the identity key, then only own statements are signed', async () => {
  const { service } = await start(1)
  const pair = await service.answer({ type: 'commitHandover', attempt: 7 })
  if (pair.type !== 'commitment') throw new Error('a commitment')
  const offer: Offer = {
    type: 'offer',
    ...{ sender: 1, attempt: 7, message: messageOf(handover), commitment: pair.pair },
  }
  const sign = (statement: Uint8Array) => service.answer({ type: 'signStatement', statement })
  const bytes = encodeStatement(context, offer)
  const answer = await sign(bytes)
  if (answer.type !== 'signature') throw new Error('a signature')
  expect(openStatement(context, concat(bytes, answer.bytes))?.statement).toEqual(offer)
  const foreign: Statement = { ...offer, sender: 2 }
  expect(await sign(encodeStatement(context, foreign))).toEqual(refused('STATEMENT_INVALID'))
  expect(await sign(concat(bytes, Uint8Array.of(0)))).toEqual(refused('STATEMENT_INVALID'))
  // Tag 1 is an observation's: what is signed here can never be a message of a round.
  expect(await sign(Uint8Array.of(1, ...bytes.subarray(1)))).toEqual(refused('STATEMENT_INVALID'))
})
