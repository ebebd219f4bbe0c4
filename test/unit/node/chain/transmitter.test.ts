import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { privateKeyToAccount } from 'viem/accounts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Certificate } from '../../../../aggregator/messages/messages.ts'
import { TransactionSender } from '../../../../node/chain/sender.ts'
import { Spending } from '../../../../node/chain/spending.ts'
import type { TransmitterEvent } from '../../../../node/chain/transmission.ts'
import { Transmitter } from '../../../../node/chain/transmitter.ts'
import { OracleError } from '../../../../node/errors.ts'
import { createLog, SILENT_LOG } from '../../../../node/logging.ts'
import { FakeChain, GWEI } from './fake-chain.ts'

const POLL_MS = 1_000
const BUMP_MS = 5_000

let directory: string
let chain: FakeChain
let spending: Spending
let nowMs: number
let events: TransmitterEvent[]
/** What the log has as an error. */
let alarms: string[]
/** What happens in the world at the n-th pause of the transmitter, counted from 1. */
let script: Map<number, () => void>
/** What happens at every pause that has no line in the script. */
let otherwise: () => void
let pauses: number
let transmitter: Transmitter

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parallax-spending-'))
  chain = new FakeChain()
  nowMs = 1_790_000_000_000
  events = []
  alarms = []
  script = new Map()
  otherwise = () => undefined
  pauses = 0
  transmitter = build()
})

afterEach(async () => {
  await transmitter.stop()
  await rm(directory, { recursive: true })
})

function build(options: { readonly confirmations?: number; readonly ceilingWei?: bigint } = {}) {
  const clock = { nowMs: () => nowMs }
  spending = new Spending({ file: join(directory, 'spending.json') })
  const account = privateKeyToAccount(`0x${'11'.repeat(32)}`)
  const log = createLog({ level: 'error', format: 'json' }, { write: (line) => alarms.push(line) })
  const sender = new TransactionSender(
    {
      chainId: 31_337,
      caps: { feePerGasMax: 100n * GWEI, priorityFeePerGasMax: 2n * GWEI },
      gasMax: 1_000_000n,
      spendPerDayWeiMax: options.ceilingWei ?? 10n ** 18n,
      balanceWeiMin: 10n ** 16n,
    },
    { chain, account, spending, clock, log },
  )
  return new Transmitter(
    {
      target: 'test',
      confirmations: options.confirmations ?? 1,
      pollEveryMs: POLL_MS,
      bumpAfterMs: BUMP_MS,
      bumpsMax: 3,
    },
    {
      chain,
      sender,
      clock,
      log: SILENT_LOG,
      onEvent: (event) => events.push(event),
      pause: async (ms, signal) => {
        await new Promise((resolve) => setImmediate(resolve))
        signal.throwIfAborted()
        nowMs += ms
        pauses++
        const happens = script.get(pauses) ?? otherwise
        happens()
      },
    },
  )
}

function request(round: number, ...feeds: readonly number[]) {
  const certificate = { round } as unknown as Certificate
  return { certificate, feeds }
}

test('a delivery lands with the first unused nonce and its cost is counted', async () => {
  await transmitter.start()
  script.set(1, () => chain.mine())
  const transmission = await transmitter.transmit(request(7, 0, 2))
  expect(transmission).toMatchObject({
    outcome: 'landed',
    round: 7,
    feeds: [0, 2],
    gasUsed: 40_000n,
  })
  expect(chain.sends).toMatchObject([
    { nonce: 5, fees: { maxFeePerGas: 21n * GWEI, maxPriorityFeePerGas: GWEI } },
  ])
  expect(spending.spentWei(nowMs)).toBe(40_000n * 10n * GWEI)
})

test.each([
  ['a slot of each history', [0, 2], 40_000n + 2n * 20_000n],
  ['a quarter more where there is none', [100, 101, 102, 103], 50_000n],
])('a delivery brings gas for %s', async (_what, feeds, gas) => {
  await transmitter.start()
  otherwise = () => chain.mine()
  expect(await transmitter.transmit(request(7, ...feeds))).toMatchObject({ outcome: 'landed' })
  expect(chain.sends).toMatchObject([{ gas }])
})

