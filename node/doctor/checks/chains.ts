import type { Address } from 'viem'
import { formatEther, zeroAddress } from 'viem'
import { committeeDigestOf, committeeOf } from '../../../aggregator/committee/committee.ts'
import type { Params } from '../../../aggregator/committee/params.ts'
import type { UnixMs } from '../../../aggregator/values/time.ts'
import { feeCapsOf } from '../../chain/access.ts'
import { describeRpcError, type Endpoint, endpointsOf, isRpcRefusal } from '../../chain/endpoint.ts'
import { EvmChain } from '../../chain/evm-chain.ts'
import { PriceFeedsContract } from '../../chain/feeds-contract.ts'
import type { FeeQuote } from '../../chain/fees.ts'
import { firstFees } from '../../chain/fees.ts'
import { relaysOf } from '../../chain/relays.ts'
import type { EndpointStatus } from '../../chain/rpc.ts'
import { type Ask, RpcPool } from '../../chain/rpc.ts'
import type { ChainConfig } from '../../config/schema.ts'
import { cryptoOf, loadEcdsa } from '../../keys/native.ts'
import { createLog } from '../../logging.ts'
import { eachAtOnce } from '../at-once.ts'
import type { Check, Facts, Tools } from '../check.ts'
import { overCapFinding } from '../fee-findings.ts'
import type { Finding } from '../finding.ts'
import { fault, findingOf, ok, unchecked, warning } from '../finding.ts'
import { settlementFindings, settlementPayFinding } from '../settlement-findings.ts'

const AT_ONCE = 4
/** Rough gas of a delivery, within a tenth of the table in docs/contracts.md. */
const GAS = { base: 30_000n, feed: 10_500n, longTailFeed: 1_500n } as const

/** Asks every endpoint of every chain, then the chain as the node sees it. */
export const chains: Check = {
  name: 'chains',
  reach: 'network',
  examine: async (facts, tools) => {
    const work = (config: ChainConfig) => chainFindings(config, facts, tools)
    const found = await eachAtOnce(facts.config.chains, { limit: AT_ONCE, work })
    return { findings: found.flat() }
  },
}

async function chainFindings(
  config: ChainConfig,
  facts: Facts,
  { clock }: Tools,
): Promise<readonly Finding[]> {
  const { name, rpcUrls, rpcTimeoutMs: timeoutMs } = config
  const endpoints = endpointsOf(rpcUrls, { timeoutMs })
  const log = createLog({ level: 'silent', format: 'json' })
  const pool = new RpcPool({ chain: name, ...config }, { endpoints, clock, log })
  const isUsable = await pool.compare().then(
    () => true,
    () => false,
  )
  const answered = [
    ...pool.status().map((status) => endpointFinding(name, status, isUsable)),
    ...(await relayFindings(config)),
  ]
  const rest = ['contract', 'wallet'].map((what) => `${what} on ${name}`)
  if (!isUsable)
    return [...answered, ...rest.map((what) => unchecked(what, 'no endpoint is usable'))]
  const [contract, wallet] = rest as [string, string]
  return [
    ...answered,
    await contractFinding(contract, { config, facts, pool }),
    await walletFinding(wallet, { config, facts, pool }),
    ...(await settlementsOf({ config, facts, pool }, clock.nowMs())),
  ]
}

/** @param isUsable whether any endpoint of the chain is usable */
export function endpointFinding(
  chain: string,
  { endpoint, fault: code, detail }: EndpointStatus,
  isUsable: boolean,
): Finding {
  const check = `rpc ${chain}`
  const seen = `${endpoint}: ${detail ?? 'says nothing'}`
  if (code === null) return ok(check, seen)
  const told = { code, seen, advice: ENDPOINT_ADVICE[code] }
  return isUsable && code !== 'RPC_CHAIN_ID_WRONG' ? warning(check, told) : fault(check, told)
}

const ENDPOINT_ADVICE: Readonly<Record<NonNullable<EndpointStatus['fault']>, string>> = {
  RPC_UNREACHABLE: 'check its address in chains[].rpcUrls, its key, and the provider',
  RPC_CHAIN_ID_WRONG: 'it serves another chain: correct chains[].rpcUrls or chains[].chainId',
  RPC_HEAD_IN_FUTURE: "check this machine's clock, then the provider",
  RPC_HEAD_LAGS: 'it is behind the others: wait until it has caught up, or replace it',
  RPC_HEAD_AHEAD: 'most do not know its blocks: replace it',
  RPC_FORKED: 'it follows another branch than most: replace it',
  RPC_ANSWER_DIFFERS: 'most say otherwise: replace it',
}

/** Relays are asked for their chain: whether one takes a transaction shows when it is sent. */
async function relayFindings(config: ChainConfig): Promise<readonly Finding[]> {
  const relays = relaysOf(config.sendUrls, { timeoutMs: config.rpcTimeoutMs })
  const found = await Promise.all(relays.map((relay) => relayFinding(config, relay)))
  const isAnyReached = found.some(({ verdict }) => verdict === 'ok')
  return found.map((each) =>
    each.code === 'RPC_UNREACHABLE' && isAnyReached ? { ...each, verdict: 'warning' } : each,
  )
}

