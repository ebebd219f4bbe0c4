import type { PublicClient } from 'viem'
import { describe, expect, test } from 'vitest'
import type { Ask } from '../../../../node/chain/rpc.ts'
import type { SettlementScene } from '../../../../node/doctor/settlement-findings.ts'
import {
  settlementFindings,
  settlementPayFinding,
} from '../../../../node/doctor/settlement-findings.ts'

const HUB = '0x00000000000000000000000000000000000000aa'
const SETTLEMENT = '0x00000000000000000000000000000000000000bb'
const MARKET = '0x00000000000000000000000000000000000000cc'
/** 2026-09-25 08:00:00 UTC, a Friday. */
const EIGHT = 1_790_323_200
const NAMES = ['BTC/USD', 'BTC/USD.twap']

/** A chain with a hub, its Settlement, and a market whose offers expire then. */
function chain(
  changed: { readonly hub?: string; readonly onHub?: string; offers?: number[] } = {},
) {
  const { hub = HUB, onHub = 'BTC/USD.twap', offers = [] } = changed
  const answers = {
    HUB: () => hub,
    settlementPrice: () => [0n, false],
    feedConfig: () => ({ name: onHub }),
    SETTLEMENT: () => SETTLEMENT,
    SETTLEMENT_FEED: () => 1,
    offerCount: () => BigInt(offers.length),
    offer: (id: bigint) => ({ series: BigInt(offers[Number(id) - 1] ?? 0) << 72n }),
  }
  const readContract = async (call: {
    readonly functionName: keyof typeof answers
    readonly args?: readonly [bigint]
  }) => answers[call.functionName](call.args?.[0] ?? 0n)
  return <T>(ask: Ask<T>) => ask({ readContract } as unknown as PublicClient, 1n)
}

type Settlements = SettlementScene['config']['settlements']

const daily = { stepSeconds: 86_400, offsetSeconds: 8 * 3_600 }
const OF_FEED: Settlements = [{ contract: SETTLEMENT, feed: 'BTC/USD.twap', expiries: daily }]

async function found(settlements: Settlements, readNow = chain()) {
  const config = { name: 'local', contract: HUB, settlements } as const
  const findings = await settlementFindings({
    ...{ config, feedNames: NAMES, nowMs: EIGHT * 1_000, readNow },
  })
  return findings.map(({ check, verdict, code, seen }) => ({ check, verdict, code, seen }))
}

describe('a feed that is settled by a schedule', () => {
  test('is shown with its next expiry: the one that is due now is not ahead', async () => {
    expect(await found(OF_FEED)).toEqual([
      {
        ...{ check: 'settlement of BTC/USD.twap on local', verdict: 'ok', code: 'OK' },
        seen: `${SETTLEMENT} hears this hub; next expiry 2026-09-26 08:00`,
      },
    ])
  })

  test('on the Settlement of another hub is a fault', async () => {
    const [finding] = await found(OF_FEED, chain({ hub: SETTLEMENT }))
    expect(finding).toMatchObject({ verdict: 'fault', code: 'CONTRACT_SETTLEMENT_DIFFERS' })
  })

  test('that has another name on the hub is a fault', async () => {
    const [finding] = await found(OF_FEED, chain({ onHub: 'ETH/USD.twap' }))
    expect(finding).toMatchObject({ verdict: 'fault', code: 'SETTLEMENT_FEED_DIFFERS' })
  })
})

describe('a market', () => {
  test.each([
    ['with offers', [EIGHT - 60, EIGHT + 120, EIGHT + 60, 0], '2026-09-25 08:01, 1 more to come'],
    ['without any', [EIGHT - 60], 'no offers for expiries to come'],
  ])('%s is shown with what is ahead', async (_, offers, seen) => {
    const [finding] = await found([{ market: MARKET }], chain({ offers }))
    expect(finding?.verdict).toBe('ok')
    expect(finding?.seen).toMatch(new RegExp(`^settles by BTC/USD.twap; .*${seen}$`))
  })
})

describe('a market with many offers', () => {
  const past = (count: number) => Array.from({ length: count }, () => EIGHT - 60)

  test('is read to its last one', async () => {
    const offers = [...past(1_100), EIGHT + 60]
    const [finding] = await found([{ market: MARKET }], chain({ offers }))
    expect(finding?.seen).toMatch(/next expiry 2026-09-25 08:01, 0 more to come$/)
  })

  test('beyond what a doctor has time for is read in part, which is said', async () => {
    const [finding] = await found([{ market: MARKET }], chain({ offers: past(17_000) }))
    expect(finding?.seen).toMatch(/no offers for expiries to come among the first 16144 offers$/)
  })
})

describe('who pays', () => {
  const GWEI = 10n ** 9n
  const ETHER = 10n ** 18n
  const QUOTE = { baseFeePerGas: 24n * GWEI, priorityFeePerGas: 2n * GWEI }
  const CAPS = { feePerGasMax: 100n * GWEI, priorityFeePerGasMax: 3n * GWEI }
  test.each([
    ['enough', ETHER, ETHER, 'ok', 'OK'],
    ['too little in the wallet', 10n ** 15n, ETHER, 'fault', 'WALLET_EMPTY'],
    ['less than one a day', ETHER, 10n ** 15n, 'warning', 'SPENDING_CEILING_REACHED'],
  ] as const)('has %s', (_, balanceWei, spendPerDayWeiMax, verdict, code) => {
    const seen = { balanceWei, spendPerDayWeiMax, quote: QUOTE, caps: CAPS }
    expect(settlementPayFinding('settlements', seen)).toMatchObject({ verdict, code })
  })

  test('needs what the sender would ask for: a quarter more gas, at twice the base fee', () => {
    // 125,000 gas at 2 · 24 + 2 gwei.
    const costWei = 125_000n * 50n * GWEI
    const code = (balanceWei: bigint, spendPerDayWeiMax: bigint) =>
      settlementPayFinding('pays', { balanceWei, spendPerDayWeiMax, quote: QUOTE, caps: CAPS }).code
    expect(code(costWei, costWei)).toBe('OK')
    expect(code(costWei - 1n, costWei)).toBe('WALLET_EMPTY')
    expect(code(costWei, costWei - 1n)).toBe('SPENDING_CEILING_REACHED')
  })

  test('pays for nothing while the base fee is over the cap', () => {
    const caps = { ...CAPS, feePerGasMax: 24n * GWEI }
    const seen = { balanceWei: ETHER, spendPerDayWeiMax: ETHER, quote: QUOTE, caps }
    const finding = settlementPayFinding('settlements', seen)
    expect(finding).toMatchObject({ verdict: 'warning', code: 'TRANSMIT_FEE_OVER_CAP' })
  })
})