test('feeds that the chain already has from this round or a newer one are not sent', async () => {
  await transmitter.start()
  chain.othersDeliver(7, [0])
  script.set(1, () => chain.mine())
  expect(await transmitter.transmit(request(7, 0, 2))).toMatchObject({ feeds: [2] })
  expect(await transmitter.transmit(request(6, 0, 2))).toEqual({ outcome: 'superseded', round: 6 })
  expect(chain.sends).toHaveLength(1)
})

test('a transaction that the pool dropped is replaced, an eighth dearer', async () => {
  await transmitter.start()
  script.set(1, () => {
    chain.pool = null
  })
  script.set(6, () => chain.mine())
  expect(await transmitter.transmit(request(7, 0))).toMatchObject({ outcome: 'landed' })
  const [first, second] = chain.sends
  expect(second?.nonce).toBe(first?.nonce)
  expect(second?.fees.maxFeePerGas).toBeGreaterThanOrEqual((21n * GWEI * 1_125n) / 1_000n)
  expect(second?.fees.maxPriorityFeePerGas).toBeGreaterThanOrEqual((GWEI * 1_125n) / 1_000n)
})

test('a newer round takes the nonce and the feeds of an older one that is stuck', async () => {
  await transmitter.start()
  const older = transmitter.transmit(request(7, 0))
  let newer: ReturnType<Transmitter['transmit']> | null = null
  script.set(2, () => {
    newer = transmitter.transmit(request(8, 1))
  })
  script.set(6, () => chain.mine())
  expect(await older).toEqual({ outcome: 'superseded', round: 7 })
  expect(await newer).toMatchObject({ outcome: 'landed', round: 8, feeds: [0, 1] })
  expect(chain.sends.map(({ nonce }) => nonce)).toEqual([5, 5])
})

test('a newer round that waited behind a delivery of the same feeds gives way to it', async () => {
  await transmitter.start()
  const older = transmitter.transmit(request(7, 0, 1))
  let newer: ReturnType<Transmitter['transmit']> | null = null
  script.set(1, () => {
    newer = transmitter.transmit(request(8, 1))
    chain.mine()
  })
  expect(await older).toMatchObject({ outcome: 'landed', round: 7 })
  expect(await newer).toEqual({ outcome: 'superseded', round: 8 })
  expect(chain.sends).toHaveLength(1)
})

test('while the base fee exceeds the cap nothing is sent', async () => {
  await transmitter.start()
  chain.baseFeePerGas = 100n * GWEI
  expect(await transmitter.transmit(request(7, 0))).toMatchObject({
    outcome: 'failed',
    code: 'TRANSMIT_FEE_OVER_CAP',
  })
  expect(chain.sends).toEqual([])
})

test('a first offer that an endpoint quoted far too low costs one raise', async () => {
  chain.firstQuote = 0n
  await transmitter.start()
  otherwise = () => chain.mine()
  expect(await transmitter.transmit(request(7, 0))).toMatchObject({ outcome: 'landed' })
  expect(chain.sends.map(({ fees }) => fees.maxFeePerGas / GWEI)).toEqual([1n, 21n])
})

test('raises end at the cap, and a transaction dropped there is sent again as it was', async () => {
  await transmitter.start()
  chain.baseFeePerGas = 45n * GWEI
  otherwise = () => {
    chain.baseFeePerGas = 99n * GWEI
    if (pauses === 20) chain.pool = null
    if (pauses === 24) chain.mine()
  }
  await transmitter.transmit(request(7, 0))
  for (const { fees } of chain.sends) expect(fees.maxFeePerGas).toBeLessThanOrEqual(100n * GWEI)
})

test('a transaction that never gets into a block is given up after its time', async () => {
  await transmitter.start()
  expect(await transmitter.transmit(request(7, 0))).toMatchObject({ code: 'TRANSMIT_STUCK' })
  expect(pauses).toBeGreaterThanOrEqual((5 * BUMP_MS) / POLL_MS)
  expect(chain.sends).toHaveLength(4)
})

test('after a delivery was given up, its nonce is used by the next one', async () => {
  await transmitter.start()
  await transmitter.transmit(request(7, 0))
  otherwise = () => chain.mine()
  await transmitter.transmit(request(60, 0))
  expect(new Set(chain.sends.map(({ nonce }) => nonce)).size).toBeLessThanOrEqual(2)
})

