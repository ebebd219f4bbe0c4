import type { Address, Hex } from 'viem'
import { bytesToHex, getAddress, hexToBytes, keccak256, serializeTransaction } from 'viem'
import type { DurationMs } from '../../aggregator/values/time.ts'
import { OracleError } from '../errors.ts'
import { addressOfKey } from '../evidence/calldata.ts'
import type { RemoteSigner } from '../keys/remote-signer.ts'
import { SignerStanding } from '../keys/remote-signer.ts'
import type { TransactionToSign } from '../keys/signed-transaction.ts'
import type { Log } from '../logging.ts'
import { QUESTION } from './ask-public-key.ts'
import { signatoriesOf, withLowS } from './signature.ts'
import type { TokenKey } from './token-key.ts'

export interface TokenWalletOptions {
  /** Whose key signs. */
  readonly address: Address
  readonly timeoutMs: DurationMs
}

export interface TokenWalletDependencies {
  /** Stopped by whoever made it: all chains share it. */
  readonly token: TokenKey
  readonly log: Log
}

/**
 * The wallet of one chain, whose key is in a token. A token signs any 32 bytes and does not say
 * with which key, so each signature is tried: only one of the configured account is used.
 */
export class TokenWallet implements RemoteSigner {
  readonly address: Address
  readonly place: string
  readonly #timeoutMs: DurationMs
  readonly #token: TokenKey
  readonly #stopping = new AbortController()
  readonly #standing: SignerStanding

  constructor({ address, timeoutMs }: TokenWalletOptions, use: TokenWalletDependencies) {
    this.address = address
    this.place = use.token.place
    this.#timeoutMs = timeoutMs
    this.#token = use.token
    const { signal: stopping } = this.#stopping
    this.#standing = new SignerStanding(this.place, { log: use.log, stopping })
  }

  get fault(): RemoteSigner['fault'] {
    return this.#standing.fault
  }

  async checkAccount(): Promise<void> {
    await this.#standing.noting(() => this.#sign(QUESTION))
  }

  async signTransaction(asked: TransactionToSign): Promise<Hex> {
    return await this.#standing.noting(async () => {
      const digest = hexToBytes(keccak256(serializeTransaction(asked)))
      return serializeTransaction(asked, await this.#sign(digest))
    })
  }

  stop(): void {
    this.#stopping.abort()
  }

  async #sign(digest: Uint8Array) {
    const [timeoutMs, { signal }] = [this.#timeoutMs, this.#stopping]
    const answer = await this.#token.sign(digest, { timeoutMs, signal })
    const signature = withLowS(answer)
    const signatories = signature === null ? [] : signatoriesOf(signature, digest)
    const addresses = signatories.map(({ publicKey }) => getAddress(addressOfKey(publicKey)))
    const own = signatories[addresses.indexOf(this.address)]
    if (signature === null || own === undefined) throw foreign(this.address, addresses)
    const [r, s] = [signature.subarray(0, 32), signature.subarray(32)]
    return { r: bytesToHex(r), s: bytesToHex(s), yParity: own.yParity }
  }
}

function foreign(address: Address, seen: readonly Address[]): OracleError {
  return new OracleError(
    'PKCS11_SIGNATURE_FOREIGN',
    `the token's signature is not that of ${address} (it can be of ` +
      `${seen.join(' or ') || 'nobody'}), and was not used; correct the address or the key's name`,
    { context: { address } },
  )
}
