import { describe, expect, test } from 'vitest'
import type { FeedOnChain } from '../../../../aggregator/delivery/due.ts'
import { BTC, testCommittee } from '../../../support/committee.ts'
import { heldOnChain } from '../../../support/on-chain.ts'
import { opened, ROUND, type Script } from '../../../support/script.ts'

const ALL = 0b1111
const STAGE_MS = 1_000
const TARGET = 'ethereum'

describe('turns (protocol §8.2)', () => {
  const chainRead = (script: Script, feeds: readonly FeedOnChain[]) =>
    script.reports({ type: 'chainRead', nowMs: script.cluster.nowMs, target: TARGET, feeds })
  const transmitted = (script: Script, outcome: 'landed' | 'superseded' | 'failed') =>
    script.reports({
      type: 'transmitted',
      nowMs: script.cluster.nowMs,
      target: TARGET,
      round: ROUND,
      outcome,
    })

  /** A machine that knows the target and holds a certificate with a due feed. */
  function due(stage: number): { readonly script: Script; readonly turnMs: number } {
    const self = opened().order()[stage] as number
    const script = opened({ self })
    chainRead(script, [])
    script.receives(
      script.forge.certificate({ round: ROUND, signingSet: 0b111, expectedNext: ALL }),
    )
    return { script, turnMs: stage * STAGE_MS }
  }

  const reads = (script: Script) => script.all('readChain').length

  test.each([0, 1, 3])(
    'given place %i in the turn order, then it looks that many stages later',
    (stage) => {
      const { script, turnMs } = due(stage)
      if (turnMs > 0) {
        script.waits(turnMs - 1)
        expect(reads(script)).toBe(0)
      }
      script.waits(turnMs)
      expect(reads(script)).toBe(1)
      expect(script.all('transmit')).toEqual([])
    },
  )

  test('given its turn, when the chain lacks the round, then it sends what is due', () => {
    const { script } = due(0)
    chainRead(script, [])
    expect(script.all('transmit')).toMatchObject([{ target: TARGET, feeds: [0] }])
    expect(script.all('transmit')[0]?.certificate.message.round).toBe(ROUND)
  })

  test('given a certificate from before the window, then it is history and is not sent', () => {
    const { script } = due(0)
    script.waits(0, ROUND + 17)
    chainRead(script, [])
    expect(script.all('transmit')).toEqual([])
  })

  test('given its turn, when another one has delivered meanwhile, then it sends nothing', () => {
    const { script } = due(0)
    chainRead(script, [
      heldOnChain({ value: 6_000_000_000_001n, round: ROUND, timestampMs: 5_000 }),
    ])
    expect(script.all('transmit')).toEqual([])
    script.waits(0, ROUND + 30)
    expect(reads(script)).toBe(1)
  })

  test('given a transmission that landed, then it looks at the chain at once', () => {
    const { script } = due(0)
    chainRead(script, [])
    transmitted(script, 'landed')
    expect(reads(script)).toBe(2)
  })

  test('given a transmission that another one overtook, then it looks again one stage later', () => {
    const { script } = due(0)
    chainRead(script, [])
    transmitted(script, 'superseded')
    script.waits(STAGE_MS - 1)
    expect(reads(script)).toBe(1)
    script.waits(STAGE_MS)
    expect(reads(script)).toBe(2)
  })

  test('given a transmission that failed, then it tries again when all others had a turn', () => {
    const { script } = due(0)
    chainRead(script, [])
    transmitted(script, 'failed')
    script.waits(4 * STAGE_MS - 1)
    expect(reads(script)).toBe(1)
    script.waits(4 * STAGE_MS)
    expect(reads(script)).toBe(2)
    chainRead(script, [])
    expect(script.all('transmit')).toHaveLength(2)
  })

  test('given an endpoint that gives no answer, then it is asked again', () => {
    const { script } = due(0)
    expect(reads(script)).toBe(1)
    script.waits(4 * STAGE_MS)
    expect(reads(script)).toBe(2)
    chainRead(script, [])
    expect(script.all('transmit')).toHaveLength(1)
  })

  test('given news of the chain while it sends, then it neither sends twice nor forgets', () => {
    const { script } = due(0)
    chainRead(script, [])
    chainRead(script, [])
    expect(script.all('transmit')).toHaveLength(1)
    expect(reads(script)).toBe(1)
  })

  test('given a newer certificate while it waits, then its turn stays and the newer one is sent', () => {
    const { script, turnMs } = due(1)
    script.waits(0, ROUND + 1)
    script.receives(
      script.forge.certificate({ round: ROUND + 1, signingSet: 0b111, expectedNext: ALL }),
    )
    script.waits(turnMs)
    chainRead(script, [])
    expect(script.all('transmit')[0]?.certificate.message.round).toBe(ROUND + 1)
  })

  test('given a chain that claimed a round of the future, then it is asked again in time', () => {
    // A quarter of the heartbeat is four rounds.
    const feeds = [{ ...BTC, heartbeatMs: 8_000 }]
    const script = opened({ test: testCommittee({ feeds }) })
    const certifies = (round: number): void => {
      script.waits(0, round)
      script.receives(script.forge.certificate({ round, signingSet: 0b111, expectedNext: ALL }))
    }
    chainRead(script, [heldOnChain({ round: 1_000, timestampMs: script.cluster.nowMs + 500_000 })])
    certifies(ROUND + 3)
    script.waits(3 * STAGE_MS, ROUND + 3)
    expect(reads(script)).toBe(0)
    certifies(ROUND + 10)
    script.waits(3 * STAGE_MS, ROUND + 10)
    expect(reads(script)).toBe(1)
    // It only looked: what turns out to be due has its own order of turns.
    chainRead(script, [heldOnChain({ timestampMs: 1 })])
    expect(script.all('transmit')).toEqual([])
    script.waits(6 * STAGE_MS, ROUND + 10)
    expect(reads(script)).toBe(2)
    chainRead(script, [heldOnChain({ timestampMs: 1 })])
    expect(script.all('transmit')).toHaveLength(1)
  })

  test('given a value that is due, is not and is again, then its turn stays', () => {
    const { script, turnMs } = due(1)
    chainRead(script, [
      heldOnChain({ value: 6_000_000_000_001n, round: ROUND, timestampMs: 5_000 }),
    ])
    script.waits(turnMs)
    expect(reads(script)).toBe(1)
  })
})
