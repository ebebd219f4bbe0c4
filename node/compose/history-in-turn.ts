import { OracleError } from '../errors.ts'
import type { History } from '../gateway/history.ts'
import type { Doing } from '../later.ts'

/** Reads that may wait behind the one that is on. */
export const READS_WAITING_MAX = 16

/**
 * The past, one read at a time: the next begins when the event loop came round once more, so that
 * what was read is on its way, and whatever else is due was done.
 *
 * @param read throws what a request is then refused with
 * @param later when a read may be
 * @returns rejects with an {OracleError} HISTORY_BUSY while `READS_WAITING_MAX` wait
 */
export function historyInTurn(
  read: (...asked: Parameters<History>) => Awaited<ReturnType<History>>,
  later: Doing,
): History {
  const waiting: (() => void)[] = []
  let isOn = false
  const next = () => {
    const work = waiting.shift()
    isOn = work !== undefined
    if (work !== undefined) later(work)
  }
  return (asked) => {
    if (waiting.length >= READS_WAITING_MAX) return Promise.reject(busy())
    return new Promise((resolve, reject) => {
      waiting.push(() => {
        try {
          resolve(read(asked))
        } catch (error) {
          reject(error)
        }
        setImmediate(next)
      })
      if (!isOn) next()
    })
  }
}

function busy(): OracleError {
  const context = { waitingMax: READS_WAITING_MAX }
  const message = `${READS_WAITING_MAX} reads of past certificates wait; ask again in a second`
  return new OracleError('HISTORY_BUSY', message, { context })
}
