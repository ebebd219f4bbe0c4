import type { PublicClient, WalletClient } from 'viem'
import { beforeEach, describe, expect, test } from 'vitest'
import { settleExpiry } from '../../../../node/client/settle.ts'
import type { ReportSource } from '../../../../node/client/settlement-search.ts'
import type { VerifiedReport } from '../../../../node/client/verify.ts'
import { OracleError } from '../../../../node/errors.ts'

const SETTLEMENT = '0x00000000000000000000000000000000000000aa'
const ACCOUNT = '0x00000000000000000000000000000000000000cc'
const HASH = `0x${'11'.repeat(32)}` as const
const DIGEST = `0x${'22'.repeat(32)}` as const
const EXPIRY = 1_790_323_200
const FIRST = 1_000
/** Ten minutes of rounds of a second. */
const LAST = FIRST + 600
/** Rounds of one answer. */
const PAGE = 2

const refusal = (code: string, status: number) =>
  new OracleError('GATEWAY_REFUSED', 'it answered so', { context: { code, status } })
const NOT_HELD = refusal('CERTIFICATE_NONE', 404)
const BUSY = refusal('API_TOO_MANY_REQUESTS', 429)

/** Rounds that a gateway was asked for, in order. */
let asked: number[]
/** Rounds whose report reached the chain. */
let sent: number[]
/** What the chain says of the expiry, before and after a transaction. */
let price: { value: bigint; isFinal: boolean }
let status: 'success' | 'reverted'
/** Time of the newest block. */
let blockSeconds: number

beforeEach(() => {
  asked = []
  ranges = []
  sent = []
  price = { value: 0n, isFinal: false }
  status = 'success'
  blockSeconds = EXPIRY + 30
})

/** Ranges that a gateway was asked for at once. */
let ranges: { readonly from: number; readonly to: number }[]

/** A gateway that says what it has, a few rounds in one answer. */
function listing(
  rounds: Readonly<Record<number, bigint | null>>,
  said: readonly number[] = Object.keys(rounds).map(Number),
): ReportSource {
  return gateway(rounds, {
    kept: async ({ from, to }) => {
      ranges.push({ from, to })
      const left = said.filter((round) => round >= from && round <= to)
      const page = left.slice(0, PAGE)
      const next = left.length > PAGE ? (page.at(-1) ?? 0) + 1 : null
      return { rounds: page.map((round) => ({ round, hasValue: rounds[round] !== null })), next }
    },
  })
}

/** A gateway that answers for some rounds with a report or an error, and holds no other. */
function gateway(
  rounds: Readonly<Record<number, bigint | null | Error>>,
  changed: Partial<ReportSource> = {},
): ReportSource {
  return {
    committeeDigest: DIGEST,
    feedNames: ['BTC/USD', 'BTC/USD.twap'],
    currentRound: FIRST + 1_000,
    round: async (round) => {
      asked.push(round)
      const held = rounds[round]
      if (held === undefined) throw NOT_HELD
      if (held instanceof Error) throw held
      return { round, feeds: [{ value: held }] } as unknown as VerifiedReport
    },
    kept: async () => null,
    bytesOf: (report) => {
      sent.push(report.round)
      return new Uint8Array(1)
    },
    ...changed,
  }
}

/** A chain whose committee 3 was in office at the expiry. */
function chain() {
  const answers = {
    HUB: '0x00000000000000000000000000000000000000bb',
    settlementRound: [BigInt(FIRST), 3n],
    committee: { digest: DIGEST, roundMs: 1_000 },
    handover: { epoch: 0, next: { activeFromMs: 0 } },
  }
  const publicClient = {
    getChainId: async () => 1,
    getCode: async () => '0x60',
    getBlock: async () => ({ timestamp: BigInt(blockSeconds) }),
    call: async () => ({}),
    waitForTransactionReceipt: async () => ({ status, blockNumber: 1n, gasUsed: 1n }),
    readContract: async ({
      functionName,
      args: [feed = 0n] = [],
    }: {
      functionName: keyof typeof answers | 'settlementPrice'
      args?: readonly bigint[]
    }) => {
      if (functionName !== 'settlementPrice') return answers[functionName]
      if (feed !== 1n) throw new Error(`asked of feed ${feed}`)
      return [price.value, price.isFinal]
    },
  }
  const walletClient = {
    account: { address: ACCOUNT, type: 'json-rpc' },
    getChainId: async () => 1,
    sendTransaction: async () => {
      price = { value: 7n, isFinal: true }
      return HASH
    },
  }
  return {
    publicClient: publicClient as unknown as PublicClient,
    walletClient: walletClient as unknown as WalletClient,
  }
}

