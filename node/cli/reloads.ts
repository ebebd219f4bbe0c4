import type { CommandContext } from './command.ts'

/** Requests to reload, from the operator to what a command runs. */
export interface Reloads {
  /** Has requests run this from now on; one that came before runs it at once. */
  readonly startTo: (run: () => void) => void
}

/** Hears SIGHUP from now on; a request that comes before anything runs waits for it. */
export function reloadsOf(onHangUp: CommandContext['onHangUp']): Reloads {
  let isAsked = false
  let reload = () => {
    isAsked = true
  }
  onHangUp?.(() => reload())
  return {
    startTo: (run) => {
      reload = run
      if (isAsked) run()
      isAsked = false
    },
  }
}
