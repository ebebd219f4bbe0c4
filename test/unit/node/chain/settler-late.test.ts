import type { PublicClient } from 'viem'
import { expect, test } from 'vitest'
import { openingOf } from '../../../../aggregator/committee/committee.ts'
import { settlementRoundsOf } from '../../../../aggregator/delivery/settlement.ts'
import type { Call, CallEnd } from '../../../../node/chain/calls.ts'
import type { Ask } from '../../../../node/chain/rpc.ts'
import { Settler } from '../../../../node/chain/settler.ts'
import { SILENT_LOG } from '../../../../node/logging.ts'
import { certifier, valuesAt } from '../../../support/certificates.ts'

const { context, certify } = certifier()
const HUB = '0x00000000000000000000000000000000000000bb'
const CONTRACT = '0x00000000000000000000000000000000000000aa'
const DAY = 86_400
/** A midnight a few days after the genesis. */
const EXPIRY = Math.ceil(openingOf(context.committee, 3 * 172_800) / (DAY * 1_000)) * DAY
const MINUTE_MS = 60_000
const { first } = settlementRoundsOf(context.committee, EXPIRY) ?? { first: 0 }
const { message: certificate } = certify(first, valuesAt(first, 1))

/** A chain whose endpoints answer and whose blocks take nothing until its sequencer is back. */
class StandingChain {
  isUp = false
  isFinal = false
  epoch = 1
  calls = 0

  readonly readNow = <T>(ask: Ask<T>): Promise<T> => {
    const answers = {
      HUB,
      settlementRound: [1n, BigInt(this.epoch)],
      settlementPrice: [this.isFinal ? 7n : 0n, this.isFinal],
    }
    const readContract = async (call: { readonly functionName: keyof typeof answers }) =>
      answers[call.functionName]
    return ask({ readContract } as unknown as PublicClient, 1n)
  }

  readonly call = async (_call: Call): Promise<CallEnd> => {
    this.calls += 1
    if (!this.isUp) return { outcome: 'failed', code: 'TRANSMIT_STUCK', detail: 'nonce 5' }
    this.isFinal = true
    return { outcome: 'mined', hash: '0x01', gasUsed: 1n }
  }
}

/** Members of a committee that look once in half a minute, from the expiry on. */
function watching(chain: StandingChain) {
  let nowMs = EXPIRY * 1_000
  const outcomes: string[] = []
  const schedule = { stepSeconds: DAY, offsetSeconds: 0 }
  const settlers = context.committee.params.members.map(
    (_, self) =>
      new Settler(
        { name: 'test', hub: HUB, self, plans: [{ contract: CONTRACT, feed: 0, schedule }] },
        {
          context,
          target: {
            call: chain.call,
            readNow: chain.readNow,
            encodeReport: () => '0x',
            get epoch() {
              return 1
            },
          },
          certificateOf: (round) => (round === first ? certificate : null),
          clock: { nowMs: () => nowMs },
          log: SILENT_LOG,
          onOutcome: (outcome) => outcomes.push(outcome),
        },
      ),
  )
  const lookUntil = async (ageMs: number) => {
    for (; nowMs <= EXPIRY * 1_000 + ageMs; nowMs += MINUTE_MS / 2) {
      for (const settler of settlers) await settler.look()
    }
  }
  return { lookUntil, outcomes, settlers }
}

test('a sequencer that stands is tried at growing distances, and one member settles then', async () => {
  const chain = new StandingChain()
  const { lookUntil, outcomes, settlers } = watching(chain)
  await lookUntil(12 * MINUTE_MS)
  const before = chain.calls
  await lookUntil(3 * 60 * MINUTE_MS)
  // Each of the members once in an eighth of the age: ln(180 / 12) / ln(9 / 8) = 23.
  expect(chain.calls - before).toBe(23 * settlers.length)
  chain.isUp = true
  await lookUntil(3.5 * 60 * MINUTE_MS)
  expect(outcomes).toEqual(['settled'])
  expect(settlers.flatMap((settler) => settler.view())).toEqual([])
})

test('an expiry that the hub counts to another committee is left to that one', async () => {
  const chain = new StandingChain()
  const { lookUntil, outcomes, settlers } = watching(chain)
  await lookUntil(20 * MINUTE_MS)
  chain.epoch = 3
  await lookUntil(60 * MINUTE_MS)
  const tried = chain.calls
  await lookUntil(120 * MINUTE_MS)
  expect(chain.calls).toBe(tried)
  expect(settlers.flatMap((settler) => settler.view())).toEqual([])
  expect(outcomes).toEqual([])
})
