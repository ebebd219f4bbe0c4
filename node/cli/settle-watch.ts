import { setTimeout as pauseFor } from 'node:timers/promises'
import type { Address } from 'viem'
import { type ExpirySchedule, openExpiries } from '../../aggregator/settlement.ts'
import type { FeedIndex } from '../../aggregator/values/ids.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'
import type { Brought } from '../client/settle.ts'
import { codeOf } from '../errors.ts'
import { errorText, type Output } from './command.ts'

/** One expiry of a feed on a Settlement. */
export interface Due {
  readonly contract: Address
  /** Its name, or its index on the hub. */
  readonly feed: string | FeedIndex
  /** Unix time in seconds. */
  readonly expiry: number
}

/**
 * What may be settled now of one thing that is watched; rejects with coded errors.
 *
 * @param moments every time that it may be, ascending
 */
export type DueNow = (moments: readonly UnixMs[]) => Promise<readonly Due[]>

/** Fewer questions than a gateway answers in a minute, and sixty looks in a window. */
const LOOK_EVERY_MS = 10_000
/** What may be over at the next look; anything else ends the watch. */
const PASSING = [
  ...['SETTLEMENT_UNCERTIFIED', 'SETTLEMENT_UNACTIVATED', 'SETTLEMENT_OF_OTHER_COMMITTEE'],
  ...['SUBMIT_FAILED', 'SUBMIT_REFUSED', 'SUBMIT_REVERTED'],
  ...['GATEWAY_UNREACHABLE', 'GATEWAY_REFUSED', 'GATEWAY_ANSWER_INVALID'],
  // A gateway that lies now may be replaced behind its address, and is not the only one.
  ...['GATEWAY_CONTRADICTS', 'CERTIFICATE_FORGED', 'REPORT_NOT_ASKED_FOR'],
  ...['REPORT_FROM_FUTURE', 'REPORT_UNDELIVERABLE'],
  // Endpoints come back, fees fall, wallets are filled.
  ...['RPC_NONE_USABLE', 'RPC_ALL_FAILED', 'SPENDING_CEILING_REACHED', 'WALLET_EMPTY'],
  ...['TRANSMIT_FEE_OVER_CAP', 'TRANSMIT_GAS_OVER_CAP', 'TRANSMIT_REFUSED'],
  ...['TRANSMIT_REVERTED', 'TRANSMIT_STOPPED', 'TRANSMIT_STUCK', 'TRANSMIT_BROKE'],
]

/** Expiries of a schedule, which a feed has on one Settlement. */
export function dueBySchedule(of: Omit<Due, 'expiry'>, schedule: ExpirySchedule): DueNow {
  return (moments) => {
    const expiries = new Set(moments.flatMap((nowMs) => openExpiries(schedule, nowMs)))
    return Promise.resolve([...expiries].map((expiry) => ({ ...of, expiry })))
  }
}

/** How what is due is settled and told, and when it ends. */
export interface WatchDependencies {
  /** Calls `onSent` when all that is left is to wait for a block: others may go on meanwhile. */
  readonly settle: (due: Due, onSent: () => void) => Promise<Brought>
  /** Told of each price that was brought, and once of one that stood final already. */
  readonly say: (due: Due, brought: Brought) => void
  readonly stderr: Output
  readonly signal: AbortSignal
  /** Every time that it may be, ascending; asked before each look. */
  readonly moments?: () => Promise<readonly UnixMs[]>
  /** Waits, or rejects when the signal aborts. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<unknown>
}

/**
 * Settles whatever is due while its window is open, until the signal aborts. What is final is
 * looked at again until its window closes: a block may be taken back. A settlement that waits for
 * its block keeps no look from the others.
 *
 * @throws {OracleError} what another look would not mend
 */
export async function watchExpiries(
  watched: readonly DueNow[],
  dependencies: WatchDependencies,
): Promise<void> {
  const { signal, moments = async () => [Date.now()] } = dependencies
  const { pause = (ms, ends) => pauseFor(ms, undefined, { signal: ends }) } = dependencies
  const ending = new AbortController()
  const ends = AbortSignal.any([signal, ending.signal])
  const watch = new Watch({ ...dependencies, signal: ends, end: (error) => ending.abort(error) })
  while (!ends.aborted) {
    await watch.look(watched, await moments())
    await pause(LOOK_EVERY_MS, ends).catch(() => undefined)
  }
  await watch.settled()
  if (ending.signal.aborted) throw ending.signal.reason
}

/** What is known of one expiry, or of one thing that is watched, from look to look. */
interface Known {
  isFinal: boolean
  /** Code of the last failure: ten minutes of the same would hide what is new. */
  told: string | null
}

type WatchUse = Pick<WatchDependencies, 'settle' | 'say' | 'stderr' | 'signal'> & {
  /** Takes what another look would not mend. */
  readonly end: (error: unknown) => void
}

class Watch {
  readonly #use: WatchUse
  #known = new Map<string, Known>()
  readonly #settling = new Map<string, Promise<void>>()

  constructor(use: WatchUse) {
    this.#use = use
  }

  /** Settles what is due, one after the other up to its transaction. */
  async look(watched: readonly DueNow[], moments: readonly UnixMs[]): Promise<void> {
    const before = this.#known
    const seen = new Map<string, Known>()
    const knownOf = (key: string): Known => {
      const known = before.get(key) ?? { isFinal: false, told: null }
      seen.set(key, known)
      return known
    }
    for (const [index, dueNow] of watched.entries()) {
      const known = knownOf(`watched ${index}`)
      const due = await dueNow(moments).catch((error: unknown) => this.#tell(known, error))
      if (due !== undefined) known.told = null
      for (const each of due ?? []) await this.#begin(each, knownOf(keyOf(each)))
    }
    this.#known = seen
  }

  /** Waits for all that is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#settling.values())
  }

  /** Ends with the settlement, or when nothing is left to do for it but to wait. */
  #begin(due: Due, known: Known): Promise<void> {
    const key = keyOf(due)
    if (this.#use.signal.aborted || this.#settling.has(key)) return Promise.resolve()
    return new Promise((onSent) => {
      const settling = this.#settle(due, known, onSent)
        .catch((error: unknown) => this.#tell(known, error))
        .finally(() => {
          this.#settling.delete(key)
          onSent()
        })
      this.#settling.set(key, settling)
    })
  }

  async #settle(due: Due, known: Known, onSent: () => void): Promise<void> {
    const brought = await this.#use.settle(due, onSent)
    const isNews = brought.isFinal && !known.isFinal
    known.isFinal = brought.isFinal
    known.told = null
    if (isNews || brought.transaction !== null) this.#use.say(due, brought)
  }

  #tell(known: Known, error: unknown): undefined {
    const { signal, stderr, end } = this.#use
    if (signal.aborted) return
    const code = codeOf(error)
    if (!PASSING.includes(code)) end(error)
    else if (known.told !== code) stderr.write(errorText(error))
    known.told = code
  }
}

function keyOf({ contract, feed, expiry }: Due): string {
  return `${contract.toLowerCase()} ${feed} ${expiry}`
}
