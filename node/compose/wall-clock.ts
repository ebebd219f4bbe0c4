import type { Metrics } from '../api/metrics.ts'
import { WallClock } from '../clock.ts'
import { OracleError } from '../errors.ts'
import type { Log } from '../logging.ts'

/** The clock of a process, whose jumps are logged and counted. */
export function watchedClock({ log, metrics }: { readonly log: Log; readonly metrics: Metrics }) {
  return new WallClock({
    onJump: (jump) => {
      log.warn('clock.jumped', { ...jump })
      metrics.clockJumps.inc({ followed: String(jump.followed) })
    },
  })
}

/**
 * Ends the process when the clock goes back that its machine doubts (protocol §4.6): it has said
 * nothing by the time that was wrong, and a new start takes the right one.
 */
export function endWhenSetBack(
  clock: Pick<WallClock, 'tell'>,
  use: { readonly isDoubted: () => boolean; readonly onFatal: (error: unknown) => void },
): void {
  clock.tell(({ byMs, followed }) => {
    if (followed || !use.isDoubted()) return
    const message =
      'the clock of this machine went back to where it was believed; start the node anew'
    use.onFatal(new OracleError('CLOCK_SET_BACK', message, { context: { byMs } }))
  })
}
