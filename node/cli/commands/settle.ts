import { createPublicClient, createWalletClient, http, type PublicClient } from 'viem'
import { invariant } from '../../../aggregator/assert.ts'
import { formatDecimal } from '../../../aggregator/values/decimal.ts'
import type { ParallaxClient } from '../../client/client.ts'
import { loadClient } from '../../client/load-client.ts'
import type { Brought } from '../../client/settle.ts'
import { loadCommittee } from '../../config/load.ts'
import { createLog } from '../../logging.ts'
import { type CommandContext, command, type OptionValues, usageError } from '../command.ts'
import { EXIT_DONE } from '../exit-codes.ts'
import {
  LIMIT_OPTIONS,
  limitsOf,
  newestAt,
  onceOf,
  PLAN_OPTIONS,
  watchedOf,
  watchPlanOf,
} from '../settle-plan.ts'
import { SettleSender } from '../settle-sender.ts'
import { type Due, watchExpiries } from '../settle-watch.ts'
import { accountFrom, WALLET_OPTIONS } from '../wallet.ts'

const OPTIONS = {
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
  rpc: {
    type: 'string',
    value: 'URL',
    required: true,
    multiple: true,
    describe: 'endpoint of the chain; with --watch several outvote one that lies or lags',
  },
  ...PLAN_OPTIONS,
  ...LIMIT_OPTIONS,
} as const

type Options = OptionValues<typeof OPTIONS>

/** Brings the price of an expiry to Settlement; whoever does, it is the same price. */
export const settle = command({
  name: 'settle',
  summary: 'Settle a feed at an expiry with the report of a gateway that is not trusted.',
  options: OPTIONS,
  run: async (options, context) => {
    await (options.watch ? watch(options, context) : settleOnce(options, context))
    return EXIT_DONE
  },
})

async function settleOnce(options: Options, { stdout, terminal, signal }: CommandContext) {
  const [rpc = ''] = options.rpc
  if (options.rpc.length > 1) throw usageError('takes one --rpc without --watch', 'settle')
  const transport = http(rpc)
  const publicClient = createPublicClient({ transport })
  const due = await onceOf(options, newestAt(publicClient as PublicClient))
  const pairs = pairsOf(options)
  const account = await accountFrom(options, terminal)
  const clients = await clientsOf(pairs, Date.now)
  const [first, ...others] = clients
  if (first === undefined) throw usageError('needs --url', 'settle')
  const walletClient = createWalletClient({ account, transport })
  try {
    const settled = await first.settle({ ...due, publicClient, walletClient, signal }, others)
    stdout.write(lineOf(settled, options, toldOf(clients, due)))
  } finally {
    for (const client of clients) await client.close()
  }
}

/** Settles what comes due until it is told to stop, by the means of a node. */
async function watch(options: Options, { stdout, stderr, terminal, signal }: CommandContext) {
  const plan = watchPlanOf(options)
  const limits = limitsOf(options)
  const pairs = pairsOf(options)
  const account = await accountFrom(options, terminal)
  const [committeeFile = ''] = options.committee
  const format = options.json ? 'json' : 'text'
  const sender = await SettleSender.open({
    ...{ rpcUrls: options.rpc, committee: await loadCommittee(committeeFile), account, ...limits },
    log: createLog({ level: 'warn', format }, stderr),
  })
  const clients = await clientsOf(pairs, () => sender.clock.nowMs())
  const stop = () => void sender.stop()
  signal.addEventListener('abort', stop, { once: true })
  try {
    await sender.start()
    const watched = await watchedOf(plan, (ask) => sender.readNow(ask))
    await watchExpiries(watched, {
      settle: (due, onSent) => sender.settle(clients, { ...due, signal, onSent }),
      say: (due, brought) => {
        const { expiry } = due
        stdout.write(lineOf(brought, options, { ...toldOf(clients, due), expiry }))
      },
      moments: async () => {
        await sender.clock.look()
        return sender.clock.moments()
      },
      ...{ stderr, signal },
    })
  } finally {
    signal.removeEventListener('abort', stop)
    await sender.stop()
    for (const client of clients) await client.close()
  }
}

interface Pair {
  readonly url: string
  readonly committeeFile: string
}

/** Which gateway serves which committee: one file serves all, or each gateway has its own. */
function pairsOf({ url: urls, committee: files }: Options): readonly Pair[] {
  if (files.length !== 1 && files.length !== urls.length) {
    throw usageError('needs one --committee for all --url, or one for each', 'settle')
  }
  return urls.map((url, index) => ({ url, committeeFile: (files[index] ?? files[0]) as string }))
}

async function clientsOf(
  pairs: readonly Pair[],
  nowMs: () => number,
): Promise<readonly ParallaxClient[]> {
  return Promise.all(pairs.map((pair) => loadClient({ ...pair, nowMs })))
}

/** The feed of which a price is told. */
interface Told {
  readonly feed: string
  readonly decimals: number
  /** Said where there may be several. */
  readonly expiry?: number
}

/** By the first committee that has the feed: one before a rotation may not have it yet. */
function toldOf(clients: readonly ParallaxClient[], { feed }: Due): Told {
  const [told] = clients.flatMap(({ feedNames, feedDecimals }) => {
    const index = typeof feed === 'number' ? feed : feedNames.indexOf(feed)
    const [name, decimals] = [feedNames[index], feedDecimals[index]]
    return name === undefined || decimals === undefined ? [] : [{ feed: name, decimals }]
  })
  invariant(told !== undefined, 'a feed that no committee knows has no price')
  return told
}

function lineOf(brought: Brought, { json }: Pick<Options, 'json'>, told: Told): string {
  return `${json ? jsonOf(brought, told) : textOf(brought, told)}\n`
}

function jsonOf({ value, isFinal, round, missing, transaction }: Brought, told: Told): string {
  const { feed, decimals, expiry } = told
  return JSON.stringify({
    ...(expiry === undefined ? {} : { feed, expiry }),
    value: formatDecimal(value, decimals),
    valueOnChain: String(value),
    ...{ isFinal, round, missing, hash: transaction?.hash ?? null },
  })
}

function textOf(
  { value, isFinal, round, missing, transaction }: Brought,
  { feed, decimals, expiry }: Told,
): string {
  const earlier = missing === 0 ? '' : `, ${missing} earlier not found`
  const how = transaction === null ? 'stood already' : `by round ${round}, ${transaction.hash}`
  const at = expiry === undefined ? '' : ` at ${expiry}`
  const price = formatDecimal(value, decimals)
  return `${feed}${at} ${price} ${isFinal ? 'final' : 'not final yet'}, ${how}${earlier}`
}
