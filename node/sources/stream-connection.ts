import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'
import { OracleError } from '../errors.ts'
import type { Spending } from './budget.ts'
import { fullBudget, spend } from './budget.ts'
import { readJson } from './json.ts'
import { readingOf } from './reading.ts'
import type { StreamListener, StreamSocket } from './stream-socket.ts'
import type {
  ReadFrame,
  StreamAnswer,
  StreamEvent,
  VenueBudget,
  VenueMarket,
  VenueStream,
} from './venue.ts'

/** Opens one connection of a venue; `openStreamSocket` in a node. */
export type OpenStream = (listener: StreamListener) => StreamSocket

export interface StreamLimits {
  /** From the beginning of a connection to its opening. */
  readonly timeoutMs: DurationMs
  /** Without a message for so long a connection counts as dead. */
  readonly streamIdleMs: DurationMs
  readonly framesPerSecondMax: number
}

export interface StreamConnectionOptions {
  readonly venue: string
  readonly stream: VenueStream
  readonly markets: readonly VenueMarket[]
  readonly limits: StreamLimits
}

export interface StreamConnectionDependencies {
  readonly nowMs: () => UnixMs
  readonly open: OpenStream
  readonly onFrame: () => void
  readonly onAnswers: (connection: StreamConnection, answers: readonly StreamAnswer[]) => void
  /** The venue refuses something, a market perhaps; the connection goes on. */
  readonly onRefused: (error: OracleError) => void
  /** Once, unless the user ended it. */
  readonly onEnd: (connection: StreamConnection, error: OracleError) => void
}

const BYTES_COUNTED_ONCE = 4_096

/**
 * How often a message counts against `framesPerSecondMax`: once for each so many bytes of it that
 * are begun, as they are when unpacked, since a frame of a few hundred bytes may become as much as
 * `frameBytesMax`.
 */
export function frameWeight(text: string): number {
  return Math.max(Math.ceil(Buffer.byteLength(text) / BYTES_COUNTED_ONCE), 1)
}

/**
 * One connection to a venue's stream, from its beginning to its end: subscribes, reads each message
 * within bounds, pings, and ends when the venue is silent, floods, or says what nobody understands.
 */
export class StreamConnection {
  readonly startedMs: UnixMs
  readonly #options: StreamConnectionOptions
  readonly #dependencies: StreamConnectionDependencies
  readonly #socket: StreamSocket
  readonly #budget: VenueBudget
  readonly #readFrame: ReadFrame
  #spending: Spending
  #openedMs: UnixMs | null = null
  #heardMs: UnixMs
  #pingedMs: UnixMs
  #isSubscribed = false
  #isLeaving = false
  #isOver = false

