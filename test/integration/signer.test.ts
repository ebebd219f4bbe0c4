import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { digestOfBody, encodeMember } from '../../aggregator/messages/codec.ts'
import type { SignatureShare } from '../../aggregator/messages/messages.ts'
import { signedMessageOf } from '../../aggregator/report/digests.ts'
import { frostScheme } from '../../aggregator/signing/frost.ts'
import { concat } from '../../aggregator/values/bytes.ts'
import { membersOf } from '../../aggregator/values/ids.ts'
import type { Signer } from '../../node/keys/signer.ts'
import { type BodyOf, bodyLike } from '../support/bodies.ts'
import { context, digest, ecdsa, identityOf, makeSigner, promised } from './signer-support.ts'

const { committee } = context
const { groupKey } = committee
const withCode = (code: string) => expect.objectContaining({ code })

let root: string
let signers: Signer[] = []
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'parallax-signer-'))
})
afterEach(async () => {
  await Promise.all(signers.map((signer) => signer.stop()))
  signers = []
  rmSync(root, { recursive: true })
})

async function start(index: number, extra: object = {}): Promise<Signer> {
  const directory = join(root, String(index))
  const { signer } = await makeSigner({ index, directory, ...extra })
  signers.push(signer)
  await signer.start()
  return signer
}

const ROUND = 12
const SIGNERS = [0, 2, 3]

/** Three started signers and the session in which they sign one report in one slot. */
async function startSession(slot: number) {
  const started = await Promise.all(SIGNERS.map((index) => start(index)))
  const all = started.map((signer) => signer.prepareNonces(ROUND))
  const commitments = all.map((each) => each[slot]).filter((each) => each !== undefined)
  const signingSet = membersOf(SIGNERS)
  const expectedNext = membersOf([0, 1, 2, 3])
  const reportDigest = digest(5)
  const fields = { reportDigest, slot, signingSet, expectedNext }
  const message = signedMessageOf((bytes) => keccak_256(bytes), fields)
  const session = { message, signingSet, commitments }
  return { started, request: { round: ROUND, slot, reportDigest, expectedNext, session } }
}

describe('signers', () => {
  it('make shares that combine to a signature of the committee', async () => {
    const { started, request } = await startSession(0)
    const shares = await Promise.all(
      started.map(async (signer) => {
        await signer.persist(promised(ROUND, 'share', 5))
        const outcome = signer.signShare(request)
        return outcome.type === 'signed' ? outcome.share : new Uint8Array(0)
      }),
    )
    const combined = frostScheme.combine(groupKey, request.session, shares)
    const signature = combined.type === 'combined' ? combined.signature : new Uint8Array(0)
    const { message } = request.session
    expect(frostScheme.verify(groupKey.publicKey, message, signature)).toBe(true)
  })

  it('refuse a share before its promise is durable, and after its slot was used', async () => {
    const { started, request } = await startSession(1)
    const signer = started[0] as Signer
    const notPromised = { type: 'refused', code: 'NOT_PROMISED' }
    expect(signer.signShare(request)).toEqual(notPromised)
    const writing = signer.persist(promised(ROUND, 'share', 5))
    expect(signer.signShare(request)).toEqual(notPromised)
    await writing
    expect(signer.signShare(request).type).toBe('signed')
    expect(signer.signShare(request)).toEqual({ type: 'refused', code: 'NONCE_GONE' })
    const other = { ...request, reportDigest: digest(6) }
    expect(signer.signShare(other)).toEqual(notPromised)
    await expect(signer.persist(promised(ROUND, 'share', 6))).rejects.toEqual(
      withCode('PROMISE_CONFLICT'),
    )
  })

  it('refuse shares of rounds below the watermark', async () => {
    const { started, request } = await startSession(0)
    const signer = started[0] as Signer
    await signer.persist(promised(ROUND, 'share', 5))
    await signer.persist(promised(ROUND + 1, 'observation', 1))
    expect(signer.watermark).toBe(ROUND + 1)
    expect(signer.signShare(request)).toEqual({ type: 'refused', code: 'NOT_PROMISED' })
    await expect(signer.persist(promised(ROUND, 'late', 1))).rejects.toEqual(
      withCode('PROMISE_ROUND_PAST'),
    )
  })

  it('forget every nonce when they stop, and keep what they promised', async () => {
    const { started, request } = await startSession(0)
    const before = started[0] as Signer
    await before.persist(promised(ROUND, 'share', 5))
    await before.stop()
    const after = await start(0)
    expect(after.watermark).toBe(ROUND)
    expect(after.signShare(request)).toEqual({ type: 'refused', code: 'NONCE_GONE' })
    // Commitments of a round before the start are for show: nobody knows what was answered for it.
    after.prepareNonces(ROUND)
    expect(after.signShare(request)).toEqual({ type: 'refused', code: 'NONCE_GONE' })
  })

  it('give a round one set of commitments, and never those of another', async () => {
    const signer = await start(1)
    const first = signer.prepareNonces(ROUND)
    expect(signer.prepareNonces(ROUND)).toEqual(first)
    expect(signer.prepareNonces(ROUND + 1)).not.toEqual(first)
    signer.eraseNonces(ROUND)
    expect(signer.prepareNonces(ROUND)).not.toEqual(first)
  })

  it('keep nonces coming for many rounds at once', async () => {
    const signer = await start(1)
    const rounds = Array.from({ length: 20 }, (_, index) => index + 1)
    const all = rounds.map((round) => signer.prepareNonces(round))
    const points = all.flat().map(({ hiding }) => Buffer.from(hiding).toString('hex'))
    expect(new Set(points).size).toBe(60)
  })
})

