import type { Hex, PublicClient } from 'viem'
import { encodeErrorResult, keccak256, parseTransaction, RawContractError } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { priceFeedsAbi } from '../../../../contracts/abi/price-feeds.ts'
import type { FeedsContract } from '../../../../node/chain/chain.ts'
import { EvmChain } from '../../../../node/chain/evm-chain.ts'
import { RpcPool } from '../../../../node/chain/rpc.ts'
import { SILENT_LOG } from '../../../../node/logging.ts'

const NOW_MS = 1_790_000_000_000
const OWN = privateKeyToAccount(`0x${'07'.repeat(32)}`)
const WALLET = OWN.address
const HASH = `0x${'11'.repeat(32)}` as const
const RECEIPT = {
  from: WALLET,
  status: 'success',
  blockNumber: 90n,
  blockHash: `0x${'22'.repeat(32)}`,
  gasUsed: 100_000n,
  effectiveGasPrice: 7n,
}
const BLOCK = { number: 100n, timestamp: BigInt(NOW_MS / 1_000), hash: HASH }
const overtaken = new RawContractError({
  data: encodeErrorResult({ abi: priceFeedsAbi, errorName: 'RoundNotNewer', args: [7n, 7n] }),
})

/** What one endpoint says where it is asked alone; all of them know block 100. */
interface Says {
  readonly gas?: bigint | Error
  readonly baseFeePerGas?: bigint
  readonly receipt?: Partial<typeof RECEIPT> & { readonly from?: Hex }
  /** What a call that reverted says when it is made again. */
  readonly call?: Error
  /** Of its newest block. */
  readonly head?: Readonly<Record<string, unknown>>
  /** Transactions of the block to come; an error where it has none to show. */
  readonly pending?: readonly object[] | Error
}

function chainOf(...endpoints: readonly Says[]): EvmChain {
  const clients = endpoints.map((says) => ({
    getChainId: async () => 1,
    getBlock: async ({ blockTag }: { readonly blockTag?: string }) => {
      const { baseFeePerGas = 9n, pending = [], head = {} } = says
      if (blockTag !== 'pending') return { ...BLOCK, baseFeePerGas, ...head }
      if (pending instanceof Error) throw pending
      return { ...BLOCK, transactions: pending }
    },
    estimateMaxPriorityFeePerGas: async () => 1n,
    estimateGas: async () => {
      const { gas = 100_000n } = says
      if (gas instanceof Error) throw gas
      return gas
    },
    call: async () => {
      if (says.call !== undefined) throw says.call
      return {}
    },
    getTransactionReceipt: async () => ({ ...RECEIPT, ...says.receipt }),
  }))
  const pool = new RpcPool(
    { chain: 'test', chainId: 1, compareEveryMs: 2_000, headAgeMsMax: 60_000, headLagBlocksMax: 3 },
    {
      endpoints: clients.map((client, index) => ({
        name: `endpoint ${index}`,
        client: client as unknown as PublicClient,
      })),
      clock: { nowMs: () => NOW_MS },
      log: SILENT_LOG,
    },
  )
  const contract = {
    address: HASH.slice(0, 42),
    errorNameOf: (data: Hex) => (data === '0x' ? 'StaleReport' : 'RoundNotNewer'),
  } as unknown as FeedsContract
  return new EvmChain(
    { target: 'test', chainId: 1, sender: WALLET },
    { pool, contract, relays: null },
  )
}

test('an endpoint that says first that a call reverts is outvoted', async () => {
  const estimate = await chainOf({ gas: overtaken }, {}, {}).estimateGas('0x')
  expect(estimate).toEqual({ type: 'gas', gas: 100_000n })
  expect(await chainOf({}, { gas: overtaken }, { gas: overtaken }).estimateGas('0x')).toEqual({
    type: 'reverts',
    reason: 'RoundNotNewer',
  })
})

test.each([
  ['too little, so that it would run out', 21_000n],
  ['more than a transaction may take', 30_000_000n],
])('an endpoint that estimates %s does not decide', async (_, gas) => {
  expect(await chainOf({ gas }, {}, {}).estimateGas('0x')).toMatchObject({ gas: 100_000n })
})

test('an endpoint that says first that another delivery came before is outvoted', async () => {
  const stale = { call: new RawContractError({ data: '0x' }) }
  const reasonBy = (...all: readonly Says[]) => chainOf(...all).revertReason('0x', 90)
  expect(await reasonBy({ call: overtaken }, stale, stale)).toBe('StaleReport')
  expect(await reasonBy({ call: new Error('down') }, stale)).toBe('StaleReport')
  expect(await reasonBy({}, {})).toBe('unknown')
  expect(await reasonBy({ call: new Error('down') })).toBe('unknown')
})

test('of two estimates the higher counts: what is not used costs nothing', async () => {
  expect(await chainOf({ gas: 21_000n }, {}).estimateGas('0x')).toMatchObject({ gas: 100_000n })
})

test('an endpoint that fails leaves the estimate to the others', async () => {
  const estimate = await chainOf({ gas: new Error('down') }, {}).estimateGas('0x')
  expect(estimate).toMatchObject({ gas: 100_000n })
  await expect(chainOf({ gas: new Error('down') }).estimateGas('0x')).rejects.toMatchObject({
    code: 'RPC_ALL_FAILED',
  })
})

