import type { Committee } from '../../aggregator/committee/committee.ts'
import type { Context } from '../../aggregator/context.ts'
import {
  encodeSignedHandover,
  handoverMessageOf,
  handoverTo,
  openSignedHandover,
  type SignedHandover,
} from '../../aggregator/handover/handover.ts'
import { equalBytes } from '../../aggregator/values/bytes.ts'
import type { Startable } from '../lifecycle.ts'
import type { Log } from '../logging.ts'
import type { HandoverNetwork } from './agreement.ts'
import { encodeHandoverRequest } from './exchange.ts'
import { readSigned, writeSigned } from './files.ts'

export interface ArrivalOptions {
  readonly context: Context
  /** The committee that hands over to this one. */
  readonly predecessor: Committee
  /** Where this node keeps the hand-over once it has it. */
  readonly keptAt: string
  /** Where a node of the predecessor on this machine keeps it; looked at until it is there. */
  readonly handover: string | null
}

export interface ArrivalDependencies {
  readonly network: Pick<HandoverNetwork, 'request' | 'connected'>
  readonly log: Log
  /** The predecessor has handed over to this committee. */
  readonly onArrived: (signed: SignedHandover) => void
}

const LOOK_EVERY_MS = 500

/**
 * Waits for the hand-over to this committee: from its own disk, from a node of the predecessor on
 * this machine, or from other members of this committee. Whoever brings it, it is checked.
 */
export class Arrival implements Startable {
  readonly name = 'arrival'
  readonly #options: ArrivalOptions
  readonly #use: ArrivalDependencies
  #signed: SignedHandover | null = null
  #looking: NodeJS.Timeout | undefined
  #asked = 0

  constructor(options: ArrivalOptions, dependencies: ArrivalDependencies) {
    this.#options = options
    this.#use = dependencies
  }

  /** Null until it is here. */
  get signed(): SignedHandover | null {
    return this.#signed
  }

  /** Wire form of the hand-over, for members that ask; null before it is here. */
  get signedBytes(): Uint8Array | null {
    return this.#signed === null
      ? null
      : encodeSignedHandover(this.#options.predecessor, this.#signed)
  }

  /** @throws {OracleError} `HANDOVER_FILE_DAMAGED`, `FILE_UNREADABLE` of the node's own file */
  async start(): Promise<void> {
    if (this.#looking !== undefined) return
    const bytes = await readSigned(this.#options.keptAt)
    if (bytes !== null) this.#take(bytes)
    this.#looking = setInterval(() => void this.#look(), LOOK_EVERY_MS)
    await this.#look()
  }

  stop(): Promise<void> {
    clearInterval(this.#looking)
    return Promise.resolve()
  }

  async #look(): Promise<void> {
    if (this.#signed !== null) {
      clearInterval(this.#looking)
      return
    }
    const { handover, predecessor } = this.#options
    // Half written, or not there yet: it is looked at again, and others are asked.
    const bytes = handover === null ? null : await readSigned(handover).catch(() => null)
    if (bytes !== null) this.#take(bytes)
    const connected = this.#use.network.connected()
    const to = connected[this.#asked++ % Math.max(1, connected.length)]
    if (to === undefined || this.#signed !== null) return
    const answer = await this.#use.network
      .request(to, encodeHandoverRequest(predecessor.digest))
      .catch(() => null)
    if (answer !== null && answer.length > 0) this.#take(answer)
  }

  #take(bytes: Uint8Array): void {
    if (this.#signed !== null) return
    const { context, predecessor, keptAt } = this.#options
    const { crypto, committee } = context
    const signed = openSignedHandover(crypto, predecessor, bytes)
    if (signed === null || !isTo(context, signed)) return
    this.#signed = signed
    const { epoch, activeFromMs } = signed.handover
    this.#use.log.info('handover.arrived', { epoch, activeFromMs, members: committee.size })
    this.#use.onArrived(signed)
    writeSigned(keptAt, bytes).catch((error: unknown) => {
      // It is asked for again at the next start.
      this.#use.log.warn('handover.notKept', { error })
    })
  }
}

/** Whether a hand-over names this committee, with its key and its clock. */
function isTo({ crypto, committee }: Context, { handover }: SignedHandover): boolean {
  const own = handoverTo(committee, handover)
  return equalBytes(
    handoverMessageOf(crypto.keccak256, own),
    handoverMessageOf(crypto.keccak256, handover),
  )
}
