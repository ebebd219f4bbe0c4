import type { Address, Hex } from 'viem'
import { numberToHex } from 'viem'
import { z } from 'zod'
import type { DurationMs } from '../../aggregator/values/time.ts'
import { OracleError } from '../errors.ts'
import type { Log } from '../logging.ts'
import type { RemoteSigner } from './remote-signer.ts'
import { SignerStanding } from './remote-signer.ts'
import type { TransactionToSign } from './signed-transaction.ts'
import { differenceIn } from './signed-transaction.ts'
import type { TlsFiles } from './web3signer-request.ts'
import { askWeb3Signer } from './web3signer-request.ts'

export interface Web3SignerOptions {
  /** Of the one process that signs for the chain it is used for. */
  readonly url: string
  /** Whose key signs. */
  readonly address: Address
  /** From the connection to the last byte of the answer. */
  readonly timeoutMs: DurationMs
  readonly tls: TlsFiles
}

/** What a Web3Signer may hold at most; those of one chain and one operator are a handful. */
const ACCOUNTS_MAX = 10_000
const accountsSchema = z.array(z.string().max(64)).max(ACCOUNTS_MAX)
const signedSchema = z.string().regex(/^0x(?:[0-9a-f]{2})+$/i)

/**
 * The wallet of one chain, whose key is with a Web3Signer and what stands behind it. Nothing that
 * it answers is believed: a signed transaction is compared with the asked one before anybody sees
 * it. One that is away costs a delivery its turn and nothing else.
 */
export class Web3Signer implements RemoteSigner {
  readonly address: Address
  /** Host and port. */
  readonly place: string
  readonly #options: Web3SignerOptions
  readonly #stopping = new AbortController()
  readonly #standing: SignerStanding

  constructor(options: Web3SignerOptions, { log }: { readonly log: Log }) {
    this.address = options.address
    this.place = new URL(options.url).host
    this.#options = options
    this.#standing = new SignerStanding(this.place, { log, stopping: this.#stopping.signal })
  }

  get fault(): RemoteSigner['fault'] {
    return this.#standing.fault
  }

  async checkAccount(): Promise<void> {
    await this.#standing.noting(async () => {
      const accounts = accountsSchema.safeParse(await this.#ask('eth_accounts', []))
      if (!accounts.success) throw this.#answerInvalid('no list of accounts')
      const wanted = this.address.toLowerCase()
      if (accounts.data.some((account) => account.toLowerCase() === wanted)) return
      throw new OracleError(
        'WEB3SIGNER_ACCOUNT_MISSING',
        `the signer at ${this.place} has ${accounts.data.length} account(s), and ` +
          `${this.address} is none of them; load that key there, or correct ` +
          'keys.transmitter.web3signer.address',
        { context: { host: this.place, accounts: accounts.data.length } },
      )
    })
  }

  async signTransaction(asked: TransactionToSign): Promise<Hex> {
    return await this.#standing.noting(async () => {
      const result = await this.#ask('eth_signTransaction', [rpcTransaction(this.address, asked)])
      const parsed = signedSchema.safeParse(result)
      if (!parsed.success) throw this.#answerInvalid('no raw transaction')
      const signed = parsed.data.toLowerCase() as Hex
      const difference = await differenceIn(signed, { asked, signer: this.address })
      if (difference === null) return signed
      throw new OracleError(
        'WEB3SIGNER_TRANSACTION_DIFFERS',
        `the signer at ${this.place} returned another transaction than it was asked to sign ` +
          `(${difference}), which was not sent; ${ADVICE[difference] ?? ADVICE_OTHERWISE}`,
        { context: { host: this.place, difference } },
      )
    })
  }

  stop(): void {
    this.#stopping.abort()
  }

  #ask(method: string, params: readonly unknown[]): Promise<unknown> {
    const { url, timeoutMs, tls } = this.#options
    const { signal } = this.#stopping
    return askWeb3Signer({ url: new URL(url), timeoutMs, tls, signal }, { method, params })
  }

  #answerInvalid(what: string): OracleError {
    return new OracleError(
      'WEB3SIGNER_ANSWER_INVALID',
      `the signer at ${this.place} answered with ${what}; check that it is a Web3Signer, ` +
        'started with the command eth1',
      { context: { host: this.place } },
    )
  }
}

const ADVICE: Readonly<Record<string, string>> = {
  chainId: 'start one Web3Signer for each chain, with its --chain-id, and name them in urls',
  type: 'use Web3Signer 23.8.0 or newer',
}
const ADVICE_OTHERWISE = 'find out who answers there, and do not use it until you know'

/** The fields that Web3Signer documents for `eth_signTransaction`; the chain is its own setting. */
function rpcTransaction(from: Address, asked: TransactionToSign) {
  return {
    from,
    to: asked.to,
    gas: numberToHex(asked.gas),
    maxFeePerGas: numberToHex(asked.maxFeePerGas),
    maxPriorityFeePerGas: numberToHex(asked.maxPriorityFeePerGas),
    nonce: numberToHex(asked.nonce),
    value: '0x0',
    data: asked.data,
  }
}
