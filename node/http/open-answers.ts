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

/** When each answer of a connection was first seen to be written whole; null before. */
type Written = Map<ServerResponse, number | null>

/**
 * The answers under way: how many each connection has, and how long their readers take. A
 * connection that takes a byte now and then is not idle, and would hold its answers for ever.
 */
export class OpenAnswers {
  readonly #nowMs: () => number
  readonly #bySocket = new Map<Socket, Written>()

  /** @param nowMs monotonic milliseconds */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Counts one until it is done; false when its connection has too many already, or is gone. */
  begin(socket: Socket, answer: ServerResponse): boolean {
    if (socket.destroyed) return false
    const written = this.#bySocket.get(socket) ?? this.#follow(socket)
    if (written.size >= ANSWERS_PER_CONNECTION_MAX) return false
    written.set(answer, null)
    answer.once('close', () => written.delete(answer))
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
    const late = [...this.#bySocket].filter(([, written]) => isLate(written, nowMs))
    for (const [socket] of late) socket.destroy()
    return late.length
  }

  /** Until the connection is gone: Node does not tell answers that wait in it for an upgrade. */
  #follow(socket: Socket): Written {
    const written: Written = new Map()
    this.#bySocket.set(socket, written)
    socket.once('close', () => this.#bySocket.delete(socket))
    return written
  }
}

/** Whether one of a connection's answers lies there for too long; takes note of new ones. */
function isLate(written: Written, nowMs: number): boolean {
  let isOne = false
  for (const [answer, sinceMs] of written) {
    if (!answer.writableEnded) continue
    if (sinceMs === null) written.set(answer, nowMs)
    else if (nowMs - sinceMs > TAKEN_MS_MAX) isOne = true
  }
  return isOne
}
