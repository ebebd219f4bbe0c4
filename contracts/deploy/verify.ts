import { getAddress } from 'viem'
import { feedDirectoryAbi } from '../abi/feed-directory.ts'
import { memberBondsAbi } from '../abi/member-bonds.ts'
import { priceFeedsAbi } from '../abi/price-feeds.ts'
import { pythAdapterAbi } from '../abi/pyth-adapter.ts'
import { quoteAdapterAbi } from '../abi/quote-adapter.ts'
import { valueByIdAdapterAbi } from '../abi/value-by-id-adapter.ts'
import { type Deployment, deploymentOf } from './apply.ts'
import { type Chain, inspect } from './chain.ts'
import { plan } from './plan.ts'

const BOND_PARAMETERS = [
  'REGISTRY',
  'HUB',
  'BENEFICIARY',
  'STAKE_MIN',
  'EVIDENCE_SECONDS',
  'LEAVING_SECONDS',
  'WEI_PER_SIGNATURE',
  'ROUNDS_BETWEEN',
] as const

/** One thing that is not as the deployment says. */
export interface Discrepancy {
  /** What was compared: a contract's name, or a parameter. */
  readonly subject: string
  readonly expected: string
  readonly found: string
}

/**
 * Compares a recorded deployment with its parameters and with the chain. An address made by CREATE2
 * holds nothing but what its creation code made, so code at the right address is the right code;
 * the parameters are read back all the same, through the interface that everybody uses.
 *
 * @returns everything that differs; empty when all is well
 */
export async function verify(
  chain: Chain,
  deployment: Deployment,
): Promise<readonly Discrepancy[]> {
  const planned = plan(deployment.parameters, new Set())
  const expected = deploymentOf(chain.chainId, planned, deployment.parameters)
  const recorded = compare('record', JSON.stringify(expected), JSON.stringify(deployment))
  if (recorded.length > 0) return recorded
  const deployed = await inspect(chain, planned)
  const absent = planned.contracts
    .filter(({ address }) => !deployed.has(address))
    .map(({ name, address }) => ({ subject: name, expected: address, found: 'no code' }))
  if (absent.length > 0) return absent
  return [
    ...(await verifyHub(chain, deployment)),
    ...(await verifyFeeds(chain, deployment)),
    ...(await verifyDirectory(chain, deployment)),
    ...(await verifyAdapters(chain, deployment)),
    ...(await verifyBonds(chain, deployment)),
  ]
}

function compare(subject: string, expected: string, found: string): Discrepancy[] {
  return expected === found ? [] : [{ subject, expected, found }]
}

async function verifyHub(chain: Chain, deployment: Deployment): Promise<readonly Discrepancy[]> {
  const hub = { address: deployment.hub, abi: priceFeedsAbi }
  const { committee: expected, ...limits } = deployment.parameters
  const [committee, historyFeeds, flagshipFeeds, reportAgeSeconds, futureSeconds] =
    await Promise.all([
      chain.reader.readContract({ ...hub, functionName: 'committee', args: [1n] }),
      chain.reader.readContract({ ...hub, functionName: 'historyFeeds' }),
      chain.reader.readContract({ ...hub, functionName: 'flagshipFeeds' }),
      chain.reader.readContract({ ...hub, functionName: 'reportAgeSecondsMax' }),
      chain.reader.readContract({ ...hub, functionName: 'futureSecondsMax' }),
    ])
  return [
    ...compare('committee digest', expected.digest, committee.digest),
    ...compare(
      'group key',
      `${BigInt(expected.publicKeyX)} ${expected.publicKeyParity}`,
      `${committee.publicKeyX} ${committee.publicKeyParity}`,
    ),
    ...compare(
      'clock',
      [expected.genesisMs, expected.roundMs, expected.includeMs, expected.skewMs].join(' '),
      [committee.genesisMs, committee.roundMs, committee.includeMs, committee.skewMs].join(' '),
    ),
    ...compare('historyFeeds', `${limits.historyFeeds}`, `${historyFeeds}`),
    ...compare('flagshipFeeds', `${limits.flagshipFeeds}`, `${flagshipFeeds}`),
    ...compare('reportAgeMsMax', `${limits.reportAgeMsMax}`, `${reportAgeSeconds * 1000n}`),
    ...compare('futureMsMax', `${limits.futureMsMax}`, `${futureSeconds * 1000n}`),
  ]
}