test('a call that would revert is named and not sent', async () => {
  await transmitter.start()
  chain.estimate = { type: 'reverts', reason: 'FutureReport' }
  expect(await transmitter.transmit(request(7, 0))).toMatchObject({
    code: 'TRANSMIT_REVERTED',
    detail: 'FutureReport',
  })
  expect(chain.sends).toEqual([])
})

test('a call that would revert because another transmitter was first is superseded', async () => {
  await transmitter.start()
  const { encodeUpdate } = chain
  chain.encodeUpdate = (certificate, feeds) => {
    chain.othersDeliver(7, [0])
    chain.estimate = { type: 'reverts', reason: 'StaleReport' }
    return encodeUpdate(certificate, feeds)
  }
  expect(await transmitter.transmit(request(7, 0))).toEqual({ outcome: 'superseded', round: 7 })
})

test('a call that reverts on what another transmitter has in the pool is superseded', async () => {
  await transmitter.start()
  chain.estimate = { type: 'reverts', reason: 'Overtaken' }
  expect(await transmitter.transmit(request(7, 0))).toEqual({ outcome: 'superseded', round: 7 })
  expect(chain.sends).toEqual([])
})

test('a revert in a block is named, counted as spent, and the next delivery works', async () => {
  await transmitter.start()
  script.set(1, () => {
    chain.isMiningReverted = true
    chain.mine()
  })
  expect(await transmitter.transmit(request(7, 0))).toMatchObject({
    code: 'TRANSMIT_REVERTED',
    detail: 'StaleReport',
  })
  expect(spending.spentWei(nowMs)).toBeGreaterThan(0n)
  chain.isMiningReverted = false
  otherwise = () => chain.mine()
  expect(await transmitter.transmit(request(8, 0))).toMatchObject({ outcome: 'landed' })
})

test('a delivery counts as landed at its depth only', async () => {
  transmitter = build({ confirmations: 3 })
  await transmitter.start()
  const mined: number[] = []
  otherwise = () => {
    chain.mine()
    mined.push(chain.blockNumber)
  }
  const transmission = await transmitter.transmit(request(7, 0))
  expect(transmission).toMatchObject({ outcome: 'landed', blockNumber: mined[0] })
  expect(mined.length).toBeGreaterThanOrEqual(3)
})

test('a delivery that a reorganisation takes out has failed', async () => {
  transmitter = build({ confirmations: 3 })
  await transmitter.start()
  script.set(1, () => chain.mine())
  script.set(2, () => {
    const [sent] = chain.sends
    if (sent !== undefined) chain.reorganise(sent.hash)
  })
  otherwise = () => chain.mine()
  expect(await transmitter.transmit(request(7, 0))).toMatchObject({ code: 'TRANSMIT_REORGED' })
})

test('while one delivery waits for confirmations, the next one is sent', async () => {
  transmitter = build({ confirmations: 4 })
  await transmitter.start()
  let second: ReturnType<Transmitter['transmit']> | null = null
  script.set(2, () => {
    second = transmitter.transmit(request(8, 0))
  })
  otherwise = () => chain.mine()
  expect(await transmitter.transmit(request(7, 0))).toMatchObject({ outcome: 'landed' })
  expect(chain.sends.map(({ nonce }) => nonce)).toEqual([5, 6])
  expect(await second).toMatchObject({ outcome: 'landed', round: 8 })
})

test('the ceiling of a day holds over a restart', async () => {
  // One delivery may cost 60,000 gas × 21 gwei; it does cost 40,000 × 10.
  transmitter = build({ ceilingWei: 60_000n * 21n * GWEI + 1n })
  await transmitter.start()
  otherwise = () => chain.mine()
  expect(await transmitter.transmit(request(7, 0))).toMatchObject({ outcome: 'landed' })
  await transmitter.stop()
  transmitter = build({ ceilingWei: 60_000n * 21n * GWEI + 1n })
  await transmitter.start()
  expect(await transmitter.transmit(request(8, 0))).toMatchObject({
    code: 'SPENDING_CEILING_REACHED',
  })
  nowMs += 26 * 3_600_000
  expect(await transmitter.transmit(request(9, 0))).toMatchObject({ outcome: 'landed' })
})

