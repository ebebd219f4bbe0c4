import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { encodeEvidence } from '../../../../aggregator/keygen/evidence.ts'
import { encodeHandover } from '../../../../aggregator/keygen/exchange.ts'
import type { KeygenOutcome } from '../../../../aggregator/keygen/machine.ts'
import type { Statement } from '../../../../aggregator/keygen/statements.ts'
import { seededBytes } from '../../../../contracts/testing/committee-box.ts'
import type { Judgement } from '../../../../node/gossip/gossip.ts'
import { KeygenSession } from '../../../../node/keygen/session.ts'
import { KeygenSigner } from '../../../../node/keygen/signer.ts'
import { KeygenVault } from '../../../../node/keygen/vault.ts'
import { loadEcdsa } from '../../../../node/keys/native.ts'
import { Secret } from '../../../../node/keys/secret.ts'
import { KeygenCluster } from '../../../support/keygen.ts'

const SELF = 0
const LIAR = 3
const said = new KeygenCluster({ size: 4 }).run()
/** Signatures of other members that were checked. */
let checked: number
const context = {
  ...said.context,
  crypto: {
    ...said.context.crypto,
    verifyMessage: (...given: Parameters<typeof said.context.crypto.verifyMessage>) => {
      checked += 1
      return said.context.crypto.verifyMessage(...given)
    },
  },
}

beforeEach(() => {
  checked = 0
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** One member whose others are all there; the liar alone answers, with this. */
function sessionWith(answer: Uint8Array) {
  const judged: (readonly [number, Judgement])[] = []
  const identity = Secret.of(said.at(SELF).identityKey)
  const promises = { assertPromised: () => undefined }
  const signer = new KeygenSigner(context, {
    identity,
    ecdsa: loadEcdsa({ fallback: 'allow' }),
    promises,
  })
  const sign = (statement: Statement) => signer.sign(statement)
  const vault = new KeygenVault(
    { context, self: SELF },
    { identity, sign, random: seededBytes('session') },
  )
  const asked: number[] = []
  const promised: Uint8Array[] = []
  const session = new KeygenSession(
    {
      context,
      self: SELF,
      timing: { meetMs: 60_000, phaseMs: 60_000 },
      promised: null,
      lingerMs: 1_000,
    },
    {
      network: {
        publish: () => Promise.resolve(),
        request: (to) => {
          asked.push(to)
          return to === LIAR ? Promise.resolve(answer) : Promise.reject(new Error('silent'))
        },
        answer: () => undefined,
        admit: () => true,
        judged: (from, judgement) => judged.push([from, judgement]),
        connected: () => [1, 2, 3],
      },
      disk: {
        promisePackage: async (digest) => void promised.push(digest),
        keepShare: () => Promise.resolve(),
      },
      vault,
      signer,
      onProgress: () => undefined,
      nowMs: () => Date.now(),
    },
  )
  return { session, judged, asked, promised }
}

/** Runs it until the liar was asked once, then to its end. */
async function untilAsked(
  of: ReturnType<typeof sessionWith>,
): Promise<{ readonly outcome: KeygenOutcome; readonly checked: number }> {
  const stop = new AbortController()
  const running = of.session.run(stop.signal)
  while (!of.asked.includes(LIAR)) {
    checked = 0
    await vi.advanceTimersByTimeAsync(50)
  }
  const cost = checked
  stop.abort()
  await vi.advanceTimersByTimeAsync(1_000)
  return { outcome: await running, checked: cost }
}

describe('what a member hands over', () => {
  const packages = said.at(SELF).state.packages.filter((each) => each !== null)
  const [result] = said.at(SELF).state.results
  if (result === null || result === undefined) throw new Error('no result')
  // In order, and convicting nobody: all its signatures are checked before that is known.
  const evidence = { kind: 'result', accused: 0, statements: [result, ...packages] } as const
  const dear = encodeEvidence(said.context, evidence)

  test('nothing is read after what is invalid, and it counts against its sender', async () => {
    const of = sessionWith(encodeHandover(said.context, new Array(17).fill(dear)))
    const { checked: cost } = await untilAsked(of)
    // Its own package is opened, too.
    expect(cost).toBe(1 + 1 + packages.length)
    expect(of.judged).toEqual([[LIAR, { verdict: 'reject', code: 'EVIDENCE_INVALID' }]])
  })

  test('no hand-over at all counts as well', async () => {
    const of = sessionWith(Uint8Array.of(1, 2, 3))
    await untilAsked(of)
    expect(of.judged).toEqual([[LIAR, { verdict: 'reject', code: 'MALFORMED' }]])
  })
})

test('before it makes its package a member asks all others for one of its own', async () => {
  const own = said.at(SELF).state.packages[SELF]
  if (own === null || own === undefined) throw new Error('it has spoken')
  const of = sessionWith(encodeHandover(said.context, [own.bytes]))
  const running = of.session.run(new AbortController().signal)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(await running).toEqual({ type: 'spent' })
  expect(of.asked.toSorted((a, b) => a - b)).toEqual([1, 2, LIAR])
  expect(of.promised).toEqual([])
})
