import type { Hex } from 'viem'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import type { FeedIndex } from '../../aggregator/values/ids.ts'
import type { Clock } from '../clock.ts'
import type { ChainConfig } from '../config/schema.ts'
import { codeOf, OracleError } from '../errors.ts'
import type { RemoteSigner } from '../keys/remote-signer.ts'
import type { Startable } from '../lifecycle.ts'
import type { Log } from '../logging.ts'
import type { AccessDependencies, ChainAccess, TargetOptions } from './access.ts'
import { chainAccess, prepareAccess } from './access.ts'
import type { Call, CallEnd } from './calls.ts'
import type { Chain, Standing } from './chain.ts'
import type { Ask, EndpointStatus } from './rpc.ts'
import type { Transmission, TransmitRequest, TransmitterEvent } from './transmission.ts'
import { Transmitter } from './transmitter.ts'

export interface TargetDependencies extends AccessDependencies {
  /** Who signs for the account, when it is not this process. */
  readonly signer: RemoteSigner | null
  readonly onEvent?: (event: TransmitterEvent) => void
}

/** One chain and one contract on it that certificates are delivered to. */
export class ChainTarget implements Startable {
  readonly name: string
  readonly wallet: string
  #config: ChainConfig
  readonly #clock: Pick<Clock, 'nowMs'>
  readonly #log: Log
  readonly #access: ChainAccess
  readonly #transmitter: Transmitter
  readonly #signer: RemoteSigner | null

  constructor({ config, dataDirectory }: TargetOptions, use: TargetDependencies) {
    const { name } = config
    this.name = `chain ${name}`
    this.#config = config
    this.wallet = use.account.address
    this.#signer = use.signer
    this.#clock = use.clock
    this.#log = use.log.child({ target: name })
    this.#access = chainAccess({ config, dataDirectory }, use)
    const { chain, sender } = this.#access
    this.#transmitter = new Transmitter({ target: name, ...config }, { ...use, chain, sender })
  }

  get config(): ChainConfig {
    return this.#config
  }

  /**
   * Takes over what of another configuration of the same target may change while it runs
   * (`config/changes.ts`); a transaction that is in flight stays what it is.
   *
   * @returns takes it over; to be called in the same turn of the event loop
   */
  prepare(config: ChainConfig): () => void {
    const takeOver = prepareAccess(this.#access, config)
    return () => {
      takeOver()
      this.#transmitter.reconfigure({ target: config.name, ...config })
      this.#config = config
    }
  }

  /**
   * Starts even when no endpoint or no signer answers: the node goes on without this chain and says
   * so.
   *
   * @throws {OracleError} CONTRACT_MISSING, CONTRACT_COMMITTEE_DIFFERS, CONTRACT_FEEDS_DIFFER
   */
  async start(): Promise<void> {
    // It says itself what is wrong, and says so again when a delivery fails for it.
    const signerLooked = this.#signer?.checkAccount().catch(() => undefined)
    try {
      await this.#access.chain.checkContract()
      // An operator should not learn of an empty wallet when its turn to deliver comes.
      await this.#access.sender.lookAtBalance()
    } catch (error) {
      const isReachable = error instanceof OracleError && error.code.startsWith('CONTRACT_')
      if (isReachable) throw error
      this.#log.error('chain.unreachable', { code: codeOf(error), error })
    }
    await signerLooked
    await this.#transmitter.start()
  }

  stop(): Promise<void> {
    this.#signer?.stop()
    return this.#transmitter.stop()
  }

  /**
   * Performs the effect `transmit`; never rejects. Before this committee is in office on the
   * contract nothing is sent, and it counts as overtaken: the machine looks again a stage later.
   */
  transmit(request: TransmitRequest): Promise<Transmission> {
    if (!this.#access.chain.isInOffice) {
      const { round } = request.certificate
      return Promise.resolve({ outcome: 'superseded', round })
    }
    return this.#transmitter.transmit(request)
  }

  /** Performs the effect `readChain`; rejects with RPC_NONE_USABLE or RPC_ALL_FAILED. */
  readFeeds(): ReturnType<Chain['readFeeds']> {
    return this.#access.chain.readFeeds()
  }

  /** Where this committee stands on the contract; rejects as `readFeeds`. */
  standing(): Promise<Standing> {
    return this.#access.chain.standing()
  }

  /** Sends a call in between deliveries; see `Transmitter.call`. */
  call(call: Call): Promise<CallEnd> {
    return this.#transmitter.call(call)
  }

  /** What most endpoints answer as of now; rejects as `readFeeds`, or with what the chain says. */
  readNow<T>(ask: Ask<T>): Promise<T> {
    return this.#access.chain.readNow(ask)
  }

  /** Feeds of a certificate as `Settlement.settle` takes them. */
  encodeReport(certificate: Certificate, feeds: readonly FeedIndex[]): Hex {
    return this.#access.chain.encodeReport(certificate, feeds)
  }

  /** Number of this node's committee on the contract, as last read. */
  get epoch(): number {
    return this.#access.chain.epoch
  }

  /** What is known about each endpoint, in the order of the configuration, then each relay. */
  endpoints(): readonly EndpointStatus[] {
    const { pool, relays } = this.#access
    return [...pool.status(), ...relays.status()]
  }

  /** The remote signer and why it signs nothing; null when the key is in this process. */
  signer(): Pick<RemoteSigner, 'place' | 'fault'> | null {
    if (this.#signer === null) return null
    const { place, fault } = this.#signer
    return { place, fault }
  }

  /** Wei paid in the last 24 hours, for gas and data. */
  spentWei(): bigint {
    return this.#access.spending.spentWei(this.#clock.nowMs())
  }
}