test('an empty wallet is named and nothing is sent', async () => {
  await transmitter.start()
  chain.balance = 1n
  expect(await transmitter.transmit(request(7, 0))).toMatchObject({ code: 'WALLET_EMPTY' })
  expect(chain.sends).toEqual([])
})

test('an unreachable chain fails the delivery and nothing else', async () => {
  chain.outage = new OracleError('RPC_NONE_USABLE', 'all down')
  await transmitter.start()
  expect(await transmitter.transmit(request(7, 0))).toMatchObject({ code: 'RPC_NONE_USABLE' })
  chain.outage = null
  otherwise = () => chain.mine()
  expect(await transmitter.transmit(request(8, 0))).toMatchObject({ outcome: 'landed' })
})

test('an outage while one is in flight is waited out', async () => {
  await transmitter.start()
  script.set(1, () => {
    chain.outage = new OracleError('RPC_ALL_FAILED', 'down')
  })
  script.set(3, () => {
    chain.outage = null
    chain.mine()
  })
  expect(await transmitter.transmit(request(7, 0))).toMatchObject({ outcome: 'landed' })
})

test('a nonce that was used elsewhere is given up and the delivery sent anew', async () => {
  await transmitter.start()
  script.set(1, () => chain.nonceUsedElsewhere())
  script.set(3, () => chain.mine())
  expect(await transmitter.transmit(request(7, 0))).toMatchObject({ outcome: 'landed' })
  expect(chain.sends.map(({ nonce }) => nonce)).toEqual([5, 6])
})

test('a transaction of an earlier process is adopted and replaced, without a gap', async () => {
  const fees = { maxFeePerGas: 30n * GWEI, maxPriorityFeePerGas: 2n * GWEI }
  chain.pool = { hash: `0x${'ab'.repeat(32)}`, nonce: 5, fees, gas: 21_000n, to: '0x', data: '0x' }
  await transmitter.start()
  script.set(7, () => chain.mine())
  expect(await transmitter.transmit(request(7, 0))).toMatchObject({ outcome: 'landed' })
  expect(chain.sends).toMatchObject([{ nonce: 5 }])
  expect(chain.sends[0]?.fees.maxFeePerGas).toBeGreaterThan(fees.maxFeePerGas)
})

test('fees above the cap are not offered again because an endpoint says they are pending', async () => {
  const fees = { maxFeePerGas: 1_000n * GWEI, maxPriorityFeePerGas: 1_000n * GWEI }
  const hash = `0x${'ab'.repeat(32)}` as const
  chain.pending = async () => ({ hash, nonce: 5, fees, gas: 21_000n, to: '0x', data: '0x' })
  await transmitter.start()
  otherwise = () => chain.mine()
  expect(await transmitter.transmit(request(7, 0))).toMatchObject({ outcome: 'landed' })
  expect(chain.sends[0]?.fees).toEqual({
    maxFeePerGas: 2n * chain.baseFeePerGas + GWEI,
    maxPriorityFeePerGas: GWEI,
  })
})

test('an unknown dearer transaction on the nonce is outbid step by step', async () => {
  const fees = { maxFeePerGas: 25n * GWEI, maxPriorityFeePerGas: 2n * 10n ** 8n }
  chain.pool = { hash: `0x${'ab'.repeat(32)}`, nonce: 5, fees, gas: 21_000n, to: '0x', data: '0x' }
  chain.pending = async () => null
  await transmitter.start()
  otherwise = () => {
    if (chain.sends.length > 0) chain.mine()
  }
  expect(await transmitter.transmit(request(7, 0))).toMatchObject({ outcome: 'landed' })
})

test('stop ends what is open, and afterwards nothing is taken', async () => {
  await transmitter.start()
  const open = transmitter.transmit(request(7, 0))
  await transmitter.stop()
  expect(await open).toMatchObject({ code: 'TRANSMIT_STOPPED' })
  expect(await transmitter.transmit(request(8, 0))).toMatchObject({ code: 'TRANSMIT_STOPPED' })
})

test('every send and every end is an event', async () => {
  await transmitter.start()
  script.set(1, () => chain.mine())
  await transmitter.transmit(request(7, 0))
  expect(events).toMatchObject([
    { type: 'sent', round: 7, nonce: 5, isReplacement: false },
    { type: 'ended', transmission: { outcome: 'landed' } },
  ])
})

