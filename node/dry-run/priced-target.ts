import { type Address, formatEther, zeroAddress } from 'viem'
import type { DryDeliveryView, DryTargetView } from '../api/dry-run-view.ts'
import type { TargetOptions } from '../chain/access.ts'
import { type AccessDependencies, type ChainAccess, chainAccess } from '../chain/access.ts'
import type { Chain } from '../chain/chain.ts'
import { isOvertaken, missingFeeds } from '../chain/overtaken.ts'
import { Obstacle } from '../chain/sender.ts'
import type { TransmitRequest } from '../chain/transmission.ts'
import { codeOf, OracleError } from '../errors.ts'
import type { Startable } from '../lifecycle.ts'
import type { Log } from '../logging.ts'
import type { EffectOf, TargetPort } from '../ports.ts'

export interface PricedTargetDependencies
  extends Pick<AccessDependencies, 'contract' | 'clock' | 'log'> {
  /** The wallet that would pay; null when its address is not known. */
  readonly wallet: Address | null
  readonly onDelivery: (delivery: DryDeliveryView) => void
  /** Left out: by the endpoints of the configuration. */
  readonly accessTo?: (options: TargetOptions, use: AccessDependencies) => DryAccess
}

/** What a dry run needs of one chain. */
export interface DryAccess {
  readonly spending: Pick<ChainAccess['spending'], 'load' | 'spentWei'>
  readonly pool: Pick<ChainAccess['pool'], 'status'>
  readonly relays: Pick<ChainAccess['relays'], 'status'>
  readonly chain: Chain & Pick<ChainAccess['chain'], 'checkContract' | 'isInOffice'>
  readonly sender: Pick<ChainAccess['sender'], 'price' | 'checkFunds' | 'lookAtBalance'>
}

type Fault = NonNullable<DryTargetView['fault']>
const NOT_PRICED = { gasMax: null, costEtherMax: null }

type Pricing = Omit<DryDeliveryView, 'target' | 'round'>

/**
 * One chain and its contract as a dry run sees them: reads all that a delivery would read, and
 * prices what it would send. There is no key here, and nothing that sends.
 */
export class PricedTarget implements Startable, TargetPort {
  readonly name: string
  readonly #access: DryAccess
  readonly #use: PricedTargetDependencies
  readonly #options: TargetOptions
  readonly #log: Log
  #balanceWei: bigint | null = null
  #isContractKnown = false
  /** Of the contract, of what was spent, and of the endpoints: each ends by itself. */
  readonly #faults = new Map<'contract' | 'spending' | 'chain', Fault>()
  #priced = 0
  #hindered = 0
  #last: DryDeliveryView | null = null
  #costWeiMax = 0n

  constructor(options: TargetOptions, use: PricedTargetDependencies) {
    this.name = options.config.name
    this.#options = options
    this.#use = use
    this.#log = use.log
    const account = { address: use.wallet ?? zeroAddress, signTransaction: refuseToSign }
    const onBalance = ({ balanceWei }: { readonly balanceWei: bigint }) => {
      this.#balanceWei = balanceWei
    }
    const { accessTo = chainAccess } = use
    this.#access = accessTo(options, { ...use, account, onBalance })
  }

