import { closeSync, openSync } from 'node:fs'

/**
 * Whether SIGHUP says that the terminal was closed at which a process was started. Whoever started
 * it there would think that it ended; so it must.
 *
 * @param input standard input as it was at the start
 */
export function isTerminalGone({ isTTY }: { readonly isTTY?: boolean | undefined }): boolean {
  if (isTTY !== true) return false
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return false
  } catch {
    return true
  }
}