describe('a call that is no delivery', () => {
  const call = {
    to: '0x00000000000000000000000000000000000000ca',
    data: '0xca11',
    purpose: 'settlement',
  } as const

  test('goes before the delivery that waits with it, and both land', async () => {
    await transmitter.start()
    otherwise = () => chain.mine()
    const [called, delivered] = await Promise.all([
      transmitter.call(call),
      transmitter.transmit(request(7, 0)),
    ])
    expect(called).toMatchObject({ outcome: 'mined', gasUsed: 40_000n })
    expect(delivered).toMatchObject({ outcome: 'landed', round: 7 })
    expect(chain.sends).toMatchObject([
      { nonce: 5, to: call.to, data: call.data },
      { nonce: 6, to: chain.contract },
    ])
    expect(spending.spentWei(nowMs)).toBe(2n * 40_000n * 10n * GWEI)
  })

  test('that gets into no block is offered again at a higher fee, with its nonce', async () => {
    await transmitter.start()
    chain.isFull = true
    script.set(8, () => {
      chain.isFull = false
      chain.mine()
    })
    expect(await transmitter.call(call)).toMatchObject({ outcome: 'mined' })
    expect(chain.sends.map(({ nonce }) => nonce)).toEqual([5, 5])
    expect(chain.sends.every(({ data }) => data === call.data)).toBe(true)
  })

  test('that would revert is not sent, and says why', async () => {
    await transmitter.start()
    chain.estimate = { type: 'reverts', reason: 'RoundNotEarlier' }
    expect(await transmitter.call(call)).toEqual({
      outcome: 'failed',
      code: 'TRANSMIT_REVERTED',
      detail: 'RoundNotEarlier',
    })
    expect(chain.sends).toEqual([])
  })

  test('waits for an endpoint, and is given up when its time is over', async () => {
    await transmitter.start()
    chain.outage = new OracleError('RPC_NONE_USABLE', 'none answers')
    script.set(3, () => {
      chain.outage = null
    })
    otherwise = () => chain.mine()
    expect(await transmitter.call(call)).toMatchObject({ outcome: 'mined' })
    otherwise = () => undefined
    expect(await transmitter.call(call)).toMatchObject({ code: 'TRANSMIT_STUCK' })
  })

  test('ends with the transmitter', async () => {
    await transmitter.start()
    const ended = transmitter.call(call)
    await transmitter.stop()
    expect(await ended).toMatchObject({ code: 'TRANSMIT_STOPPED' })
    expect(await transmitter.call(call)).toMatchObject({ code: 'TRANSMIT_STOPPED' })
  })
})

describe('the ceiling of a day', () => {
  const to = '0x00000000000000000000000000000000000000ca'
  const settlement = { to, data: '0xca11', purpose: 'settlement' } as const
  const handover = { to, data: '0xca12', purpose: 'handover' } as const
  /** What the sender asks to be ready for one call: a quarter more gas, twice the base fee. */
  const CALL_WEI_MAX = 50_000n * 21n * GWEI
  const CALL_WEI = 40_000n * 10n * GWEI

  test('holds back a settlement, and lets a hand-over go on to twice as much', async () => {
    transmitter = build({ ceilingWei: CALL_WEI_MAX })
    await transmitter.start()
    otherwise = () => chain.mine()
    expect(await transmitter.call(settlement)).toMatchObject({ outcome: 'mined' })
    expect(await transmitter.call(settlement)).toMatchObject({ code: 'SPENDING_CEILING_REACHED' })
    expect(alarms).toEqual([])
    expect(await transmitter.call(handover)).toMatchObject({ outcome: 'mined' })
    expect(alarms).toEqual([expect.stringContaining('chain.handover.overCeiling')])
    expect(spending.spentWei(nowMs)).toBe(2n * CALL_WEI)
  })

  test('ends a hand-over, too, at twice as much', async () => {
    transmitter = build({ ceilingWei: CALL_WEI_MAX / 2n })
    await transmitter.start()
    otherwise = () => chain.mine()
    expect(await transmitter.call(handover)).toMatchObject({ outcome: 'mined' })
    expect(await transmitter.call(handover)).toMatchObject({ code: 'SPENDING_CEILING_REACHED' })
    expect(spending.spentWei(nowMs)).toBe(CALL_WEI)
  })
})

