import { closeSync, fstatSync, openSync, statSync } from 'node:fs'

/** What a process sees of how it was started. */
export interface Surroundings {
  /** Whether it belongs to a terminal at this moment, whatever its input and output are. */
  readonly hasTerminal: () => boolean
  /** Whether its standard input is `/dev/null`, as `nohup` leaves it. */
  readonly readsNothing: () => boolean
}

const SURROUNDINGS: Surroundings = { hasTerminal, readsNothing }

/**
 * Looks whether this process belongs to a terminal now, at its start. Whoever started it there
 * would think that it ended when the terminal is closed; so it must, unless it was started to stay.
 *
 * @returns whether SIGHUP, at the moment it is asked, says that this terminal was closed
 */
export function watchTerminal(use: Surroundings = SURROUNDINGS): () => boolean {
  const belongs = use.hasTerminal() && !use.readsNothing()
  return () => belongs && !use.hasTerminal()
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}

function readsNothing(): boolean {
  try {
    return fstatSync(0).rdev === statSync('/dev/null').rdev
  } catch {
    return false
  }
}
