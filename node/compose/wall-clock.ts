import type { Metrics } from '../api/metrics.ts'
import { WallClock } from '../clock.ts'
import { OracleError } from '../errors.ts'
import type { Log } from '../logging.ts'
import type { Observer } from '../ports.ts'

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
 * Ends the process when its machine doubts a clock that went back (protocol §4.6): it has said
 * nothing by the time that was wrong, and a new start takes the right one. The step may come first,
 * while keys are opened: a doubt begins with a round.
 *
 * @returns what has to see the machine's effects
 */
export function endWhenSetBack(
  clock: Pick<WallClock, 'tell' | 'setBackMs'>,
  use: { readonly isDoubted: () => boolean; readonly onFatal: (error: unknown) => void },
): Observer {
  const endIfDoubted = (): void => {
    const { setBackMs } = clock
    if (setBackMs === null || !use.isDoubted()) return
    const message =
      'the clock of this machine went back to where it was believed; start the node anew'
    use.onFatal(new OracleError('CLOCK_SET_BACK', message, { context: { setBackMs } }))
  }
  clock.tell(endIfDoubted)
  return {
    onEffect: (effect) => {
      if (effect.type === 'note' && effect.code === 'CLOCK_DOUBTED') endIfDoubted()
    },
  }
}