async function relayFinding(config: ChainConfig, { name, client }: Endpoint): Promise<Finding> {
  const check = `relay ${config.name}`
  try {
    const chainId = await client.getChainId()
    if (chainId === config.chainId) return ok(check, `${name}: chain id ${chainId}`)
    return fault(check, {
      code: 'RPC_CHAIN_ID_WRONG',
      seen: `${name}: chain id ${chainId}`,
      advice: 'it refuses whatever is sent to it: correct chains[].sendUrls',
    })
  } catch (error) {
    if (isRpcRefusal(error)) return ok(check, `${name}: answers, and does not say its chain`)
    return fault(check, {
      code: 'RPC_UNREACHABLE',
      seen: `${name}: ${describeRpcError(error)}`,
      advice: 'check its address in chains[].sendUrls, its key, and the provider',
    })
  }
}

interface Scene {
  readonly config: ChainConfig
  readonly facts: Facts
  readonly pool: RpcPool
}

function chainOf({ config, facts, pool }: Scene, sender: Address): EvmChain | null {
  const complete = facts.committee?.complete ?? null
  if (complete === null) return null
  const crypto = cryptoOf(loadEcdsa({ fallback: 'allow' }))
  const { predecessor } = facts
  const before =
    predecessor === null
      ? {}
      : { predecessor: committeeDigestOf(crypto.keccak256, predecessor.params) }
  const contract = new PriceFeedsContract(
    { address: config.contract, committee: committeeOf(crypto.keccak256, complete), ...before },
    crypto,
  )
  const { name: target, chainId } = config
  return new EvmChain({ target, chainId, sender }, { pool, contract, relays: null })
}

async function contractFinding(check: string, scene: Scene): Promise<Finding> {
  const chain = chainOf(scene, zeroAddress)
  if (chain === null) return unchecked(check, 'the committee has no key yet')
  try {
    await chain.checkContract()
    const { contract } = chain
    if (chain.isInOffice) return ok(check, `${contract} verifies this committee`)
    return ok(check, `${contract} will verify this committee after its hand-over`)
  } catch (error) {
    return findingOf(check, 'fault', error)
  }
}

async function walletFinding(check: string, scene: Scene): Promise<Finding> {
  const { wallet, feeds } = scene.facts
  if (wallet === null) return unchecked(check, 'the transmitter key is not open')
  const chain = chainOf(scene, wallet)
  if (chain === null) return unchecked(check, 'the committee has no key yet')
  try {
    const [balanceWei, quote] = await Promise.all([chain.balanceWei(), chain.quoteFees('first')])
    return balanceFinding(check, { wallet, config: scene.config, feeds, balanceWei, quote })
  } catch (error) {
    return findingOf(check, 'fault', error)
  }
}

/** Who pays is asked only where something is settled. */
async function settlementsOf(scene: Scene, nowMs: UnixMs): Promise<readonly Finding[]> {
  const { config, facts } = scene
  if (config.settlements.length === 0) return []
  const check = `settlements on ${config.name}`
  const chain = chainOf(scene, facts.wallet ?? zeroAddress)
  if (chain === null) return [unchecked(check, 'the committee has no key yet')]
  const feedNames = facts.feeds.map(({ name }) => name)
  const readNow = <T>(ask: Ask<T>) => chain.readNow(ask)
  const found = await settlementFindings({ config, feedNames, nowMs, readNow })
  if (facts.wallet === null) return [...found, unchecked(check, 'the transmitter key is not open')]
  return [...found, await paysFor(check, chain, config)]
}

async function paysFor(check: string, chain: EvmChain, config: ChainConfig): Promise<Finding> {
  try {
    const [balanceWei, quote] = await Promise.all([chain.balanceWei(), chain.quoteFees('first')])
    const limits = { caps: feeCapsOf(config), spendPerDayWeiMax: config.spendPerDayEtherMax }
    return settlementPayFinding(check, { balanceWei, quote, ...limits })
  } catch (error) {
    return findingOf(check, 'fault', error)
  }
}

export interface WalletSeen {
  readonly wallet: string
  readonly config: Pick<
    ChainConfig,
    'balanceEtherMin' | 'feePerGasGweiMax' | 'priorityFeePerGasGweiMax'
  >
  readonly feeds: Params['feeds']
  readonly balanceWei: bigint
  readonly quote: FeeQuote
}

export function balanceFinding(check: string, seen: WalletSeen): Finding {
  const { wallet, config, balanceWei, quote } = seen
  const fees = firstFees(quote, feeCapsOf(config))
  if (fees === null) return overCapFinding(check, quote)
  const gas = updateGas(seen.feeds)
  const costWei = gas * (quote.baseFeePerGas + fees.maxPriorityFeePerGas)
  // floor: what is paid for in part is not sent. A chain may ask nothing for gas.
  const updates = costWei === 0n ? null : balanceWei / costWei
  const enough = updates === null ? 'gas is free' : `enough for about ${updates} updates`
  const text = `${wallet} has ${formatEther(balanceWei)} ether, ${enough} of all feeds`
  const advice = `send it more, or lower chains[].balanceEtherMin`
  if (updates === 0n) {
    return fault(check, { code: 'WALLET_EMPTY', seen: text, advice: 'send it some' })
  }
  if (balanceWei >= config.balanceEtherMin) return ok(check, text)
  return warning(check, { code: 'WALLET_LOW', seen: text, advice })
}

/** Roughly what one delivery of every feed takes. */
export function updateGas(feeds: Params['feeds']): bigint {
  const tail = BigInt(feeds.filter(({ tier }) => tier === 'long-tail').length)
  const rest = BigInt(feeds.length) - tail
  return GAS.base + rest * GAS.feed + tail * GAS.longTailFeed
}
