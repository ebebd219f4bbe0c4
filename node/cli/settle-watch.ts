import { setTimeout as pauseFor } from 'node:timers/promises'
import type { Address } from 'viem'
import { isLate, lateAgainMs, lateExpiries } from '../../aggregator/delivery/late-settlement.ts'
import { type ExpirySchedule, openExpiries } from '../../aggregator/delivery/settlement.ts'
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
 * What may be settled now of one thing that is watched, also what is late; rejects with coded
 * errors.
 *
 * @param moments every time that it may be, ascending
 */
export type DueNow = (moments: readonly UnixMs[]) => Promise<readonly Due[]>

/** Fewer questions than a gateway answers in a minute, and sixty looks in a window. */
const LOOK_EVERY_MS = 10_000
/** Late ones that are gone on with of one thing that is watched: the newest. */
export const LATE_MAX = 64
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
    const [nowMs = 0] = moments
    const open = moments.flatMap((each) => openExpiries(schedule, each))
    const asked = { nowMs, before: Number.POSITIVE_INFINITY, countMax: LATE_MAX }
    const expiries = new Set([...open, ...lateExpiries(schedule, asked)])
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
 * looked at again until its window closes: a block may be taken back. What has no price then is
 * gone on with at growing distances, one at a time. A settlement that waits for its block keeps no
 * look from the others, and nor does one that is late.
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
  isLate: boolean
  /** It was seen before it was late. */
  wasOpen: boolean
  /** When it is late, it is tried again at this time. */
  againMs: UnixMs
}

type WatchUse = Pick<WatchDependencies, 'settle' | 'say' | 'stderr' | 'signal'> & {
  /** Takes what another look would not mend. */
  readonly end: (error: unknown) => void
}

class Watch {
  readonly #use: WatchUse
  #known = new Map<string, Known>()
  readonly #settling = new Map<string, Promise<void>>()
  #lateOnes: Promise<void> | null = null

  constructor(use: WatchUse) {
    this.#use = use
  }

  /** Settles what is due, one after the other up to its transaction. */
  async look(watched: readonly DueNow[], moments: readonly UnixMs[]): Promise<void> {
    const [nowMs = 0] = moments
    const late: Due[] = []
    const before = this.#known
    const seen = new Map<string, Known>()
    const knownOf = (key: string): Known => {
      const known = before.get(key) ?? {
        isFinal: false,
        told: null,
        isLate: false,
        wasOpen: false,
        againMs: 0,
      }
      seen.set(key, known)
      return known
    }
    for (const [index, dueNow] of watched.entries()) {
      const known = knownOf(`watched ${index}`)
      const due = await dueNow(moments).catch((error: unknown) => this.#tell(known, error))
      if (due !== undefined) known.told = null
      for (const each of due ?? []) {
        const knownOne = knownOf(keyOf(each))
        if (isLate(each.expiry, nowMs)) {
          late.push(each)
          continue
        }
        knownOne.wasOpen = true
        await this.#begin(each, knownOne)
      }
    }
    this.#known = seen
    this.#lateOnes ??= this.#settleLate(late, nowMs).finally(() => {
      this.#lateOnes = null
    })
  }

  /** One after the other, each up to its block: they keep no place from others. */
  async #settleLate(late: readonly Due[], nowMs: UnixMs): Promise<void> {
    for (const due of late) {
      const key = keyOf(due)
      const known = this.#known.get(key)
      if (known === undefined || known.isFinal || nowMs < known.againMs) continue
      known.isLate = true
      await this.#begin(due, known)
      await this.#settling.get(key)
      // While no endpoint answers, nothing is known of any of them.
      if (known.told?.startsWith('RPC_') === true) return
      known.againMs = lateAgainMs(due.expiry, nowMs)
    }
  }

  /** Waits for all that is under way. */
  async settled(): Promise<void> {
    await Promise.all([...this.#settling.values(), this.#lateOnes])
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
    // Of the past only what was brought is news.
    const isNews = brought.isFinal && !known.isFinal && !known.isLate
    known.isFinal = brought.isFinal
    known.told = null
    if (isNews || brought.transaction !== null) this.#use.say(due, brought)
  }

  #tell(known: Known, error: unknown): undefined {
    const { signal, stderr, end } = this.#use
    if (signal.aborted) return
    const code = codeOf(error)
    const isNews = known.told !== code
    known.told = code
    if (!PASSING.includes(code) && !known.isLate) end(error)
    // Of what it finds when it looks back, a hub may have known nothing yet, or no longer.
    else if (isNews && (known.wasOpen || !known.isLate)) stderr.write(errorText(error))
  }
}

function keyOf({ contract, feed, expiry }: Due): string {
  return `${contract.toLowerCase()} ${feed} ${expiry}`
}
