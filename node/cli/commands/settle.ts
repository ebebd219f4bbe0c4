import { type Address, createPublicClient, createWalletClient, http, isAddress } from 'viem'
import type { ExpirySchedule } from '../../../aggregator/settlement.ts'
import { loadClient } from '../../client/load-client.ts'
import type { Settled } from '../../client/settle.ts'
import { EXPIRIES_FORM, expiriesFrom } from '../../config/expiries.ts'
import { command, usageError } from '../command.ts'
import { EXIT_DONE } from '../exit-codes.ts'
import { watchExpiries } from '../settle-watch.ts'
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
    expiry: { type: 'string', value: 'SECONDS', describe: 'Unix time; or --watch' },
    watch: { type: 'boolean', describe: 'settle every expiry of --expiries, until it is stopped' },
    expiries: { type: 'string', value: 'SCHEDULE', describe: EXPIRIES_FORM },
  },
  run: async (options, { stdout, stderr, terminal, signal }) => {
    const { url, committee, rpc, feed } = options
    const contract = addressFrom(options.contract)
    const asked = askedFrom(options)
    const account = await accountFrom(options, terminal)
    const transport = http(rpc)
    const client = await loadClient({ url, committeeFile: committee })
    const target = {
      contract,
      publicClient: createPublicClient({ transport }),
      walletClient: createWalletClient({ account, transport }),
      feed,
      signal,
    }
    const settleAt = (expiry: number) => client.settle({ ...target, expiry })
    const line = (settled: Settled, expiry?: number) =>
      stdout.write(`${options.json ? jsonOf(settled, expiry) : textOf(settled, feed, expiry)}\n`)
    try {
      if (asked.type === 'once') line(await settleAt(asked.expiry))
      else {
        const say = (expiry: number, settled: Settled) => line(settled, expiry)
        await watchExpiries(asked.schedule, { settleAt, say, stderr, signal })
      }
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

type Asked =
  | { readonly type: 'once'; readonly expiry: number }
  | { readonly type: 'watch'; readonly schedule: ExpirySchedule }

/** Either one expiry, or those of a schedule as they come. */
function askedFrom(options: {
  readonly watch: boolean
  readonly expiry: string | undefined
  readonly expiries: string | undefined
}): Asked {
  const { watch, expiry, expiries } = options
  if (!watch && expiry !== undefined && expiries === undefined) {
    return { type: 'once', expiry: expiryFrom(expiry) }
  }
  if (!watch || expiry !== undefined || expiries === undefined) {
    throw usageError('needs --expiry, or --watch with --expiries', 'settle')
  }
  const schedule = expiriesFrom(expiries)
  if (schedule !== null) return { type: 'watch', schedule }
  throw usageError(`--expiries must be ${EXPIRIES_FORM}`, 'settle')
}

function expiryFrom(text: string): number {
  const expiry = Number(text)
  // What the contract's arithmetic in milliseconds can hold by far.
  if (/^\d{1,11}$/.test(text) && expiry > 0) return expiry
  throw usageError('--expiry must be a Unix time in whole seconds', 'settle')
}

function jsonOf(settled: Settled, expiry: number | undefined): string {
  const { value, isFinal, round, transaction } = settled
  const hash = transaction?.hash ?? null
  return JSON.stringify({ expiry, value: String(value), isFinal, round, hash })
}

function textOf(settled: Settled, feed: string, expiry: number | undefined): string {
  const { value, isFinal, round, transaction } = settled
  const how = transaction === null ? 'stood already' : `by round ${round}, ${transaction.hash}`
  const at = expiry === undefined ? '' : ` at ${expiry}`
  return `${feed}${at} ${value} ${isFinal ? 'final' : 'not final yet'}, ${how}`
}