  /** Never fails for what it finds: a dry run goes on, and says it at the end. */
  async start(): Promise<void> {
    const { spending, sender } = this.#access
    await spending.load().catch((error: unknown) => this.#note('spending', error))
    await this.#checkContract()
    if (this.#use.wallet === null) return
    await sender.lookAtBalance().catch((error: unknown) => this.#note('chain', error))
  }

  stop(): Promise<void> {
    return Promise.resolve()
  }

  /** As the chain has them; asks the contract for its committee until that was answered well. */
  async readFeeds(): ReturnType<TargetPort['readFeeds']> {
    if (!this.#isContractKnown) await this.#checkContract()
    try {
      const feeds = await this.#access.chain.readFeeds()
      this.#faults.delete('chain')
      return feeds
    } catch (error) {
      this.#note('chain', error)
      throw error
    }
  }

  /**
   * Prices what would be sent. Counts as failed, so that all others have a turn before it is this
   * seat's again: nothing was sent. What another delivery came before is superseded, as it is for
   * a node that sends, and counts as nothing.
   */
  async transmit({ certificate, feeds }: EffectOf<'transmit'>): ReturnType<TargetPort['transmit']> {
    if (!this.#access.chain.isInOffice) return 'superseded'
    const { message } = certificate
    const pricing = await this.#priceMissing({ certificate: message, feeds }).catch(
      (error: unknown) => ({ ...faultOf(error), ...NOT_PRICED, feeds: feeds.length }),
    )
    if (pricing === null) return 'superseded'
    this.#record({ target: this.name, round: message.round, ...pricing })
    return 'failed'
  }

  view(): DryTargetView {
    const { config } = this.#options
    const { pool, relays, spending } = this.#access
    return {
      target: this.name,
      chainId: config.chainId,
      contract: config.contract,
      wallet: this.#use.wallet,
      balanceEther: this.#balanceWei === null ? null : formatEther(this.#balanceWei),
      balanceEtherMin: formatEther(config.balanceEtherMin),
      spentEther: formatEther(spending.spentWei(this.#use.clock.nowMs())),
      endpoints: [...pool.status(), ...relays.status()],
      fault: this.#fault,
      isContractKnown: this.#isContractKnown,
      priced: this.#priced,
      hindered: this.#hindered,
      costEtherMax: formatEther(this.#costWeiMax),
      last: this.#last,
    }
  }

  get #fault(): Fault | null {
    const faults = this.#faults
    return faults.get('contract') ?? faults.get('spending') ?? faults.get('chain') ?? null
  }

  async #checkContract(): Promise<void> {
    try {
      await this.#access.chain.checkContract()
      this.#isContractKnown = true
      this.#faults.delete('contract')
    } catch (error) {
      // An endpoint that does not answer says nothing about the contract.
      this.#note(codeOf(error).startsWith('RPC_') ? 'chain' : 'contract', error)
    }
  }

  /** Null when the chain has all of it, or will by a delivery that came before. */
  async #priceMissing(request: TransmitRequest): Promise<Pricing | null> {
    const { chain } = this.#access
    const missing = await missingFeeds(chain, request)
    if (missing.length === 0) return null
    try {
      return await this.#price({ ...request, feeds: missing.slice(0, chain.feedsMax) })
    } catch (error) {
      const isReverted = error instanceof Obstacle && error.code === 'TRANSMIT_REVERTED'
      if (isReverted && (await isOvertaken(chain, request, error.message))) return null
      throw error
    }
  }

  async #price({ certificate, feeds }: TransmitRequest): Promise<Pricing> {
    const { sender, chain } = this.#access
    const data = chain.encodeUpdate(certificate, feeds)
    const freshSlotsMax = chain.freshSlotsMax(feeds)
    const request = { data, freshSlotsMax, replaces: null, mayRaise: true }
    const { gas, costWeiMax } = await sender.price(request)
    if (this.#use.wallet !== null) await sender.checkFunds(costWeiMax)
    this.#costWeiMax += costWeiMax
    const costEtherMax = formatEther(costWeiMax)
    return { code: 'OK', detail: '', feeds: feeds.length, gasMax: Number(gas), costEtherMax }
  }

  #record(delivery: DryDeliveryView): void {
    if (delivery.code === 'OK') this.#priced += 1
    else this.#hindered += 1
    this.#last = delivery
    this.#log.info('dryRun.wouldSend', { ...delivery })
    this.#use.onDelivery(delivery)
  }

  #note(of: 'contract' | 'spending' | 'chain', error: unknown): void {
    const { code, detail } = faultOf(error)
    const isNews = code !== this.#faults.get(of)?.code
    if (isNews) this.#log.warn('dryRun.chain', { target: this.name, code, detail })
    this.#faults.set(of, { code, detail })
  }
}

function faultOf(error: unknown): Fault {
  const detail = error instanceof Error ? error.message : String(error)
  const code = error instanceof Obstacle ? error.code : codeOf(error)
  return { code, detail: detail.slice(0, 300) }
}

function refuseToSign(): never {
  throw new OracleError('DRY_RUN_SIGNS_NOTHING', 'a dry run holds no key; report this as a bug')
}
