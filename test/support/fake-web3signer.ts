import { once } from 'node:events'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { Hex, TransactionSerializableEIP1559 } from 'viem'
import { hexToBigInt, hexToNumber } from 'viem'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import type { TransactionToSign } from '../../node/keys/signed-transaction.ts'

interface Question {
  readonly method: string
  readonly params: readonly Readonly<Record<string, Hex>>[]
}

/** Fields that Web3Signer documents for `eth_signTransaction`, and no other. */
const FIELDS = [
  ...['data', 'from', 'gas', 'maxFeePerGas', 'maxPriorityFeePerGas', 'nonce', 'to', 'value'],
]

export interface FakeWeb3SignerOptions {
  readonly key: Hex
  /** The chain it signs for, whatever it is asked: its own setting. */
  readonly chainId: number
  /** Any free one when it is left out. */
  readonly port?: number
  /** Serves HTTPS with these. */
  readonly tls?: ServerOptions
}

/**
 * Answers on loopback as Web3Signer in its mode eth1 does, and signs with viem; lies, breaks and
 * keeps silent as a test tells it to.
 */
export class FakeWeb3Signer {
  readonly account: PrivateKeyAccount
  /** Methods asked, in order. */
  readonly asked: string[] = []
  /** What it signs instead of what it was asked to. */
  lie: (asked: TransactionToSign) => Promise<string> | string
  /** Answers in its place. */
  instead: ((outgoing: ServerResponse, incoming: IncomingMessage) => void) | null = null
  /** What it lists. */
  accounts: unknown
  readonly #chainId: number
  readonly #server: Server
  readonly #scheme: string

  private constructor({ key, chainId, tls }: FakeWeb3SignerOptions) {
    this.account = privateKeyToAccount(key)
    this.accounts = [this.account.address.toLowerCase()]
    this.#chainId = chainId
    this.lie = (asked) => this.sign(asked)
    const listener: RequestListener = (incoming, outgoing) => {
      this.#serve(incoming, outgoing).catch(() => outgoing.destroy())
    }
    this.#scheme = tls === undefined ? 'http' : 'https'
    this.#server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
  }

  static async start(options: FakeWeb3SignerOptions): Promise<FakeWeb3Signer> {
    const signer = new FakeWeb3Signer(options)
    signer.#server.listen(options.port ?? 0, '127.0.0.1')
    await once(signer.#server, 'listening')
    return signer
  }

  get url(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('not listening')
    return `${this.#scheme}://127.0.0.1:${address.port}`
  }

  sign(transaction: TransactionSerializableEIP1559): Promise<Hex> {
    return this.account.signTransaction({ ...transaction, type: 'eip1559' })
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const { method, params } = JSON.parse(Buffer.concat(chunks).toString()) as Question
    this.asked.push(method)
    if (this.instead !== null) {
      this.instead(outgoing, incoming)
      return
    }
    // As it does when what stands behind it fails.
    const broken = () => error(-32_603, 'Internal error')
    const answer = await this.#answerOf(method, params).catch(broken)
    outgoing
      .writeHead('error' in answer ? 500 : 200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', id: 1, ...answer }))
  }

  async #answerOf(method: string, params: Question['params']): Promise<object> {
    if (method === 'eth_accounts') return { result: this.accounts }
    const [asked = {}] = params
    const isKnown = Object.keys(asked).toSorted().join() === FIELDS.join()
    if (method !== 'eth_signTransaction' || !isKnown) return error(-32_602, 'Invalid params')
    if (asked.from !== this.account.address) {
      return error(-32_000, 'No unlocked account matches the Sender')
    }
    return { result: await this.lie(this.#transactionOf(asked)) }
  }

  #transactionOf(asked: Readonly<Record<string, Hex>>): TransactionToSign {
    const of = (name: string): Hex => asked[name] ?? '0x0'
    return {
      type: 'eip1559',
      chainId: this.#chainId,
      to: of('to'),
      nonce: hexToNumber(of('nonce')),
      data: of('data'),
      gas: hexToBigInt(of('gas')),
      maxFeePerGas: hexToBigInt(of('maxFeePerGas')),
      maxPriorityFeePerGas: hexToBigInt(of('maxPriorityFeePerGas')),
    }
  }
}

function error(code: number, message: string): object {
  return { error: { code, message } }
}