test.each([
  ['nothing', 0n],
  ['more than is ever paid', 10n ** 18n],
])('of two endpoints one that quotes %s is not followed twice', async (_, baseFeePerGas) => {
  const chain = chainOf({ baseFeePerGas }, {})
  const quotes = [await chain.quoteFees('first'), await chain.quoteFees('replacement')]
  expect(quotes.map((quote) => quote.baseFeePerGas)).toContain(9n)
})

test('of three endpoints one that quotes nothing is never followed', async () => {
  const chain = chainOf({ baseFeePerGas: 0n }, {}, {})
  expect(await chain.quoteFees('first')).toEqual({ baseFeePerGas: 9n, priorityFeePerGas: 1n })
  expect(await chain.quoteFees('replacement')).toMatchObject({ baseFeePerGas: 9n })
})

test('a cost that no majority confirms is not agreed: two endpoints differ', async () => {
  const cheap = { receipt: { gasUsed: 1n } }
  expect(await chainOf(cheap, {}).receipt(HASH)).toMatchObject({ isAgreed: false })
  expect(await chainOf({}, {}).receipt(HASH)).toMatchObject({ gasUsed: 100_000n, isAgreed: true })
  expect(await chainOf(cheap, {}, {}).receipt(HASH)).toMatchObject({
    gasUsed: 100_000n,
    isAgreed: true,
  })
})

test('a receipt of somebody else is none of ours, whatever called its hash ours', async () => {
  const foreign = { receipt: { from: '0x00000000000000000000000000000000000000BB' } } as const
  expect(await chainOf(foreign).receipt(HASH)).toBeNull()
})

test.each([
  ['a number that no chain reaches', { number: 2n ** 2_000n }],
  ['no number', { number: null }],
  ['a time beyond all times', { timestamp: 2n ** 64n }],
  ['no time', { timestamp: undefined }],
])('an endpoint whose newest block has %s is left out by name', async (_, head) => {
  await expect(chainOf({ head }).head()).rejects.toMatchObject({ code: 'RPC_NONE_USABLE' })
  expect(await chainOf({ head }, {}).head()).toBe(100)
})

describe('what an earlier process left behind', () => {
  const NONCE = 5

  /** As an endpoint shows it in the block to come. */
  async function left(
    maxFeePerGas: bigint,
    { by = OWN, chainId = 1, nonce = NONCE, type = 'eip1559' as 'eip1559' | 'legacy' } = {},
  ) {
    const call = { chainId, nonce, gas: 90_000n, to: WALLET, data: '0x1234' } as const
    const signed = await (type === 'legacy'
      ? by.signTransaction({ ...call, type, gasPrice: maxFeePerGas })
      : by.signTransaction({ ...call, type, maxFeePerGas, maxPriorityFeePerGas: 1n }))
    const shown = { from: WALLET, input: '0x1234', value: 0n, accessList: [] }
    return { ...parseTransaction(signed), ...shown, hash: keccak256(signed) }
  }

  test('is what the wallet offered most for, whichever endpoint knows of it', async () => {
    const [cheap, dear] = [await left(20n), await left(30n)]
    const fees = { maxFeePerGas: 30n, maxPriorityFeePerGas: 1n }
    for (const known of [
      [[], [cheap], [dear]],
      [[dear], [cheap], []],
    ]) {
      const chain = chainOf(...known.map((pending) => ({ pending })))
      expect(await chain.pending(NONCE)).toEqual({ hash: dear.hash, fees })
    }
    expect(await chainOf({ pending: [] }, {}).pending(NONCE)).toBeNull()
  })

  test('may be of before there were two fees', async () => {
    const legacy = await left(30n, { type: 'legacy' })
    const fees = { maxFeePerGas: 30n, maxPriorityFeePerGas: 30n }
    expect(await chainOf({ pending: [legacy] }).pending(NONCE)).toEqual({ hash: legacy.hash, fees })
  })

  test('is signed by the wallet: no endpoint makes up what was offered', async () => {
    const own = await left(20n)
    const stranger = privateKeyToAccount(`0x${'08'.repeat(32)}`)
    const madeUp = [
      { ...own, maxFeePerGas: 10n ** 12n },
      { ...own, maxFeePerGas: 1n, maxPriorityFeePerGas: 0n },
      await left(10n ** 12n, { by: stranger }),
      await left(10n ** 12n, { chainId: 10 }),
      await left(10n ** 12n, { chainId: 10, type: 'legacy' }),
      await left(10n ** 12n, { nonce: NONCE + 1 }),
      { ...(await left(10n ** 12n, { nonce: NONCE + 1 })), nonce: NONCE },
      { ...own, maxFeePerGas: 10n ** 12n, r: undefined },
      { ...own, maxFeePerGas: 10n ** 12n, input: `0x${'00'.repeat(1_000_000)}` },
      { ...own, maxFeePerGas: 10n ** 12n, input: 7 },
      { ...own, from: null },
      null,
    ] as readonly object[]
    for (const lie of madeUp) {
      const chain = chainOf({ pending: [lie] }, { pending: [own] })
      expect(await chain.pending(NONCE)).toMatchObject({ hash: own.hash })
      expect(await chainOf({ pending: [lie] }, {}).pending(NONCE)).toBeNull()
    }
  })

  test('is told by the endpoints that answer', async () => {
    const [own, silent] = [await left(20n), { pending: new Error('down') }]
    const known = await chainOf(silent, { pending: [own] }).pending(NONCE)
    expect(known).toMatchObject({ hash: own.hash })
    const failing = chainOf(silent, silent).pending(NONCE)
    await expect(failing).rejects.toMatchObject({ code: 'RPC_ALL_FAILED' })
  })
})
