import { createPublicClient, createWalletClient, http } from 'viem'
import type { ParallaxClient } from '../../client/client.ts'
import { loadClient } from '../../client/load-client.ts'
import type { Settled } from '../../client/settle.ts'
import { command, usageError } from '../command.ts'
import { EXIT_DONE } from '../exit-codes.ts'
import { PLAN_OPTIONS, planOf } from '../settle-plan.ts'
import { type Due, watchExpiries } from '../settle-watch.ts'
import { accountFrom, WALLET_OPTIONS } from '../wallet.ts'

/** Brings the price of an expiry to Settlement; whoever does, it is the same price. */
export const settle = command({
  name: 'settle',
  summary: 'Settle a feed at an expiry with the report of a gateway that is not trusted.',
  options: {
    ...WALLET_OPTIONS,
    url: {
      type: 'string',
      value: 'URL',
      required: true,
      multiple: true,
      describe: 'gateway or node; several are asked one after the other',
    },
    committee: {
      type: 'string',
      value: 'FILE',
      required: true,
      multiple: true,
      describe: 'committee file: of all gateways, or one for each --url in turn',
    },
    rpc: { type: 'string', value: 'URL', describe: 'endpoint of the chain', required: true },
    ...PLAN_OPTIONS,
  },
  run: async (options, { stdout, stderr, terminal, signal }) => {
    const pairs = pairsOf(options.url, options.committee)
    const transport = http(options.rpc)
    const publicClient = createPublicClient({ transport })
    const plan = await planOf(options, publicClient)
    const account = await accountFrom(options, terminal)
    const [first, ...others] = await clientsOf(pairs)
    if (first === undefined) throw usageError('needs --url', 'settle')
    const walletClient = createWalletClient({ account, transport })
    const settleAt = (due: Due) =>
      first.settle({ ...due, publicClient, walletClient, signal }, others)
    const nameOf = ({ feed }: Due) =>
      (typeof feed === 'number' ? first.feedNames[feed] : feed) ?? ''
    const line = (settled: Settled, feed: string, expiry?: number) =>
      stdout.write(
        `${options.json ? jsonOf(settled, feed, expiry) : textOf(settled, feed, expiry)}\n`,
      )
    try {
      if (plan.type === 'once') line(await settleAt(plan.due), nameOf(plan.due))
      else {
        const say = (due: Due, settled: Settled) => line(settled, nameOf(due), due.expiry)
        await watchExpiries(plan.watched, { settle: settleAt, say, stderr, signal })
      }
      return EXIT_DONE
    } finally {
      for (const client of [first, ...others]) await client.close()
    }
  },
})

interface Pair {
  readonly url: string
  readonly committeeFile: string
}

/** Which gateway serves which committee: one file serves all, or each gateway has its own. */
function pairsOf(urls: readonly string[], files: readonly string[]): readonly Pair[] {
  if (files.length !== 1 && files.length !== urls.length) {
    throw usageError('needs one --committee for all --url, or one for each', 'settle')
  }
  return urls.map((url, index) => ({ url, committeeFile: (files[index] ?? files[0]) as string }))
}

async function clientsOf(pairs: readonly Pair[]): Promise<readonly ParallaxClient[]> {
  return Promise.all(pairs.map((pair) => loadClient(pair)))
}

function jsonOf(settled: Settled, feed: string, expiry: number | undefined): string {
  const { value, isFinal, round, transaction } = settled
  const hash = transaction?.hash ?? null
  const of = expiry === undefined ? {} : { feed, expiry }
  return JSON.stringify({ ...of, value: String(value), isFinal, round, hash })
}

function textOf(settled: Settled, feed: string, expiry: number | undefined): string {
  const { value, isFinal, round, transaction } = settled
  const how = transaction === null ? 'stood already' : `by round ${round}, ${transaction.hash}`
  const at = expiry === undefined ? '' : ` at ${expiry}`
  return `${feed}${at} ${value} ${isFinal ? 'final' : 'not final yet'}, ${how}`
}
