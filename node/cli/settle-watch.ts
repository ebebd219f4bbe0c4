import { setTimeout as pauseFor } from 'node:timers/promises'
import { type ExpirySchedule, openExpiries } from '../../aggregator/settlement.ts'
import type { Settled } from '../client/settle.ts'
import { codeOf } from '../errors.ts'
import { errorText, type Output } from './command.ts'

/** Fewer questions than a gateway answers in a minute, and sixty looks in a window. */
const LOOK_EVERY_MS = 10_000
/** What may be over at the next look; anything else ends the watch. */
const PASSING = [
  ...['SETTLEMENT_UNCERTIFIED', 'SUBMIT_FAILED', 'SUBMIT_REFUSED', 'SUBMIT_REVERTED'],
  ...['GATEWAY_UNREACHABLE', 'GATEWAY_REFUSED', 'GATEWAY_ANSWER_INVALID'],
]

/**
 * Settles every expiry of a schedule while its window is open, until the signal aborts. It keeps
 * nothing on disk: the chain knows what is settled, so that a restart sends nothing twice.
 *
 * @param use `say`: told once what stands of an expiry, and before of each price that it brought
 * @throws {OracleError} what another look would not mend
 */
export async function watchExpiries(
  schedule: ExpirySchedule,
  use: {
    readonly settleAt: (expiry: number) => Promise<Settled>
    readonly say: (expiry: number, settled: Settled) => void
    readonly stderr: Output
    readonly signal: AbortSignal
  },
): Promise<void> {
  const { settleAt, say, stderr, signal } = use
  let final: readonly number[] = []
  let told = ''
  while (!signal.aborted) {
    const open = openExpiries(schedule, Date.now())
    final = final.filter((expiry) => open.includes(expiry))
    for (const expiry of open.filter((each) => !final.includes(each))) {
      try {
        const settled = await settleAt(expiry)
        if (settled.isFinal) final = [...final, expiry]
        if (settled.isFinal || settled.transaction !== null) say(expiry, settled)
      } catch (error) {
        if (signal.aborted) return
        if (!PASSING.includes(codeOf(error))) throw error
        // Ten minutes of the same would hide what is new.
        if (told !== `${expiry} ${codeOf(error)}`) stderr.write(errorText(error))
        told = `${expiry} ${codeOf(error)}`
      }
    }
    await pauseFor(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined)
  }
}
