import { setTimeout as pauseFor } from 'node:timers/promises'
import type { Address } from 'viem'
import { type ExpirySchedule, openExpiries } from '../../aggregator/settlement.ts'
import type { FeedIndex } from '../../aggregator/values/ids.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'
import type { Settled } from '../client/settle.ts'
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

/** What may be settled now of one thing that is watched; rejects with coded errors. */
export type DueNow = (nowMs: UnixMs) => Promise<readonly Due[]>

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
]

/** Expiries of a schedule, which a feed has on one Settlement. */
export function dueBySchedule(of: Omit<Due, 'expiry'>, schedule: ExpirySchedule): DueNow {
  return (nowMs) =>
    Promise.resolve(openExpiries(schedule, nowMs).map((expiry) => ({ ...of, expiry })))
}

/** How what is due is settled and told, and when it ends. */
export interface WatchDependencies {
  readonly settle: (due: Due) => Promise<Settled>
  /** Told of each price that was brought, and once of one that stood final already. */
  readonly say: (due: Due, settled: Settled) => void
  readonly stderr: Output
  readonly signal: AbortSignal
  readonly nowMs?: () => UnixMs
  /** Waits, or rejects when the signal aborts. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<unknown>
}

/**
 * Settles whatever is due while its window is open, until the signal aborts. It keeps nothing on
 * disk: the chain knows what is settled, so that a restart sends nothing twice. What is final is
 * looked at again until its window closes: a block may be taken back.
 *
 * @throws {OracleError} what another look would not mend
 */
export async function watchExpiries(
  watched: readonly DueNow[],
  dependencies: WatchDependencies,
): Promise<void> {
  const { signal, nowMs = () => Date.now() } = dependencies
  const { pause = (ms, ends) => pauseFor(ms, undefined, { signal: ends }) } = dependencies
  let before: Seen = { final: new Set(), told: new Set() }
  while (!signal.aborted) {
    before = await lookOnce(watched, { ...dependencies, before, nowMs: nowMs() })
    await pause(LOOK_EVERY_MS, signal).catch(() => undefined)
  }
}

/** What one look saw, so that the next says what is new only. */
interface Seen {
  readonly final: Set<string>
  readonly told: Set<string>
}

async function lookOnce(
  watched: readonly DueNow[],
  use: Omit<WatchDependencies, 'nowMs'> & { readonly before: Seen; readonly nowMs: UnixMs },
): Promise<Seen> {
  const { settle, say, stderr, signal, before, nowMs } = use
  const seen: Seen = { final: new Set(), told: new Set() }
  const tell = (about: string, error: unknown) => {
    if (signal.aborted) return
    const code = codeOf(error)
    if (!PASSING.includes(code)) throw error
    // Ten minutes of the same would hide what is new.
    if (!before.told.has(`${about} ${code}`)) stderr.write(errorText(error))
    seen.told.add(`${about} ${code}`)
  }
  const settleOne = async (due: Due) => {
    const key = keyOf(due)
    const settled = await settle(due)
    if (settled.isFinal) seen.final.add(key)
    const isNews = settled.isFinal && !before.final.has(key)
    if (isNews || settled.transaction !== null) say(due, settled)
  }
  for (const [index, dueNow] of watched.entries()) {
    const about = `watched ${index}`
    const due = await dueNow(nowMs).catch((error: unknown) => tell(about, error))
    for (const each of due ?? []) {
      if (signal.aborted) break
      await settleOne(each).catch((error: unknown) => tell(keyOf(each), error))
    }
  }
  return seen
}

function keyOf({ contract, feed, expiry }: Due): string {
  return `${contract.toLowerCase()} ${feed} ${expiry}`
}
