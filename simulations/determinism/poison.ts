/**
 * Runs something in which neither the wall clock nor unseeded chance exists: a run that asks for
 * one of them fails at once instead of being different every time.
 *
 * @throws {Error} from within, when `Date` or the random function of `Math` is used
 */
export function withoutWorldLeaks<T>(run: () => T): T {
  const { Date: realDate } = globalThis
  const { random: realRandom } = Math
  const refuse = (what: string) => () => {
    throw new Error(`${what} is not part of a simulated world; use its clock and its seed`)
  }
  globalThis.Date = new Proxy(realDate, {
    construct: refuse('Date'),
    apply: refuse('Date'),
    get: refuse('Date'),
  })
  Object.assign(Math, { random: refuse('chance of the engine') })
  try {
    return run()
  } finally {
    globalThis.Date = realDate
    Object.assign(Math, { random: realRandom })
  }
}
