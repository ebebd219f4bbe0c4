import { formatEther } from 'viem'
import { invariant } from '../../aggregator/assert.ts'
import { committeeDigestOf } from '../../aggregator/committee/committee.ts'
import type { Context } from '../../aggregator/context.ts'
import type { Metrics } from '../api/metrics.ts'
import type { ChainView } from '../api/view.ts'
import type { TargetOptions } from '../chain/access.ts'
import { PriceFeedsContract } from '../chain/feeds-contract.ts'
import { ChainTarget, type TargetDependencies } from '../chain/target.ts'
import type { Clock } from '../clock.ts'
import type { CommitteeFile } from '../config/committee-file.ts'
import type { ChainConfig, NodeConfig } from '../config/schema.ts'
import type { RemoteSigner } from '../keys/remote-signer.ts'
import { Web3Signer } from '../keys/web3signer.ts'
import type { Log } from '../logging.ts'
import type { OpenKeys } from '../open-keys.ts'
import { web3signerOf } from '../open-keys.ts'
import { TokenWallet } from '../pkcs11/token-wallet.ts'
import { countTransmission, TargetBook } from './target-port.ts'

/** One contract that the node delivers to, and what came of its deliveries. */
export interface Target {
  readonly target: ChainTarget
  readonly book: TargetBook
}

export interface TargetsDependencies {
  readonly keys: Pick<OpenKeys, 'transmitter' | 'token'>
  readonly context: Context
  /** The committee that hands over to this one; null for a first committee. */
  readonly predecessor: CommitteeFile | null
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

/** One target for each chain of the configuration; none without a wallet that pays. */
export function makeTargets(
  config: Pick<NodeConfig, 'chains' | 'dataDirectory' | 'keys'>,
  dependencies: TargetsDependencies,
): readonly Target[] {
  return config.chains.flatMap((chain) => {
    const log = dependencies.log.child({ target: chain.name })
    const { token } = dependencies.keys
    const signer = remoteSigner(config.keys.transmitter, { chain: chain.name, token, log })
    const account = signer ?? dependencies.keys.transmitter
    if (account === null) return []
    const { dataDirectory } = config
    return [makeTarget({ config: chain, dataDirectory }, { account, signer }, dependencies)]
  })
}

/** Every target as it shows itself, with what belongs to it elsewhere. */
export function viewsOf(
  targets: readonly Target[],
  { settlers, rotation }: { readonly settlers: Settling; readonly rotation: Succeeding },
): readonly ChainView[] {
  return targets.map((each) => {
    const { target, book } = each
    return { ...book.view(target, settlers.view(each)), succession: rotation.succession(target) }
  })
}

interface Settling {
  readonly view: (target: Target) => ChainView['settlements']
}

interface Succeeding {
  readonly succession: (target: ChainTarget) => ChainView['succession']
}

/** The remote signer of one chain; null where the key is here, or nowhere. */
export function remoteSigner(
  transmitter: NodeConfig['keys']['transmitter'],
  use: Pick<OpenKeys, 'token'> & { readonly chain: string; readonly log: Log },
): RemoteSigner | null {
  const { chain, token, log } = use
  if (typeof transmitter !== 'object') return null
  if ('pkcs11' in transmitter) {
    invariant(token !== null, 'a token that is configured was made')
    return new TokenWallet(transmitter.pkcs11, { token, log })
  }
  return new Web3Signer(web3signerOf(transmitter.web3signer, chain), { log })
}

function makeTarget(
  options: TargetOptions,
  paying: Pick<TargetDependencies, 'account' | 'signer'>,
  { context, predecessor, clock, log, metrics }: TargetsDependencies,
): Target {
  const { config } = options
  const book = new TargetBook()
  const contract = contractOf(config, { context, predecessor })
  const target = new ChainTarget(options, {
    ...paying,
    contract,
    clock,
    log,
    onEvent: (event) => {
      if (event.type !== 'ended') return
      const { transmission } = event
      book.sawEnd(transmission)
      countTransmission(metrics, config.name, transmission)
    },
    onBalance: ({ balanceWei }) => {
      book.sawBalance(balanceWei)
      metrics.walletBalance.set({ target: config.name }, Number(formatEther(balanceWei)))
    },
  })
  return { target, book }
}

/** The contract of a target, as this committee and the one before it know it. */
export function contractOf(
  { contract: address }: Pick<ChainConfig, 'contract'>,
  { context, predecessor }: Pick<TargetsDependencies, 'context' | 'predecessor'>,
): PriceFeedsContract {
  const { committee, crypto } = context
  const before =
    predecessor === null
      ? {}
      : { predecessor: committeeDigestOf(crypto.keccak256, predecessor.params) }
  return new PriceFeedsContract({ address, committee, ...before }, crypto)
}