describe('what a nonce may cost counts before it is known', () => {
  /** Gas of a delivery with a fresh slot, at twice the base fee and a tip. */
  const WEI_MAX = 60_000n * 21n * GWEI
  const WEI = 40_000n * 10n * GWEI

  /** Until the transmitter has looked so often again. */
  function looks(count: number): Promise<void> {
    return new Promise((resolve) => script.set(pauses + count, resolve))
  }

  /** Until a receipt has taken the place of a worst case. */
  function corrected(): Promise<void> {
    const settle = spending.settle.bind(spending)
    return new Promise((resolve) => {
      spending.settle = async (...cost) => {
        await settle(...cost)
        resolve()
      }
    })
  }

  test('at its worst while no endpoint has the receipt, and at its cost afterwards', async () => {
    chain.hidesReceipts = true
    await transmitter.start()
    otherwise = () => chain.mine()
    expect(await transmitter.transmit(request(7, 0))).toEqual({ outcome: 'superseded', round: 7 })
    expect(spending.spentWei(nowMs)).toBe(WEI_MAX)
    await looks(3)
    expect(spending.spentWei(nowMs)).toBe(WEI_MAX)
    chain.hidesReceipts = false
    await corrected()
    expect(spending.spentWei(nowMs)).toBe(WEI)
  })

  test('over a restart too', async () => {
    chain.hidesReceipts = true
    await transmitter.start()
    otherwise = () => chain.mine()
    await transmitter.transmit(request(7, 0))
    await transmitter.stop()
    transmitter = build()
    await transmitter.start()
    expect(spending.spentWei(nowMs)).toBe(WEI_MAX)
    chain.hidesReceipts = false
    await corrected()
    expect(spending.spentWei(nowMs)).toBe(WEI)
  })

  test('so that an endpoint that uses up nonces cannot pass the ceiling', async () => {
    transmitter = build({ ceilingWei: 3n * WEI_MAX })
    await transmitter.start()
    otherwise = () => chain.nonceUsedElsewhere()
    for (let round = 7; round < 12; round++) await transmitter.transmit(request(round, 0))
    expect(chain.sends).toHaveLength(3)
  })

  test('a day long for what another program used, and no longer', async () => {
    await transmitter.start()
    script.set(1, () => {
      chain.nonceUsedElsewhere()
      chain.othersDeliver(7, [0])
    })
    await transmitter.transmit(request(7, 0))
    await looks(2)
    expect(spending.spentWei(nowMs)).toBe(WEI_MAX)
    nowMs += 25 * 3_600_000
    expect(spending.spentWei(nowMs)).toBe(0n)
  })

  test('of what was taken without an answer', async () => {
    chain.losesAnswers = true
    await transmitter.start()
    expect(await transmitter.transmit(request(7, 0))).toMatchObject({ code: 'TRANSMIT_REFUSED' })
    expect(spending.spentWei(nowMs)).toBe(WEI_MAX)
    chain.mine()
    await corrected()
    expect(spending.spentWei(nowMs)).toBe(WEI)
  })

  test('once for all attempts, by the dearest of them', async () => {
    chain.isFull = true
    await transmitter.start()
    const open = transmitter.transmit(request(7, 0))
    await looks(7)
    expect(chain.sends).toHaveLength(2)
    const [, dearer] = chain.sends
    expect(spending.spentWei(nowMs)).toBe(60_000n * (dearer?.fees.maxFeePerGas ?? 0n))
    chain.isFull = false
    chain.mine()
    expect(await open).toMatchObject({ outcome: 'landed' })
    expect(spending.spentWei(nowMs)).toBe(WEI)
  })

  test('and days later, when it still waits for its block', async () => {
    chain.isFull = true
    await transmitter.start()
    const open = transmitter.transmit(request(7, 0))
    await looks(2)
    nowMs += 50 * 3_600_000
    expect(spending.spentWei(nowMs)).toBe(WEI_MAX)
    expect(await open).toMatchObject({ code: 'TRANSMIT_STUCK' })
    expect(spending.spentWei(nowMs)).toBe(WEI_MAX)
  })

  test('until it is deep: another block may take another fee', async () => {
    transmitter = build({ confirmations: 3 })
    await transmitter.start()
    script.set(1, () => chain.mine())
    script.set(2, () => {
      chain.baseFeePerGas = 20n * GWEI
      for (const { hash } of chain.sends) chain.includeAnew(hash)
    })
    otherwise = () => {
      chain.blockNumber++
    }
    expect(await transmitter.transmit(request(7, 0))).toMatchObject({ code: 'TRANSMIT_REORGED' })
    expect(spending.spentWei(nowMs)).toBe(WEI_MAX)
    await corrected()
    expect(spending.spentWei(nowMs)).toBe(2n * WEI)
  })

  test('while endpoints differ about its cost, and none has a majority', async () => {
    chain.disagreesOnCosts = true
    await transmitter.start()
    otherwise = () => chain.mine()
    expect(await transmitter.transmit(request(7, 0))).toMatchObject({ outcome: 'landed' })
    await looks(3)
    expect(spending.spentWei(nowMs)).toBe(WEI_MAX)
    chain.disagreesOnCosts = false
    await corrected()
    expect(spending.spentWei(nowMs)).toBe(WEI)
  })

  test('and what cannot be written down is not sent', async () => {
    await transmitter.start()
    await rm(directory, { recursive: true })
    await writeFile(directory, '')
    expect(await transmitter.transmit(request(7, 0))).toMatchObject({ code: 'TRANSMIT_BROKE' })
    expect(chain.sends).toEqual([])
  })
})