const settle = (sources: readonly ReportSource[], feed: string | number = 'BTC/USD.twap') =>
  settleExpiry(sources, { contract: SETTLEMENT, feed, expiry: EXPIRY, ...chain() })

describe('one gateway', () => {
  test('is asked round after round until it has one with a value of the feed', async () => {
    const settled = await settle([gateway({ [FIRST + 1]: null, [FIRST + 3]: 5n })])
    expect(settled).toMatchObject({ value: 7n, isFinal: true, round: FIRST + 3 })
    expect(asked).toEqual([FIRST, FIRST + 1, FIRST + 2, FIRST + 3])
    expect(sent).toEqual([FIRST + 3])
  })

  test('that is busy may hold the round: no later one is brought in its place', async () => {
    const busy = gateway({ [FIRST]: BUSY, [FIRST + 1]: 5n })
    await expect(settle([busy])).rejects.toBe(BUSY)
    expect(asked).toEqual([FIRST])
    expect(sent).toEqual([])
  })

  test('is not asked for rounds that have not opened', async () => {
    const young = gateway({}, { currentRound: FIRST + 1 })
    await expect(settle([young])).rejects.toMatchObject({ code: 'SETTLEMENT_UNCERTIFIED' })
    expect(asked).toEqual([FIRST, FIRST + 1])
  })

  test('is not asked at all when the price is final', async () => {
    price = { value: 9n, isFinal: true }
    const settled = await settle([gateway({ [FIRST]: 5n })])
    expect(settled).toEqual({
      value: 9n,
      isFinal: true,
      round: null,
      missing: 0,
      transaction: null,
    })
    expect(asked).toEqual([])
  })
})

describe('a gateway that says what it has', () => {
  test('is asked for the settlement round alone when it has it', async () => {
    const settled = await settle([listing({ [FIRST]: 5n, [FIRST + 1]: 6n })])
    expect(settled).toMatchObject({ round: FIRST, missing: 0 })
    expect([asked, ranges]).toEqual([[FIRST], []])
  })

  test('and was started again late in the window has what settles, in three questions', async () => {
    const settled = await settle([listing({ [LAST - 10]: 5n, [LAST - 9]: 6n, [LAST - 8]: 7n })])
    expect(settled).toMatchObject({ round: LAST - 10, missing: 590 })
    expect(asked).toEqual([FIRST, LAST - 10])
    expect(ranges).toEqual([{ from: FIRST + 1, to: LAST }])
  })

  test('is asked page after page while its rounds have no value', async () => {
    const rounds = { [FIRST + 2]: null, [FIRST + 3]: null, [FIRST + 7]: null, [FIRST + 9]: 5n }
    expect(await settle([listing(rounds)])).toMatchObject({ round: FIRST + 9, missing: 6 })
    expect(ranges.map(({ from }) => from)).toEqual([FIRST + 1, FIRST + 4])
    expect(asked).toEqual([FIRST, FIRST + 9])
  })

  test('and does not have it after all is asked for the next', async () => {
    const settled = await settle([listing({ [FIRST + 5]: 5n }, [FIRST + 3, FIRST + 5])])
    expect(settled).toMatchObject({ round: FIRST + 5, missing: 5 })
  })

  test('has nothing that the contract takes: how far was looked is said', async () => {
    await expect(settle([listing({ [LAST + 1]: 5n })])).rejects.toMatchObject({
      code: 'SETTLEMENT_UNCERTIFIED',
      context: { round: FIRST, last: LAST },
    })
  })

  test('is asked for nothing behind what another one has', async () => {
    const settled = await settle([listing({ [FIRST + 8]: 5n }), listing({ [FIRST + 6]: 5n })])
    expect(settled).toMatchObject({ round: FIRST + 6, missing: 6 })
    expect(ranges.map(({ to }) => to)).toEqual([LAST, FIRST + 7])
  })
})

describe('several gateways', () => {
  test('of which one lies: the others are asked', async () => {
    const lie = new OracleError('CERTIFICATE_FORGED', 'nobody signed it')
    const settled = await settle([gateway({ [FIRST]: lie }), gateway({ [FIRST]: 5n })])
    expect(settled.round).toBe(FIRST)
  })

  test('of which one holds a round back: the earliest of all counts', async () => {
    const held = [{ [FIRST + 1]: 5n }, { [FIRST + 2]: 5n }, { [FIRST]: 5n }]
    const settled = await settle(held.map((rounds) => gateway(rounds)))
    expect(settled.round).toBe(FIRST)
    // Nothing is asked for that would not come before what is here.
    expect(asked).toEqual([FIRST, FIRST + 1, FIRST, FIRST])
  })

  test('of which none has a round: what the first failed with is said', async () => {
    await expect(settle([gateway({}), gateway({ [FIRST]: BUSY })])).rejects.toBe(BUSY)
  })

  test('of another committee are not asked', async () => {
    const other = gateway({ [FIRST]: 5n }, { committeeDigest: `0x${'33'.repeat(32)}` })
    await expect(settle([other])).rejects.toMatchObject({
      code: 'SETTLEMENT_OF_OTHER_COMMITTEE',
      context: { epoch: 3 },
    })
    expect((await settle([other, gateway({ [FIRST]: 5n })])).round).toBe(FIRST)
    expect(asked).toEqual([FIRST])
  })
})

