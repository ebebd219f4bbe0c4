import { randomBytes } from 'node:crypto'
import { signingThresholdOf } from '../../aggregator/committee/quorum.ts'
import { dealForDevelopment } from '../../aggregator/signing/dealer.ts'
import { frostScheme } from '../../aggregator/signing/frost.ts'
import type { SigningSession, ThresholdScheme } from '../../aggregator/signing/threshold.ts'
import { membersOf } from '../../aggregator/values/ids.ts'
import { percentilesOf } from '../../node/devnet/summary.ts'
import { thresholdOf } from '../../node/keys/native.ts'
import type { Bench } from './bench.ts'
import type { Figure } from './figure.ts'

export const signingBench: Bench = {
  name: 'signing',
  about: 'what a signer and a combiner compute in a round, native and in JavaScript',
  run: async ({ nodes, rounds, say }) => {
    const sizes = nodes.length === 0 ? [4, 31] : nodes
    return sizes.flatMap((size) => {
      say(`n = ${size}`)
      return figuresOf(size, rounds ?? 200)
    })
  },
}

const STEPS = ['commit', 'sign', 'combine', 'verify'] as const

/** Milliseconds of each step, the middle of all runs. */
export type SigningMs = Readonly<Record<(typeof STEPS)[number], number>>

function figuresOf(size: number, runs: number): Figure[] {
  // Taking turns: what else the machine does meets both alike.
  const native = collected()
  const reference = collected()
  for (let run = 0; run < runs; run++) {
    signOnce(thresholdOf('native'), size, native)
    signOnce(frostScheme, size, reference)
  }
  const [own, other] = [medians(native), medians(reference)]
  return STEPS.flatMap((step) => [
    {
      name: `signing.n${size}.${step}`,
      value: Math.round(own[step] * 1_000),
      unit: 'µs',
    },
    {
      name: `signing.n${size}.${step}.gain`,
      value: Math.round((other[step] / own[step]) * 10) / 10,
      unit: 'times as fast as @noble/curves',
    },
  ])
}

/** One signature of a committee by a scheme, measured several times. */
export function measureSigning(scheme: ThresholdScheme, size: number): SigningMs {
  const times = collected()
  for (let run = 0; run < 50; run++) signOnce(scheme, size, times)
  return medians(times)
}

type Times = Record<(typeof STEPS)[number], number[]>

const collected = (): Times => ({ commit: [], sign: [], combine: [], verify: [] })

function medians(times: Times): SigningMs {
  const middle = (step: (typeof STEPS)[number]) => percentilesOf(times[step]).p50 ?? Number.NaN
  return {
    commit: middle('commit'),
    sign: middle('sign'),
    combine: middle('combine'),
    verify: middle('verify'),
  }
}

function signOnce(scheme: ThresholdScheme, size: number, times: Times): void {
  const timed = <T>(step: (typeof STEPS)[number], run: () => T): T => {
    const startMs = performance.now()
    const result = run()
    times[step].push(performance.now() - startMs)
    return result
  }
  const { groupKey, signers } = dealtFor(size)
  const nonces = signers.map((share) =>
    timed('commit', () => scheme.commit(share, randomBytes(64))),
  )
  const session: SigningSession = {
    message: randomBytes(32),
    signingSet: membersOf(signers.map(({ index }) => index)),
    commitments: nonces.map(({ commitment }) => commitment),
  }
  const shares = signers.map((share, position) => {
    const nonce = nonces[position]
    if (nonce === undefined) throw new Error('a nonce for each signer')
    // Each member has an object of its own: what one has computed of it helps no other.
    const own = position === 0 ? session : { ...session }
    return timed('sign', () => scheme.sign(groupKey, share, nonce.secret, own))
  })
  const outcome = timed('combine', () => scheme.combine(groupKey, session, shares))
  if (outcome.type !== 'combined') throw new Error('sound shares combine')
  timed('verify', () => scheme.verify(groupKey.publicKey, session.message, outcome.signature))
}

const dealt = new Map<number, ReturnType<typeof deal>>()

function dealtFor(size: number) {
  const known = dealt.get(size) ?? deal(size)
  dealt.set(size, known)
  return known
}

function deal(size: number) {
  const threshold = signingThresholdOf(size, Math.floor((size - 1) / 3))
  const { groupKey, shares } = dealForDevelopment({ members: size, threshold }, (length) =>
    Uint8Array.from(randomBytes(length)),
  )
  return { groupKey, signers: shares.slice(0, threshold) }
}
