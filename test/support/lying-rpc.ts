import { once } from 'node:events'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import { request } from 'undici'

/** Changes the result of one JSON-RPC method before the asker sees it. */
export type Lie = (result: unknown) => unknown

/** An endpoint on loopback that passes questions on to a real one and lies where it is told to. */
export class LyingRpc {
  readonly #target: string
  readonly #server: Server
  readonly #lies = new Map<string, Lie>()
  /** Methods asked, in order. */
  readonly asked: string[] = []
  /** When set, every answer is this text with this status instead. */
  answer: { readonly status: number; readonly text: string } | null = null

  private constructor(target: string) {
    this.#target = target
    this.#server = createServer((incoming, outgoing) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('end', () => {
        this.#reply(Buffer.concat(chunks).toString()).then(
          ({ status, text }) => {
            outgoing.writeHead(status, { 'content-type': 'application/json' }).end(text)
          },
          () => outgoing.destroy(),
        )
      })
    })
  }

  static async start(target: string): Promise<LyingRpc> {
    const rpc = new LyingRpc(target)
    rpc.#server.listen(0, '127.0.0.1')
    await once(rpc.#server, 'listening')
    return rpc
  }

  get url(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('not listening')
    return `http://127.0.0.1:${address.port}`
  }

  get host(): string {
    return new URL(this.url).host
  }

  lieAbout(method: string, lie: Lie): void {
    this.#lies.set(method, lie)
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #reply(body: string): Promise<{ readonly status: number; readonly text: string }> {
    const { method } = JSON.parse(body) as { readonly method: string }
    this.asked.push(method)
    if (this.answer !== null) return this.answer
    const headers = { 'content-type': 'application/json' }
    const answer = await request(this.#target, { method: 'POST', body, headers })
    const text = await answer.body.text()
    const lie = this.#lies.get(method)
    if (lie === undefined) return { status: answer.statusCode, text }
    const reply = JSON.parse(text) as { result?: unknown }
    return { status: 200, text: JSON.stringify({ ...reply, result: lie(reply.result) }) }
  }
}