  constructor(options: StreamConnectionOptions, dependencies: StreamConnectionDependencies) {
    this.#options = options
    this.#dependencies = dependencies
    const nowMs = dependencies.nowMs()
    this.startedMs = nowMs
    this.#heardMs = nowMs
    this.#pingedMs = nowMs
    this.#budget = { weightMax: options.limits.framesPerSecondMax, perMs: 1_000 }
    this.#spending = fullBudget(this.#budget, nowMs)
    this.#readFrame = options.stream.reader()
    this.#socket = dependencies.open({
      onOpen: () => this.#onOpen(),
      mayUnpack: () => this.#mayUnpack(),
      onText: (text) => this.#onText(text),
      onBeat: () => void this.#isAfforded(1, this.#dependencies.nowMs()),
      onEnd: (error) => this.#finish(error),
    })
  }

  /** When it was open; null while it is being made. */
  get openedMs(): UnixMs | null {
    return this.#openedMs
  }

  /** The venue asked to connect anew. */
  get isLeaving(): boolean {
    return this.#isLeaving
  }

  /** Ends what took too long, and pings; to be called a few times a second. */
  watch(nowMs: UnixMs): void {
    const { stream, limits, venue } = this.#options
    if (this.#openedMs === null) {
      if (nowMs - this.startedMs < limits.timeoutMs) return
      this.#end(
        'SOURCE_TIMEOUT',
        `the stream of ${venue} did not open within timeoutMs; raise it, or poll`,
      )
      return
    }
    if (nowMs - this.#heardMs >= limits.streamIdleMs) {
      const message = `the stream of ${venue} said nothing for ${limits.streamIdleMs} ms`
      this.#end('SOURCE_STREAM_SILENT', message)
      return
    }
    if (!this.#isSubscribed) this.#watchForWelcome(this.#openedMs, nowMs)
    if (stream.ping === null || nowMs - this.#pingedMs < stream.ping.everyMs) return
    this.#pingedMs = nowMs
    this.#socket.send(stream.ping.textAt(nowMs))
  }

  /** Ends it without a word. */
  end(): void {
    this.#isOver = true
    this.#socket.end()
  }

  #watchForWelcome(openedMs: UnixMs, nowMs: UnixMs): void {
    const { stream, limits, venue } = this.#options
    const openMs = nowMs - openedMs
    if (stream.subscribeAfter !== 'welcome') {
      if (openMs >= (stream.subscribeAfter ?? 0)) this.#subscribe(nowMs)
    } else if (openMs >= limits.timeoutMs) {
      const message = `the stream of ${venue} opened and did not say that it takes subscriptions`
      this.#end('SOURCE_TIMEOUT', message)
    }
  }

  #subscribe(nowMs: UnixMs): void {
    if (this.#isSubscribed) return
    this.#isSubscribed = true
    const { stream, markets } = this.#options
    for (const text of stream.subscribe(markets, nowMs)) this.#socket.send(text)
  }

  #onOpen(): void {
    const nowMs = this.#dependencies.nowMs()
    this.#openedMs = nowMs
    this.#heardMs = nowMs
    this.#pingedMs = nowMs
    if (this.#options.stream.subscribeAfter === undefined) this.#subscribe(nowMs)
  }

  #onText(text: string): void {
    if (this.#isOver) return
    const { nowMs, onFrame, onAnswers, onRefused } = this.#dependencies
    const heardMs = nowMs()
    // Whatever the limits are, a first message of any size that they allow is taken.
    const weight = Math.min(frameWeight(text), this.#budget.weightMax)
    if (!this.#isAfforded(weight, heardMs)) return
    this.#heardMs = heardMs
    onFrame()
    try {
      const event = this.#read(text)
      if (event.type === 'reconnect') this.#isLeaving = true
      if (event.type === 'welcome') this.#subscribe(heardMs)
      if (event.type === 'heartbeat' && event.reply !== undefined) this.#socket.send(event.reply)
      if (event.type === 'answers') onAnswers(this, event.answers)
    } catch (error) {
      if (!(error instanceof OracleError)) throw error
      if (error.code === 'SOURCE_REFUSED') onRefused(error)
      else this.#finish(error)
    }
  }

  #mayUnpack(): boolean {
    if (this.#isOver) return false
    return this.#afforded(1, this.#dependencies.nowMs()) !== null
  }

  /** Whether the venue may send so much more now, which is then spent. */
  #isAfforded(weight: number, nowMs: UnixMs): boolean {
    const spending = this.#afforded(weight, nowMs)
    if (spending === null) return false
    this.#spending = spending
    return true
  }

  /** What would be left of the budget; one message too many ends the connection. */
  #afforded(weight: number, nowMs: UnixMs): Spending | null {
    const spending = spend(this.#spending, { budget: this.#budget, weight, nowMs })
    if (spending === null) {
      const { venue } = this.#options
      this.#end('SOURCE_STREAM_FLOOD', `${venue} sent more messages than framesPerSecondMax`)
    }
    return spending
  }

  #read(text: string): StreamEvent {
    const { venue, stream, markets } = this.#options
    return readingOf(`a message of ${venue}`, () =>
      this.#readFrame(text === stream.ping?.answer ? text : readJson(text), markets),
    )
  }

  #end(code: StreamFaultCode, message: string): void {
    this.#finish(new OracleError(code, message, { context: { venue: this.#options.venue } }))
  }

  #finish(error: OracleError): void {
    if (this.#isOver) return
    this.end()
    this.#dependencies.onEnd(this, error)
  }
}

type StreamFaultCode = 'SOURCE_TIMEOUT' | 'SOURCE_STREAM_SILENT' | 'SOURCE_STREAM_FLOOD'
