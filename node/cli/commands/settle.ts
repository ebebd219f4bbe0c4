import { type Address, createPublicClient, createWalletClient, http, isAddress } from 'viem'
import { loadClient } from '../../client/load-client.ts'
import type { Settled } from '../../client/settle.ts'
import { command, usageError } from '../command.ts'
import { EXIT_DONE } from '../exit-codes.ts'
import { accountFrom, WALLET_OPTIONS } from '../wallet.ts'

/** Brings the price of an expiry to Settlement; whoever does, it is the same price. */
export const settle = command({
  name: 'settle',
  summary: 'Settle a feed at an expiry with the report of a gateway that is not trusted.',
  options: {
    ...WALLET_OPTIONS,
    url: { type: 'string', value: 'URL', describe: 'gateway or node', required: true },
    committee: { type: 'string', value: 'FILE', describe: 'committee file', required: true },
    rpc: { type: 'string', value: 'URL', describe: 'endpoint of the chain', required: true },
    contract: { type: 'string', value: 'ADDRESS', describe: 'of Settlement', required: true },
    feed: { type: 'string', value: 'NAME', describe: 'an averaged feed', required: true },
    expiry: { type: 'string', value: 'SECONDS', describe: 'Unix time', required: true },
  },
  run: async (options, { stdout, terminal, signal }) => {
    const { url, committee, rpc, feed } = options
    const contract = addressFrom(options.contract)
    const expiry = expiryFrom(options.expiry)
    const account = await accountFrom(options, terminal)
    const transport = http(rpc)
    const client = await loadClient({ url, committeeFile: committee })
    try {
      const settled = await client.settle({
        contract,
        publicClient: createPublicClient({ transport }),
        walletClient: createWalletClient({ account, transport }),
        feed,
        expiry,
        signal,
      })
      stdout.write(options.json ? `${jsonOf(settled)}\n` : `${textOf(settled, feed)}\n`)
      return EXIT_DONE
    } finally {
      await client.close()
    }
  },
})

function addressFrom(text: string): Address {
  if (isAddress(text)) return text
  throw usageError('--contract must be an address of 20 bytes in hexadecimal', 'settle')
}

function expiryFrom(text: string): number {
  const expiry = Number(text)
  // What the contract's arithmetic in milliseconds can hold by far.
  if (/^\d{1,11}$/.test(text) && expiry > 0) return expiry
  throw usageError('--expiry must be a Unix time in whole seconds', 'settle')
}

function jsonOf({ value, isFinal, round, transaction }: Settled): string {
  return JSON.stringify({ value: String(value), isFinal, round, hash: transaction?.hash ?? null })
}

function textOf({ value, isFinal, round, transaction }: Settled, feed: string): string {
  const how = transaction === null ? 'stood already' : `by round ${round}, ${transaction.hash}`
  return `${feed} ${value} ${isFinal ? 'final' : 'not final yet'}, ${how}`
}