describe('messages signed with the identity key', () => {
  const KINDS = ['observation', 'late', 'proposal0', 'proposal1'] as const
  const bodyOf = (of: Partial<BodyOf>, fill = 3) =>
    bodyLike(committee, { round: ROUND, sender: 1, kind: 'observation', ...of }, digest(fill))
  const promiseFor = (kind: BodyOf['kind'], body: Uint8Array) => {
    return { round: ROUND, kind, digest: digestOfBody(context, body) }
  }

  it('are signed once promised, and verify under the committee key', async () => {
    const signer = await start(1)
    const body = bodyOf({})
    expect(() => signer.signMessage(body)).toThrow(withCode('MESSAGE_NOT_PROMISED'))
    await signer.persist(promiseFor('observation', body))
    const signature = signer.signMessage(body)
    const key = ecdsa.publicKeyOf(identityOf(1))
    expect(ecdsa.verify(signature, digestOfBody(context, body), key)).toBe(true)
  })

  it.each(KINDS)('are refused for a second %s of a round', async (kind) => {
    const signer = await start(1)
    await signer.persist(promiseFor(kind, bodyOf({ kind })))
    expect(() => signer.signMessage(bodyOf({ kind }, 4))).toThrow(withCode('MESSAGE_NOT_PROMISED'))
  })

  it.each(KINDS)('are of the kind that was promised: %s', async (kind) => {
    const signer = await start(1)
    const other = kind === 'late' ? 'observation' : 'late'
    const body = bodyOf({ kind })
    await signer.persist(promiseFor(other, body))
    await signer.persist({ ...promiseFor(other, body), kind: 'share' })
    expect(() => signer.signMessage(body)).toThrow(withCode('MESSAGE_NOT_PROMISED'))
  })

  it('are of the round that was promised, of this member and of this committee', async () => {
    const signer = await start(1)
    const ahead = bodyOf({ round: ROUND + 1_000_000 })
    await signer.persist(promiseFor('observation', ahead))
    expect(() => signer.signMessage(ahead)).toThrow(withCode('MESSAGE_NOT_PROMISED'))
    const elsewhere = bodyOf({})
    elsewhere[2] = ~(elsewhere[2] ?? 0)
    for (const body of [bodyOf({ sender: 2 }), elsewhere, digest(1), new Uint8Array(0)]) {
      expect(() => signer.signMessage(body)).toThrow(withCode('MESSAGE_NOT_OWN'))
    }
  })
})

describe('shares signed with the identity key', () => {
  /** A member that made a share, and the message that carries it. */
  async function makeShare() {
    const { started, request } = await startSession(0)
    const signer = started[0] as Signer
    await signer.persist(promised(ROUND, 'share', 5))
    const outcome = signer.signShare(request)
    if (outcome.type !== 'signed') throw new Error(outcome.code)
    const { slot, reportDigest, expectedNext, session } = request
    const { signingSet } = session
    const share: SignatureShare = {
      type: 'share',
      ...{ round: ROUND, sender: 0, slot, reportDigest, signingSet, expectedNext },
      ...{ inputsDigest: digest(7), share: outcome.share },
    }
    return { signer, share }
  }

  it('leave in one message, which may be signed again', async () => {
    const { signer, share } = await makeShare()
    const sign = (of: SignatureShare) => signer.signMessage(encodeMember(committee, of))
    const before = sign(share)
    expect(sign(share)).toEqual(before)
    const second = { ...share, inputsDigest: digest(8) }
    expect(() => sign(second)).toThrow(withCode('MESSAGE_NOT_OWN'))
  })

  it('are those that were made here, over the report that was promised', async () => {
    const { signer, share } = await makeShare()
    const sign = (of: SignatureShare) => signer.signMessage(encodeMember(committee, of))
    const foreign = { ...share, share: digest(1) }
    expect(() => sign(foreign)).toThrow(withCode('MESSAGE_NOT_OWN'))
    expect(() => sign({ ...share, slot: 1 })).toThrow(withCode('MESSAGE_NOT_OWN'))
    const other = { ...share, reportDigest: digest(6) }
    expect(() => sign(other)).toThrow(withCode('MESSAGE_NOT_PROMISED'))
    const longer = concat(encodeMember(committee, share), digest(1))
    expect(() => signer.signMessage(longer)).toThrow(withCode('MESSAGE_NOT_OWN'))
  })

  it('do not leave after a restart', async () => {
    const { signer, share } = await makeShare()
    await signer.stop()
    const after = await start(0)
    const body = encodeMember(committee, share)
    expect(() => after.signMessage(body)).toThrow(withCode('MESSAGE_NOT_OWN'))
  })
})

describe('a signer that cannot work', () => {
  it("refuses another member's identity key or signing share", async () => {
    await expect(start(1, { identityIndex: 2 })).rejects.toEqual(withCode('IDENTITY_MISMATCH'))
    await expect(start(2, { shareOf: 3 })).rejects.toEqual(withCode('SHARE_MISMATCH'))
  })

  it('says so when asked after it stopped', async () => {
    const signer = await start(1)
    await signer.stop()
    await signer.stop()
    const stopped = withCode('SIGNER_STOPPED')
    expect(() => signer.prepareNonces(1)).toThrow(stopped)
    expect(() => signer.commitHandover(1)).toThrow(stopped)
    expect(() => signer.signMessage(new Uint8Array(0))).toThrow(stopped)
  })
})
