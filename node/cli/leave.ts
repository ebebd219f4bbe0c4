import type { Writable } from 'node:stream'

const LOOK_EVERY_MS = 3_000

/**
 * Ends the process also when something still holds it, such as a part that would not stop, once
 * all that was written has been taken: a supervisor starts again only what has ended.
 *
 * @param outputs where the command wrote; a slow reader of a pipe is waited for
 */
export function leave(outputs: readonly Writable[]): void {
  setInterval(() => {
    if (outputs.every(({ writableLength }) => writableLength === 0)) process.exit()
  }, LOOK_EVERY_MS).unref()
}