describe('a feed', () => {
  test('goes by its index on the hub, too', async () => {
    expect((await settle([gateway({ [FIRST]: 5n })], 1)).round).toBe(FIRST)
  })

  test.each([
    ['that no committee has', 'XAU/USD', []],
    ['beyond the last', 2, []],
    ['at another place in the next committee', 'BTC/USD.twap', ['BTC/USD.twap', 'BTC/USD']],
  ])('%s is refused', async (_, feed, feedNames) => {
    const sources = [gateway({}), ...(feedNames.length === 0 ? [] : [gateway({}, { feedNames })])]
    await expect(settle(sources, feed)).rejects.toMatchObject({ code: 'FEED_UNKNOWN' })
  })
})

describe('a feed that not every committee has', () => {
  const OTHER = `0x${'33'.repeat(32)}` as const

  test('is settled by the one that was in office', async () => {
    const before = gateway({}, { committeeDigest: OTHER, feedNames: ['BTC/USD'] })
    expect((await settle([before, gateway({ [FIRST]: 5n })])).round).toBe(FIRST)
    expect(asked).toEqual([FIRST])
  })

  test('is refused when the one in office has none, whatever others have', async () => {
    const own = gateway({}, { feedNames: ['BTC/USD'] })
    const other = gateway({}, { committeeDigest: OTHER })
    await expect(settle([other, own])).rejects.toMatchObject({ code: 'FEED_UNKNOWN' })
  })

  test('has its final price also without a gateway of that committee', async () => {
    price = { value: 9n, isFinal: true }
    const settled = await settle([gateway({}, { committeeDigest: OTHER })])
    expect(settled).toMatchObject({ value: 9n, isFinal: true, transaction: null })
  })
})

describe('a transaction that reverts', () => {
  beforeEach(() => {
    status = 'reverted'
  })

  test('because somebody was faster, is no failure: the price is there', async () => {
    const settled = await settle([gateway({ [FIRST]: 5n })])
    expect(settled).toEqual({
      value: 7n,
      isFinal: true,
      round: null,
      missing: 0,
      transaction: null,
    })
  })

  test('without a price is one', async () => {
    const { publicClient, walletClient } = chain()
    const sendTransaction = async () => HASH
    const options = { contract: SETTLEMENT, feed: 1, expiry: EXPIRY, publicClient } as const
    const wallet = { ...walletClient, sendTransaction } as unknown as WalletClient
    const settling = settleExpiry([gateway({ [FIRST]: 5n })], { ...options, walletClient: wallet })
    await expect(settling).rejects.toMatchObject({ code: 'SUBMIT_REVERTED' })
  })
})

describe('when the ten minutes are over', () => {
  beforeEach(() => {
    blockSeconds = EXPIRY + 601
  })

  test('the round of the expiry is brought', async () => {
    const settled = await settle([gateway({ [FIRST]: 5n })])
    expect(settled).toMatchObject({ round: FIRST, missing: 0, isFinal: true })
  })

  test('no later round is: the contract would refuse it', async () => {
    await expect(settle([gateway({ [FIRST + 1]: 5n })])).rejects.toMatchObject({
      code: 'SETTLEMENT_UNCERTIFIED',
    })
    expect(asked).toEqual([FIRST])
    expect(sent).toEqual([])
  })
})

test('of a committee that the hub has forgotten a price that is final can be told', async () => {
  price = { value: 9n, isFinal: true }
  const { publicClient, walletClient } = chain()
  const { readContract } = publicClient
  publicClient.readContract = (async (call: { readonly functionName: string }) => {
    if (call.functionName === 'settlementRound') throw new Error('CommitteeGone')
    return readContract(call as Parameters<typeof readContract>[0])
  }) as typeof readContract
  const asked = { contract: SETTLEMENT, feed: 1, expiry: EXPIRY } as const
  const options = { ...asked, publicClient, walletClient }
  expect(await settleExpiry([gateway({})], options)).toMatchObject({ value: 9n, isFinal: true })
  price = { value: 0n, isFinal: false }
  await expect(settleExpiry([gateway({})], options)).rejects.toMatchObject({
    code: 'SUBMIT_FAILED',
  })
})