describe('a delivery that finds calls before it', () => {
  const to = '0x00000000000000000000000000000000000000ca'
  const callOf = (index: number) =>
    ({ to, data: `0xca${index.toString(16).padStart(2, '0')}`, purpose: 'settlement' }) as const
  /** A delivery waits for calls no longer than a bump, and a look before and after it. */
  const WAIT_MS_MAX = BUMP_MS + 2 * POLL_MS

  /** Transmits now; how long it took to land. */
  async function landingMs(round: number): Promise<number> {
    const askedMs = nowMs
    expect(await transmitter.transmit(request(round, 0))).toMatchObject({ outcome: 'landed' })
    return nowMs - askedMs
  }

  function passCallsOver(): void {
    chain.isPassedOver = (pooled) => pooled.to === to
    otherwise = () => chain.mine()
  }

  test('takes the nonce of one that no block takes, and the call goes on after it', async () => {
    passCallsOver()
    await transmitter.start()
    const called = transmitter.call(callOf(0))
    expect(await landingMs(7)).toBeLessThanOrEqual(WAIT_MS_MAX)
    chain.isPassedOver = () => false
    expect(await called).toMatchObject({ outcome: 'mined' })
    expect(chain.sends.map(({ nonce }) => nonce)).toEqual([5, 5, 6])
  })

  test('does so when the call has used up its raises, near the cap', async () => {
    chain.baseFeePerGas = 50n * GWEI
    passCallsOver()
    await transmitter.start()
    const called = transmitter.call(callOf(0))
    await new Promise<void>((resolve) => script.set(4 * (BUMP_MS / POLL_MS) - 1, resolve))
    expect(await landingMs(7)).toBeLessThanOrEqual(WAIT_MS_MAX)
    await called
  })

  test('lets one of many go ahead, and so does the next delivery', async () => {
    otherwise = () => chain.mine()
    await transmitter.start()
    const calls = Array.from({ length: 6 }, (_, index) => transmitter.call(callOf(index)))
    for (let round = 7; round < 10; round++) {
      expect(await landingMs(round)).toBeLessThanOrEqual(WAIT_MS_MAX)
    }
    for (const ended of await Promise.all(calls)) expect(ended).toMatchObject({ outcome: 'mined' })
    const isCall = chain.sends.map((sent) => sent.to === to)
    expect(isCall.slice(0, 6)).toEqual([true, false, true, false, true, false])
  })

  test('lets one go ahead of those that would revert, too', async () => {
    otherwise = () => chain.mine()
    chain.estimateGas = async (_data?: string, at?: string) =>
      at === to ? { type: 'reverts', reason: 'RoundNotEarlier' } : { type: 'gas', gas: 40_000n }
    await transmitter.start()
    const calls = Array.from({ length: 32 }, (_, index) => transmitter.call(callOf(index)))
    expect(await landingMs(7)).toBeLessThanOrEqual(3 * POLL_MS)
    await Promise.all(calls)
  })
})

