import { privateKeyToAccount } from 'viem/accounts'
import { expect, test } from 'vitest'
import type { Fees } from '../../../../node/chain/fees.ts'
import { TransactionSender } from '../../../../node/chain/sender.ts'
import { Spending } from '../../../../node/chain/spending.ts'
import { SILENT_LOG } from '../../../../node/logging.ts'
import { FakeChain, GWEI } from './fake-chain.ts'

const NOW_MS = 1_790_000_000_000

test('given a transaction that is offered again as it was when its block came, then its cost counts', async () => {
  const chain = new FakeChain()
  const spending = new Spending({ file: null })
  const sender = new TransactionSender(
    {
      chainId: 31_337,
      caps: { feePerGasMax: 100n * GWEI, priorityFeePerGasMax: 2n * GWEI },
      gasMax: 1_000_000n,
      spendPerDayWeiMax: 10n ** 18n,
      balanceWeiMin: 0n,
    },
    {
      ...{ chain, spending, log: SILENT_LOG },
      account: privateKeyToAccount(`0x${'11'.repeat(32)}`),
      clock: { nowMs: () => NOW_MS },
    },
  )
  const data = chain.encodeUpdate({ round: 7 } as never, [0])
  const offer = (replaces: Fees | null) =>
    sender.send({ nonce: 5, data, freshSlotsMax: 0, replaces, mayRaise: false })
  const first = await offer(null)
  chain.mine()
  const again = await offer(first.fees)
  expect([first.outcome.type, again.outcome.type]).toEqual(['accepted', 'nonceUsed'])
  expect(again.hash).toBe(first.hash)
  await sender.lookAtReceipts(1)
  expect(spending.spentWei(NOW_MS)).toBe(40_000n * 10n * GWEI)
})
