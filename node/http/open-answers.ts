import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Answers of one connection that are not done. Clients of ours wait for one before they ask again;
 * what is more is memory that nobody reads.
 */
const ANSWERS_PER_CONNECTION_MAX = 4
/**
 * From when an answer is written to when its reader has taken it. The largest, a page of past
 * certificates, is a megabyte of text, and comes in time to whoever takes 300 kbit a second.
 */
const TAKEN_MS_MAX = 30_000

interface OpenAnswer {
  readonly socket: Socket
  /** When it was first seen to be written whole; null before. */
  writtenMs: number | null
}

/**
 * The answers under way: how many each connection has, and how long their readers take. A
 * connection that takes a byte now and then is not idle, and would hold its answers for ever.
 */
export class OpenAnswers {
  readonly #nowMs: () => number
  readonly #countOf = new WeakMap<Socket, number>()
  readonly #open = new Map<ServerResponse, OpenAnswer>()

  /** @param nowMs monotonic milliseconds */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Counts one until it is done; false when its connection has too many already. */
  begin(socket: Socket, answer: ServerResponse): boolean {
    const count = this.#countOf.get(socket) ?? 0
    if (count >= ANSWERS_PER_CONNECTION_MAX) return false
    this.#countOf.set(socket, count + 1)
    this.#open.set(answer, { socket, writtenMs: null })
    answer.once('close', () => {
      this.#open.delete(answer)
      this.#countOf.set(socket, (this.#countOf.get(socket) ?? 1) - 1)
    })
    return true
  }

  /**
   * Ends connections whose reader takes too long; called about once a second. A stream is not
   * written whole until it ends, and looks after its readers itself.
   *
   * @returns how many were ended
   */
  look(): number {
    const nowMs = this.#nowMs()
    const late = new Set<Socket>()
    for (const [answer, open] of this.#open) {
      if (!answer.writableEnded) continue
      open.writtenMs ??= nowMs
      if (nowMs - open.writtenMs > TAKEN_MS_MAX) late.add(open.socket)
    }
    for (const socket of late) socket.destroy()
    return late.size
  }
}
