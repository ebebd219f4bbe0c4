import type { Metrics } from '../api/metrics.ts'
import { WallClock } from '../clock.ts'
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
