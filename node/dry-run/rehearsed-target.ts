import { type Address, formatEther, zeroAddress } from 'viem'
import type { DryDeliveryView, DryTargetView } from '../api/dry-run-view.ts'
import type { TargetOptions } from '../chain/access.ts'
import { type AccessDependencies, type ChainAccess, chainAccess } from '../chain/access.ts'
import { Obstacle } from '../chain/sender.ts'
import { codeOf, OracleError } from '../errors.ts'
import type { Startable } from '../lifecycle.ts'
import type { Log } from '../logging.ts'
import type { EffectOf, TargetPort } from '../ports.ts'

export interface RehearsedTargetDependencies
  extends Pick<AccessDependencies, 'contract' | 'clock' | 'log'> {
  /** The wallet that would pay; null when its address is not known. */
  readonly wallet: Address | null
  readonly onRehearsed: (delivery: DryDeliveryView) => void
}

/**
 * One chain and its contract as a dry run sees them: reads all that a delivery would read, and
 * prices what it would send. There is no key here, and nothing that sends.
 */
export class RehearsedTarget implements Startable, TargetPort {
  readonly name: string
  readonly #access: ChainAccess
  readonly #use: RehearsedTargetDependencies
  readonly #options: TargetOptions
  readonly #log: Log
  #balanceWei: bigint | null = null
  #fault: DryTargetView['fault'] = null
  #priced = 0
  #hindered = 0
  #last: DryDeliveryView | null = null
  #costWeiMax = 0n

  constructor(options: TargetOptions, use: RehearsedTargetDependencies) {
    this.name = options.config.name
    this.#options = options
    this.#use = use
    this.#log = use.log
    const account = { address: use.wallet ?? zeroAddress, signTransaction: refuseToSign }
    const onBalance = ({ balanceWei }: { readonly balanceWei: bigint }) => {
      this.#balanceWei = balanceWei
    }
    this.#access = chainAccess(options, { ...use, account, onBalance })
  }

  /** Never fails for what it finds: a dry run goes on, and says it at the end. */
  async start(): Promise<void> {
    const { spending, chain, sender } = this.#access
    try {
      await spending.load()
      await chain.checkContract()
      if (this.#use.wallet !== null) await sender.lookAtBalance()
    } catch (error) {
      this.#note(error)
    }
  }

  stop(): Promise<void> {
    return Promise.resolve()
  }

  async readFeeds(): ReturnType<TargetPort['readFeeds']> {
    try {
      const feeds = await this.#access.chain.readFeeds()
      if (this.#fault?.code.startsWith('RPC_') === true) this.#fault = null
      return feeds
    } catch (error) {
      this.#note(error)
      throw error
    }
  }

  /**
   * Prices what would be sent. Counts as failed, so that all others have a turn before it is this
   * seat's again: nothing was sent.
   */
  async transmit({ certificate, feeds }: EffectOf<'transmit'>): ReturnType<TargetPort['transmit']> {
    const { chain } = this.#access
    if (!chain.isInOffice) return 'superseded'
    const { round } = certificate.message
    const delivery = { target: this.name, round, feeds: feeds.length }
    const data = chain.encodeUpdate(certificate.message, feeds.slice(0, chain.feedsMax))
    this.#record({ ...delivery, ...(await this.#priceOf(data, chain.freshSlotsMax(feeds))) })
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
      priced: this.#priced,
      hindered: this.#hindered,
      costEtherMax: formatEther(this.#costWeiMax),
      last: this.#last,
    }
  }

  async #priceOf(
    data: `0x${string}`,
    freshSlotsMax: number,
  ): Promise<Pick<DryDeliveryView, 'code' | 'detail' | 'gasMax' | 'costEtherMax'>> {
    const { sender } = this.#access
    const request = { data, freshSlotsMax, replaces: null, mayRaise: true }
    try {
      const { gas, costWeiMax } = await sender.price(request)
      if (this.#use.wallet !== null) await sender.checkFunds(costWeiMax)
      this.#costWeiMax += costWeiMax
      const priced = { gasMax: Number(gas), costEtherMax: formatEther(costWeiMax) }
      return { code: 'OK', detail: '', ...priced }
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      const code = error instanceof Obstacle ? error.code : codeOf(error)
      return { code, detail: detail.slice(0, 300), gasMax: null, costEtherMax: null }
    }
  }

  #record(delivery: DryDeliveryView): void {
    if (delivery.code === 'OK') this.#priced += 1
    else this.#hindered += 1
    this.#last = delivery
    this.#log.info('dryRun.wouldSend', { ...delivery })
    this.#use.onRehearsed(delivery)
  }

  #note(error: unknown): void {
    const detail = error instanceof Error ? error.message : String(error)
    const code = codeOf(error)
    if (code !== this.#fault?.code)
      this.#log.warn('dryRun.chain', { target: this.name, code, detail })
    this.#fault = { code, detail: detail.slice(0, 300) }
  }
}

function refuseToSign(): never {
  throw new OracleError('DRY_RUN_SIGNS_NOTHING', 'a dry run holds no key; report this as a bug')
}
