import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const CHOICES = ['--max-semi-space-size', '--min-semi-space-size', '--semi-space-growth-factor']

/** How this process was started. */
export interface Started {
  /** Flags of Node itself. */
  readonly execArgv: readonly string[]
  /** The variable NODE_OPTIONS. */
  readonly nodeOptions: string
}

/** Whether whoever started a process chose how large its young generation may grow. */
export function isSizeChosen({ execArgv, nodeOptions }: Started): boolean {
  const flags = [...execArgv, ...nodeOptions.split(/\s+/)]
  return flags.some((flag) => CHOICES.some((choice) => flag.startsWith(choice)))
}

/**
 * Keeps the young generation of this process and of the threads that it starts from now on at its
 * first size of one megabyte, unless another was chosen. A round makes little garbage, and what V8
 * would grow to, up to 48 MB in each thread, stays resident. The flag is read whenever V8 would
 * grow, so it may be set late; a limit on the size may not.
 */
export function keepYoungGenerationSmall(): void {
  const { execArgv, env } = process
  if (isSizeChosen({ execArgv, nodeOptions: env.NODE_OPTIONS ?? '' })) return
  setFlagsFromString('--semi-space-growth-factor=1')
}

/**
 * Collects what loading left behind and gives the pages to the system, in a tenth of a second in
 * which nothing else happens: for a process that has started and has no deadline yet. Loading makes
 * a heap of twice what lives, and V8 keeps its pages for good: an ordinary collection leaves every
 * page with something on it. Only the last resort before a heap is full moves everything together;
 * a V8 that does not know it by this name collects as usual.
 */
export function giveBackWhatLoadingTook(): void {
  setFlagsFromString('--expose-gc')
  const collect: NodeJS.GCFunction = runInNewContext('gc')
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
