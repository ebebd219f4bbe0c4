import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Answers of one connection that are not done. Clients of ours wait for one before they ask again;
 * what is more is memory that nobody reads.
 */
const ANSWERS_PER_CONNECTION_MAX = 4

/** Counts the answers under way of each connection. */
export class OpenAnswers {
  readonly #bySocket = new WeakMap<Socket, number>()

  /** Counts one until it is done; false when its connection has too many already. */
  begin(socket: Socket, answer: ServerResponse): boolean {
    const count = this.#bySocket.get(socket) ?? 0
    if (count >= ANSWERS_PER_CONNECTION_MAX) return false
    this.#bySocket.set(socket, count + 1)
    answer.once('close', () => {
      this.#bySocket.set(socket, (this.#bySocket.get(socket) ?? 1) - 1)
    })
    return true
  }
}
