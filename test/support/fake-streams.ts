import type { OracleError } from '../../node/errors.ts'
import type { StreamReport } from '../../node/sources/stream-client.ts'
import { StreamClient } from '../../node/sources/stream-client.ts'
import type { StreamListener, StreamSocket } from '../../node/sources/stream-socket.ts'
import type { StreamAnswer, StreamEvent, VenueStream } from '../../node/sources/venue.ts'
import { RecordedLog, SteppedTime } from './venues.ts'

/** One connection whose other end is the test. */
export class FakeSocket implements StreamSocket {
  readonly listener: StreamListener
  readonly sent: string[] = []
  isEnded = false

  constructor(listener: StreamListener) {
    this.listener = listener
  }

  readonly send = (text: string) => void this.sent.push(text)
  readonly end = () => {
    this.isEnded = true
  }

  /** Opens it, as a venue does that is well. */
  accept(): this {
    this.listener.onOpen()
    return this
  }

  say(message: unknown): void {
    this.listener.onText(typeof message === 'string' ? message : JSON.stringify(message))
  }

  fail(error: OracleError): void {
    this.listener.onEnd(error)
  }
}

/** A stream whose messages are their meaning: `{"bid":5}`, `"heartbeat"`, `"reconnect"`. */
export const PLAIN_STREAM: VenueStream = {
  url: 'wss://plain.example',
  ping: { textAt: () => 'ping', everyMs: 15_000, answer: 'pong' },
  lifeMs: 86_400_000,
  subscribe: (markets) => [`subscribe ${markets.map(({ symbol }) => symbol).join()}`],
  reader:
    () =>
    (frame): StreamEvent => {
      if (frame === 'pong' || frame === 'heartbeat') return { type: 'heartbeat' }
      if (frame === 'reconnect') return { type: 'reconnect' }
      const said = frame as ReadonlyMap<string, { readonly numberText: string } | string>
      const quote = Object.fromEntries(
        [...said].flatMap(([name, value]) =>
          typeof value === 'string'
            ? []
            : [[name, name.endsWith('Ms') ? Number(value.numberText) : BigInt(value.numberText)]],
        ),
      )
      const market = said.get('market')
      const answer = {
        type: 'quoted',
        market: typeof market === 'string' ? market : 'BTC/USD',
        quote,
      }
      return { type: 'answers', answers: [answer as StreamAnswer] }
    },
}

export const START_MS = 1_760_000_000_000

/** A client of `PLAIN_STREAM` whose time, chance and connections belong to the test. */
export class DrivenStream {
  readonly time = new SteppedTime(START_MS)
  readonly log = new RecordedLog()
  readonly sockets: FakeSocket[] = []
  readonly reports: StreamReport[] = []
  readonly faults: string[] = []
  readonly client: StreamClient
  readonly #controller = new AbortController()
  readonly #running: Promise<void>

  constructor({ jitter = 0 }: { readonly jitter?: number } = {}) {
    const markets = ['BTC/USD', 'ETH/USD'].map((market) => ({ market, symbol: market }))
    const limits = { timeoutMs: 2_000, streamIdleMs: 20_000, framesPerSecondMax: 100 }
    this.client = new StreamClient(
      { venue: 'plain', stream: PLAIN_STREAM, markets, limits, freshMs: 1_000, windowMs: 50 },
      {
        clock: this.time,
        sleep: this.time.sleep,
        jitter: () => jitter,
        log: this.log,
        open: (listener) => {
          const socket = new FakeSocket(listener)
          this.sockets.push(socket)
          return socket
        },
        report: (report) => void this.reports.push(report),
        onFault: (code) => void this.faults.push(code),
      },
    )
    this.#running = this.client.run(this.#controller.signal)
  }

  /** The connection that was made last. */
  get socket(): FakeSocket {
    const last = this.sockets.at(-1)
    if (last === undefined) throw new Error('no connection was made')
    return last
  }

  /** Lets time pass in the client's own steps. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 50) {
      this.time.advance(Math.min(50, ms - passed))
      await new Promise(setImmediate)
    }
  }

  async stop(): Promise<void> {
    this.#controller.abort()
    await this.#running
  }
}
