import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keccak_256 } from '@noble/hashes/sha3.js'
import type { Address } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { Committee } from '../../aggregator/committee/committee.ts'
import { committeeOf } from '../../aggregator/committee/committee.ts'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import type { FeedReport } from '../../aggregator/report/feed-report.ts'
import { roundedToLane } from '../../aggregator/report/lanes.ts'
import { deploy } from '../../contracts/deploy/apply.ts'
import { connect } from '../../contracts/deploy/chain.ts'
import { deployParametersOf } from '../../contracts/deploy/parameters.ts'
import { type CommitteeBox, committeeInABox, ok } from '../../contracts/testing/committee-box.ts'
import { PriceFeedsContract } from '../../node/chain/feeds-contract.ts'
import { ChainTarget } from '../../node/chain/target.ts'
import type { TransmitterEvent } from '../../node/chain/transmission.ts'
import { WallClock } from '../../node/clock.ts'
import type { ChainConfig } from '../../node/config/schema.ts'
import type { RemoteSigner } from '../../node/keys/remote-signer.ts'
import { createLog, type Log } from '../../node/logging.ts'
import type { HardhatNode } from '../support/hardhat-node.ts'
import { FUNDED_KEYS } from '../support/hardhat-node.ts'
import { committeeOfFour } from '../unit/node/config/fixtures.ts'

export const CHAIN_ID = 31_337
const REPORT_AGE_MS_MAX = 60_000

/** A committee with all keys, and a contract on a chain that verifies it. */
export interface Deployed {
  readonly box: CommitteeBox
  readonly committee: Committee
  readonly contract: Address
  readonly settlement: Address
  /** Over both feeds and a long-tail feed, of a round that is open now, or was `ageMs` ago. */
  readonly certify: (options?: {
    readonly ageMs?: number
    readonly tail?: FeedReport
  }) => Certificate
}

/** @param attempt another number gives another committee and another contract */
export async function deployFeeds(node: HardhatNode, attempt = 0): Promise<Deployed> {
  const { params: base } = committeeOfFour()
  const genesisMs = Math.floor(Date.now() / 1_000) * 1_000 - 7_200_000
  const [bitcoin] = base.feeds
  if (bitcoin === undefined) throw new Error('the fixture has a feed')
  const longTail = { ...bitcoin, name: 'DOGE/USD', tier: 'long-tail' } as const
  const feeds = [bitcoin, { ...bitcoin, name: 'ETH/USD' }, longTail]
  const params = { ...base, genesisMs, feeds, keygenAttempt: attempt }
  const { roundMs, includeMs, clockSkewMsMax } = params.timing
  const clock = { genesisMs, roundMs, includeMs, clockSkewMsMax }
  const box = committeeInABox({ members: 4, seed: 'chain adapter', clock })
  const committee = committeeOf(keccak_256, { params, groupKey: box.groupKey })
  const client = node.client()
  await client.setAutomine(true)
  const chain = await connect({
    rpcUrl: node.url,
    account: privateKeyToAccount(FUNDED_KEYS[0]),
  })
  const { publicKey: groupKey } = box.groupKey
  const parameters = deployParametersOf(
    { params, digest: committee.digest, groupKey },
    {
      historyFeeds: 2,
      reportAgeMsMax: REPORT_AGE_MS_MAX,
      futureMsMax: 30_000,
      consumerAgeSecondsMax: null,
    },
  )
  const { deployment } = await deploy(chain, parameters)
  let lastRound = 0
  const certify: Deployed['certify'] = ({ ageMs = 0, tail = ok(8_015_000n) } = {}) => {
    const round = Math.floor((Date.now() - ageMs - genesisMs) / roundMs)
    lastRound = ageMs > 0 ? round : Math.max(round, lastRound + 1)
    const reports = [ok(6_412_351_000_000n), ok(318_744_020_000n), roundedToLane(tail)]
    return box.certify({ round: lastRound, feeds: reports })
  }
  const { hub: contract, settlement } = deployment
  return { box, committee, contract, settlement, certify }
}

export interface TargetUnderTest {
  readonly target: ChainTarget
  readonly events: TransmitterEvent[]
  readonly logLines: string[]
  readonly log: Log
  /** Removes its data directory. */
  readonly remove: () => Promise<void>
}

/**
 * Of a story about transactions that are outbid: at once, and as often as a busy machine takes to
 * mine the one that counts.
 */
export const OUTBIDDING = { bumpAfterMs: 400, bumpsMax: 100 } as const

/**
 * A target that looks often and outbids nothing unless it is told to, so that a chain that is slow
 * to answer is not taken for one that takes no transaction; `onSent` is told the number of each
 * transaction, from 1.
 */
export async function openTarget(
  { committee, contract }: Pick<Deployed, 'committee' | 'contract'>,
  options: {
    readonly rpcUrls: readonly string[]
    readonly config?: Partial<ChainConfig>
    /** Who signs instead of the key of the second account. */
    readonly signer?: (log: Log) => RemoteSigner
    /** Left out: this machine's. */
    readonly clock?: { readonly nowMs: () => number }
    /** Digest of the committee that hands over to this one. */
    readonly predecessor?: Uint8Array
    /** Of the wallet that pays. */
    readonly key?: `0x${string}`
    readonly onSent?: (count: number, hash: `0x${string}`) => void
  },
): Promise<TargetUnderTest> {
  const events: TransmitterEvent[] = []
  const logLines: string[] = []
  const ether = 10n ** 18n
  const config: ChainConfig = {
    name: 'local',
    chainId: CHAIN_ID,
    contract: contract.toLowerCase() as Address,
    settlements: [],
    rpcUrls: [...options.rpcUrls],
    sendUrls: [],
    rpcTimeoutMs: 20_000,
    compareEveryMs: 100,
    headAgeMsMax: 60_000,
    headLagBlocksMax: 3,
    confirmations: 1,
    pollEveryMs: 25,
    bumpAfterMs: 60_000,
    bumpsMax: 6,
    feePerGasGweiMax: 500n * 10n ** 9n,
    priorityFeePerGasGweiMax: 2n * 10n ** 9n,
    gasMax: 3_000_000,
    spendPerDayEtherMax: 10n * ether,
    balanceEtherMin: ether / 20n,
    ...options.config,
  }
  const dataDirectory = await mkdtemp(join(tmpdir(), 'parallax-target-'))
  let sent = 0
  const log = createLog(
    { level: 'debug', format: 'json' },
    { write: (line) => logLines.push(line) },
  )
  const signer = options.signer?.(log) ?? null
  const target = new ChainTarget(
    { config, dataDirectory },
    {
      account: signer ?? privateKeyToAccount(options.key ?? FUNDED_KEYS[1]),
      signer,
      contract: new PriceFeedsContract(
        {
          ...{ address: config.contract, committee },
          ...(options.predecessor !== undefined && { predecessor: options.predecessor }),
        },
        { keccak256: keccak_256 },
      ),
      clock: options.clock ?? new WallClock(),
      log,
      onEvent: (event) => {
        events.push(event)
        if (event.type === 'sent') options.onSent?.(++sent, event.hash)
      },
    },
  )
  const remove = () => rm(dataDirectory, { recursive: true })
  return { target, events, logLines, log, remove }
}