async function verifyFeeds(chain: Chain, deployment: Deployment): Promise<readonly Discrepancy[]> {
  const found = await Promise.all(
    deployment.parameters.feeds.map((_, index) =>
      chain.reader.readContract({
        address: deployment.hub,
        abi: priceFeedsAbi,
        functionName: 'feedConfig',
        args: [BigInt(index)],
      }),
    ),
  )
  return deployment.parameters.feeds.flatMap((feed, index) => {
    const config = found[index]
    return compare(
      `feed ${index}`,
      `${feed.name} ${feed.decimals} ${feed.heartbeatSeconds}`,
      `${config?.name} ${config?.decimals} ${config?.heartbeatSeconds}`,
    )
  })
}

/** Whether it lists every feed with its own facade, and knows the committee of the parameters. */
async function verifyDirectory(
  chain: Chain,
  deployment: Deployment,
): Promise<readonly Discrepancy[]> {
  const directory = { address: deployment.directory, abi: feedDirectoryAbi }
  const { committee, feeds } = deployment.parameters
  const args = [0n, BigInt(feeds.length)] as const
  const [listings, described, epoch] = await Promise.all([
    chain.reader.readContract({ ...directory, functionName: 'listings', args }),
    chain.reader.readContract({ ...directory, functionName: 'describedCommittee' }),
    chain.reader.readContract({
      address: deployment.hub,
      abi: priceFeedsAbi,
      functionName: 'epoch',
    }),
  ])
  const found = deployment.feeds.flatMap(({ name, facade }, index) =>
    compare(`FeedDirectory ${name}`, facade, `${listings[index]?.facade}`),
  )
  // Of a later committee anybody may tell it.
  if (committee.parameters === undefined || epoch !== 1n) return found
  return [...found, ...compare('FeedDirectory committee', committee.digest, described)]
}

/** What they read, and how; the entries of each are in its creation code alone. */
async function verifyAdapters(
  chain: Chain,
  deployment: Deployment,
): Promise<readonly Discrepancy[]> {
  const { adapters, hub, statistics, parameters } = deployment
  const { reader } = chain
  const found: Discrepancy[] = []
  const check = async (subject: string, expected: unknown, read: Promise<unknown>) => {
    found.push(...compare(subject, `${expected}`, `${await read}`))
  }
  if (adapters?.pyth) {
    const pyth = { address: adapters.pyth, abi: pythAdapterAbi }
    const read = (functionName: 'HUB' | 'STATISTICS' | 'EMA_SECONDS') =>
      reader.readContract({ ...pyth, functionName })
    await check('PythAdapter HUB', hub, read('HUB'))
    await check('PythAdapter STATISTICS', statistics, read('STATISTICS'))
    const expected = parameters.adapters?.pyth?.emaSeconds
    await check('PythAdapter EMA_SECONDS', expected, read('EMA_SECONDS'))
  }
  if (adapters?.quotes) {
    const quotes = { address: adapters.quotes, abi: quoteAdapterAbi }
    await check('QuoteAdapter HUB', hub, reader.readContract({ ...quotes, functionName: 'HUB' }))
  }
  if (adapters?.valuesById) {
    const values = { address: adapters.valuesById, abi: valueByIdAdapterAbi }
    const read = reader.readContract({ ...values, functionName: 'HUB' })
    await check('ValueByIdAdapter HUB', hub, read)
  }
  return found
}

async function verifyBonds(chain: Chain, deployment: Deployment): Promise<readonly Discrepancy[]> {
  const { bonds, parameters } = deployment
  const expected = parameters.bonds
  if (bonds === null || expected === undefined) return []
  const contract = { address: bonds.bonds, abi: memberBondsAbi }
  const read = (functionName: (typeof BOND_PARAMETERS)[number]) =>
    chain.reader.readContract({ ...contract, functionName })
  const found = await Promise.all(BOND_PARAMETERS.map(read))
  const given = [
    bonds.registry,
    deployment.hub,
    getAddress(expected.beneficiary),
    expected.stakeMinWei,
    expected.evidenceSeconds,
    expected.leavingSeconds,
    expected.weiPerSignature,
    expected.roundsBetween,
  ]
  return BOND_PARAMETERS.flatMap((name, at) =>
    compare(`MemberBonds ${name}`, `${given[at]}`, `${found[at]}`),
  )
}
