import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { contextOf } from '../../aggregator/context.ts'
import { digestOfBody, encodeMember } from '../../aggregator/messages/codec.ts'
import { type Claim, isConflict } from '../../aggregator/messages/conflict.ts'
import type { MemberMessage, Observation } from '../../aggregator/messages/messages.ts'
import { promiseOf, readClaim } from '../../aggregator/promises/promise.ts'
import { signedMessageOf } from '../../aggregator/report/digests.ts'
import { codeOf } from '../../node/errors.ts'
import { cryptoOf, loadEcdsa } from '../../node/keys/native.ts'
import type { PromiseFile, PromiseFiles } from '../../node/keys/promise-file.ts'
import { Promises } from '../../node/keys/promises.ts'
import { Secret } from '../../node/keys/secret.ts'
import { Signer } from '../../node/keys/signer.ts'
import { testCommittee } from '../support/committee.ts'
import { commitmentsOf } from '../support/forge.ts'
import { runs } from '../support/property.ts'

const SELF = 0
const SIGNERS = 0b0111
const made = testCommittee()
const { committee, identityKeys, shares } = made
const context = contextOf(cryptoOf(loadEcdsa({ fallback: 'allow' })), committee)
const OTHERS = [1, 2].map((member) => commitmentsOf(made, context, { member, round: 1 }))
const fill = (byte: number) => new Uint8Array(32).fill(byte)

/** What a broken core may ask of a signer, in any order and any number of times. */
type Asked =
  | { readonly type: 'promise' | 'sign' | 'promiseAndSign'; readonly of: Content }
  | {
      /** Makes a share; `reveal` also promises the report before and signs the message after. */
      readonly type: 'signShare' | 'reveal'
      readonly round: number
      readonly slot: number
      readonly report: number
    }
  | { readonly type: 'erase'; readonly round: number }
  | { readonly type: 'restart' }

/** Names one message; of a share also the shares that a signer made so far. */
interface Content {
  readonly kind: 'observation' | 'late' | 'proposal0' | 'proposal1' | 'share'
  readonly round: number
  readonly sender: number
  readonly variant: number
  readonly slot: number
}

const round = fc.integer({ min: 1, max: 2 })
const slot = fc.integer({ min: 0, max: 1 })
const content: fc.Arbitrary<Content> = fc.record({
  kind: fc.constantFrom('observation', 'late', 'proposal0', 'proposal1', 'share'),
  round,
  sender: fc.constantFrom(SELF, SELF, SELF, 1),
  variant: fc.integer({ min: 0, max: 3 }),
  slot,
})
const about = <T extends string>(type: T) => fc.record({ type: fc.constant(type), of: content })
const asked: fc.Arbitrary<Asked> = fc.oneof(
  { weight: 2, arbitrary: about('promise') },
  { weight: 6, arbitrary: about('promiseAndSign') },
  { weight: 6, arbitrary: about('sign') },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constantFrom('signShare' as const, 'reveal' as const),
      ...{ round, slot, report: fc.integer({ min: 0, max: 1 }) },
    }),
  },
  fc.record({ type: fc.constant('erase' as const), round }),
  fc.record({ type: fc.constant('restart' as const) }),
)

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'parallax-asked-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

test('no order of requests makes two signatures that convict the signer (protocol §9.1)', async () => {
  let signed = 0
  await fc.assert(
    fc.asyncProperty(fc.array(asked, { minLength: 20, maxLength: 50 }), async (requests) => {
      const host = new Host()
      await host.start()
      for (const request of requests) await host.ask(request)
      await host.stop()
      signed += host.claims.length
      for (const one of host.claims) {
        expect(one.message.sender).toBe(SELF)
        expect(host.claims.filter((other) => isConflict(one, other))).toEqual([])
      }
    }),
    runs(40),
  )
  // It says something: there were signatures to compare.
  expect(signed).toBeGreaterThan(50)
})

test('the claim that a signer reads is that of the whole message', () => {
  fc.assert(
    fc.property(content, (of) => {
      const message = messageOf(of, fill(1))
      const claim = readClaim(committee, encodeMember(committee, message))
      expect(message).toMatchObject(claim ?? { type: 'unread' })
      if (claim !== null) expect(promiseOf(claim, fill(9)).kind).toBe(of.kind)
    }),
    runs(200),
  )
})

/** One signer after another over one disk, and all that they signed with the identity key. */
class Host {
  readonly claims: Claim[] = []
  readonly #disk = new MemoryDisk()
  /** Shares that left, by slot: what a core could put into its messages. */
  readonly #left = new Map<string, Uint8Array>()
  #signer: Signer | null = null