describe('on a rollup that takes a fee for data', () => {
  const DATA_FEE = 3n * 10n ** 15n
  const GAS_COST = 40_000n * 10n * GWEI

  test('the fee is part of what a delivery cost, and of what the day has spent', async () => {
    chain.dataFeeWei = DATA_FEE
    await transmitter.start()
    otherwise = () => chain.mine()
    expect(await transmitter.transmit(request(7, 0))).toMatchObject({
      outcome: 'landed',
      feeWei: GAS_COST + DATA_FEE,
    })
    expect(spending.spentWei(nowMs)).toBe(GAS_COST + DATA_FEE)
  })

  test('a delivery that reverts has paid it, too', async () => {
    chain.dataFeeWei = DATA_FEE
    chain.isMiningReverted = true
    await transmitter.start()
    otherwise = () => chain.mine()
    expect(await transmitter.transmit(request(7, 0))).toMatchObject({ outcome: 'failed' })
    expect(spending.spentWei(nowMs)).toBe(GAS_COST + DATA_FEE)
  })

  /** Gas at the highest offer: the estimate, a fresh slot, and twice the base fee with a tip. */
  const GAS_MAX = 60_000n * 21n * GWEI

  test.each([
    ['twice of it still fits below the ceiling', 0n, 'landed'],
    ['a wei less does not', 1n, 'SPENDING_CEILING_REACHED'],
  ])('the next delivery goes only when %s', async (_what, lacking, expected) => {
    const ceilingWei = GAS_COST + DATA_FEE + GAS_MAX + 2n * DATA_FEE - lacking
    transmitter = build({ ceilingWei })
    chain.dataFeeWei = DATA_FEE
    await transmitter.start()
    otherwise = () => chain.mine()
    expect(await transmitter.transmit(request(7, 0))).toMatchObject({ outcome: 'landed' })
    const next = await transmitter.transmit(request(8, 0))
    expect(next.outcome === 'failed' ? next.code : next.outcome).toBe(expected)
  })

  test('the wallet must hold twice of it besides the gas', async () => {
    chain.dataFeeWei = DATA_FEE
    await transmitter.start()
    otherwise = () => chain.mine()
    expect(await transmitter.transmit(request(7, 0))).toMatchObject({ outcome: 'landed' })
    chain.balance = GAS_MAX + 2n * DATA_FEE - 1n
    expect(await transmitter.transmit(request(8, 0))).toMatchObject({ code: 'WALLET_EMPTY' })
  })

  test('a receipt that claims all the money there is stops a day, not the node', async () => {
    chain.dataFeeWei = 2n ** 256n - 1n
    await transmitter.start()
    otherwise = () => chain.mine()
    expect(await transmitter.transmit(request(7, 0))).toMatchObject({ outcome: 'landed' })
    expect(await transmitter.transmit(request(8, 0))).toMatchObject({
      code: 'SPENDING_CEILING_REACHED',
    })
    await transmitter.stop()
    // Such a number would have made the file unreadable, and the node unable to start.
    const again = new Spending({ file: join(directory, 'spending.json') })
    await again.load()
    expect(again.spentWei(nowMs)).toBe(10n ** 18n)
  })
})

describe('a count of the day that is damaged', () => {
  test('is taken for a spent ceiling: a day without deliveries, said aloud, over restarts', async () => {
    await writeFile(join(directory, 'spending.json'), '')
    await transmitter.start()
    expect(alarms.join('')).toContain('SPENDING_UNREADABLE')
    otherwise = () => chain.mine()
    const held = { code: 'SPENDING_CEILING_REACHED' }
    expect(await transmitter.transmit(request(7, 0))).toMatchObject(held)
    await transmitter.stop()
    transmitter = build()
    await transmitter.start()
    expect(await transmitter.transmit(request(8, 0))).toMatchObject(held)
    nowMs += 25 * 3_600_000
    expect(await transmitter.transmit(request(9, 0))).toMatchObject({ outcome: 'landed' })
  })
})
