import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** V8 reads these whenever it would grow, so they may be set late; limits on a size may not. */
const KEEPING_SMALL: readonly { readonly flag: string; readonly choices: readonly string[] }[] = [
  {
    flag: '--semi-space-growth-factor=1',
    choices: ['--max-semi-space-size', '--min-semi-space-size', '--semi-space-growth-factor'],
  },
  { flag: '--heap-growing-percent=10', choices: ['--heap-growing-percent'] },
]

/** How this process was started. */
export interface Started {
  /** Flags of Node itself. */
  readonly execArgv: readonly string[]
  /** The variable NODE_OPTIONS. */
  readonly nodeOptions: string
}

/** What keeps the heap small, but for what whoever started the process chose. */
export function flagsFor({ execArgv, nodeOptions }: Started): readonly string[] {
  const given = [...execArgv, ...nodeOptions.split(/\s+/)]
  const isChosen = (choice: string) => given.some((flag) => flag.startsWith(choice))
  return KEEPING_SMALL.flatMap(({ flag, choices }) => (choices.some(isChosen) ? [] : [flag]))
}

/**
 * Keeps the heap of this process, and of the threads that it starts from now on, near what lives
 * (ADR 0084). The young generation stays at its first megabyte: a round makes little garbage, and
 * what V8 would grow to, up to 48 MB in each thread, stays resident. The old one is collected
 * when it has grown by a tenth, in place of half or more.
 */
export function keepHeapSmall(): void {
  const { execArgv, env } = process
  for (const flag of flagsFor({ execArgv, nodeOptions: env.NODE_OPTIONS ?? '' })) {
    setFlagsFromString(flag)
  }
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