  async start(): Promise<void> {
    const [key, share] = [identityKeys[SELF], shares[SELF]]
    if (key === undefined || share === undefined) throw new Error('a member')
    const promises = await Promises.open({ directory }, { files: this.#disk })
    this.#signer = new Signer(
      { context, index: SELF },
      {
        identity: Secret.of(key),
        share: Secret.of(share.secret),
        promises,
        ecdsa: loadEcdsa({ fallback: 'allow' }),
        later: (work) => work(),
      },
    )
    await this.#signer.start()
  }

  async stop(): Promise<void> {
    await this.#signer?.stop()
  }

  async ask(request: Asked): Promise<void> {
    const signer = this.#signer as Signer
    switch (request.type) {
      case 'promise':
        return await this.#promise(signer, request.of)
      case 'sign':
        this.#sign(signer, request.of)
        return
      case 'promiseAndSign':
        await this.#promise(signer, request.of)
        this.#sign(signer, request.of)
        return
      case 'signShare':
        return this.#signShare(signer, request)
      case 'reveal': {
        const of = { ...request, kind: 'share', sender: SELF, variant: request.report } as const
        await this.#promise(signer, of)
        this.#signShare(signer, request)
        return this.#sign(signer, of)
      }
      case 'erase':
        return signer.eraseNonces(request.round)
      case 'restart':
        await this.stop()
        return await this.start()
    }
  }

  #bodyOf(of: Content): Uint8Array {
    const share = this.#left.get(`${of.round} ${of.slot}`) ?? fill(1)
    return encodeMember(committee, messageOf(of, share))
  }

  async #promise(signer: Signer, of: Content): Promise<void> {
    const body = this.#bodyOf(of)
    const claim = readClaim(committee, body)
    if (claim === null) throw new Error('a sound body')
    await signer.persist(promiseOf(claim, digestOfBody(context, body))).catch(refused)
  }

  #sign(signer: Signer, of: Content): void {
    const body = this.#bodyOf(of)
    try {
      signer.signMessage(body)
      const share = this.#left.get(`${of.round} ${of.slot}`) ?? fill(1)
      this.claims.push({ message: messageOf(of, share), digest: digestOfBody(context, body) })
    } catch (error) {
      refused(error)
    }
  }

  #signShare(signer: Signer, of: Extract<Asked, { readonly report: number }>): void {
    const commitments = OTHERS.map((each) => each[of.slot])
    const own = signer.prepareNonces(of.round)[of.slot]
    const reportDigest = fill(of.report)
    const sets = { signingSet: SIGNERS, expectedNext: committee.all }
    const message = signedMessageOf(context.crypto.keccak256, {
      ...{ reportDigest, slot: of.slot },
      ...sets,
    })
    const session = {
      ...{ message, signingSet: SIGNERS },
      commitments: [own, ...commitments].filter((each) => each !== undefined),
    }
    const asked = { round: of.round, slot: of.slot, reportDigest, session }
    const outcome = signer.signShare({ ...asked, expectedNext: committee.all })
    if (outcome.type === 'signed') this.#left.set(`${of.round} ${of.slot}`, outcome.share)
  }
}

function refused(error: unknown): void {
  const codes = [
    'PROMISE_ROUND_PAST',
    'PROMISE_CONFLICT',
    'MESSAGE_NOT_PROMISED',
    'MESSAGE_NOT_OWN',
  ]
  if (!codes.includes(codeOf(error))) throw error
}

function messageOf(of: Content, share: Uint8Array): MemberMessage {
  const { kind, variant, slot } = of
  const header = { round: of.round, sender: of.sender }
  const pair = { expected: committee.all, signing: SIGNERS }
  const sets = { signingSet: SIGNERS, expectedNext: committee.all }
  switch (kind) {
    case 'observation':
      return {
        ...{ type: 'observation', ...header, pair, timestampMs: 0, vouched: 0 },
        ...{ basis: { round: 0, slot: 0 }, values: [BigInt(variant)], sourceCommitment: fill(0) },
        commitments: OTHERS[0] as Observation['commitments'],
      }
    case 'late':
      return { type: 'late', ...header, members: variant }
    case 'share':
      return {
        ...{ type: 'share', ...header, slot, ...sets },
        ...{ reportDigest: fill(variant % 2), inputsDigest: fill(variant), share },
      }
    case 'proposal0':
    case 'proposal1':
      return {
        ...{ type: 'proposal', ...header, rank: kind === 'proposal0' ? 0 : 1 },
        ...{ basis: { round: 0, slot: 0 }, observers: SIGNERS, ...sets },
        observationDigests: [fill(1), fill(2), fill(3)],
        ...{ lates: [], reportDigest: fill(variant), evidence: [] },
      }
  }
}

/** A disk that keeps everything; a signer that starts again finds it. */
class MemoryDisk implements PromiseFiles {
  #bytes = new Uint8Array(0)
  readonly read = () => Promise.resolve(this.#bytes.slice())

  readonly openAt = (_path: string, length: number) => {
    this.#bytes = this.#bytes.slice(0, length)
    return Promise.resolve(this.#file())
  }

  readonly replace = (_path: string, content: Uint8Array) => {
    this.#bytes = Uint8Array.from(content)
    return Promise.resolve(this.#file())
  }

  #file(): PromiseFile {
    return {
      append: (bytes, offset) => {
        const longer = new Uint8Array(offset + bytes.length)
        longer.set(this.#bytes.subarray(0, offset))
        longer.set(bytes, offset)
        this.#bytes = longer
        return Promise.resolve()
      },
      close: () => Promise.resolve(),
    }
  }
}
