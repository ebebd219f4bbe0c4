import type { Address, Hex } from 'viem'
import { OracleError } from '../errors.ts'
import type { Log } from '../logging.ts'
import type { TransactionToSign } from './signed-transaction.ts'
import { TOKEN_FAULTS } from './token-faults.ts'

/** Why a signer that is not in this process signs nothing; each is explained in docs/errors.md. */
const SIGNER_FAULTS = [
  'WEB3SIGNER_UNREACHABLE',
  'WEB3SIGNER_TLS_INVALID',
  'WEB3SIGNER_TIMEOUT',
  'WEB3SIGNER_ANSWER_INVALID',
  'WEB3SIGNER_ANSWER_TOO_LARGE',
  'WEB3SIGNER_REFUSED',
  'WEB3SIGNER_ACCOUNT_MISSING',
  'WEB3SIGNER_TRANSACTION_DIFFERS',
  ...TOKEN_FAULTS,
] as const

export type SignerFault = (typeof SIGNER_FAULTS)[number]

/** The fault that an error names; null for any other error. */
export function signerFaultOf(error: unknown): SignerFault | null {
  if (!(error instanceof OracleError)) return null
  return SIGNER_FAULTS.find((fault) => fault === error.code) ?? null
}

/**
 * The wallet of one chain, whose key is not in this process. One that is away costs a delivery its
 * turn and nothing else.
 */
export interface RemoteSigner {
  readonly address: Address
  /** Where the key is, for people: host and port, or the token. */
  readonly place: string
  /** Why it did not do what it was asked last; null when it did, or was not asked yet. */
  readonly fault: SignerFault | null
  /**
   * Asks whether the signer has the key.
   *
   * @throws {OracleError} a `SignerFault`
   */
  readonly checkAccount: () => Promise<void>
  /**
   * Has a transaction signed.
   *
   * @returns the raw transaction, exactly the asked one, signed by `address`
   * @throws {OracleError} a `SignerFault`
   */
  readonly signTransaction: (asked: TransactionToSign) => Promise<Hex>
  /** Ends what is under way; nothing can be signed any more. */
  readonly stop: () => void
}

/** How a remote signer does: an alarm when it begins to fail, and a word when that is over. */
export class SignerStanding {
  readonly #place: string
  readonly #log: Log
  readonly #stopping: AbortSignal
  #fault: SignerFault | null = null

  constructor(place: string, use: { readonly log: Log; readonly stopping: AbortSignal }) {
    this.#place = place
    this.#log = use.log
    this.#stopping = use.stopping
  }

  get fault(): SignerFault | null {
    return this.#fault
  }

  /** Does what the signer was asked; one alarm for each fault, not one for each delivery. */
  async noting<T>(work: () => Promise<T>): Promise<T> {
    const place = this.#place
    try {
      const result = await work()
      if (this.#fault !== null) this.#log.info('chain.signer.usable', { place })
      this.#fault = null
      return result
    } catch (error) {
      const fault = signerFaultOf(error)
      const isNews = fault !== this.#fault && !this.#stopping.aborted
      if (isNews) this.#log.error('chain.signer.unusable', { code: fault, place, error })
      this.#fault = fault
      throw error
    }
  }
}
