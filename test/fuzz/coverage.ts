import { type Profiler, Session } from 'node:inspector'

/**
 * Which blocks of our own code have run since it was last asked, counted by V8 itself: no
 * instrumentation, and the code under test is the code that runs in a node.
 */
export class Coverage {
  readonly #session = new Session()
  readonly #isOurs: (url: string) => boolean
  readonly #known = new Set<string>()

  constructor(isOurs: (url: string) => boolean) {
    this.#isOurs = isOurs
  }

  start(): void {
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  stop(): void {
    this.#session.post('Profiler.stopPreciseCoverage')
    this.#session.disconnect()
  }

  /** Blocks met so far. */
  get blocks(): number {
    return this.#known.size
  }

  /** Takes what has run since the last call; true when some of it had never run before. */
  takeNew(): boolean {
    let isNew = false
    for (const block of this.#take()) {
      if (this.#known.has(block)) continue
      this.#known.add(block)
      isNew = true
    }
    return isNew
  }

  /** As `takeNew`, but leaves it new: for looking at a batch before its inputs one by one. */
  wouldBeNew(): boolean {
    return this.#take().some((block) => !this.#known.has(block))
  }

  #take(): readonly string[] {
    const blocks: string[] = []
    this.#session.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (error !== null) throw error
      for (const script of answer.result) {
        if (this.#isOurs(script.url)) blocks.push(...blocksOf(script))
      }
    })
    return blocks
  }
}

function blocksOf({ scriptId, functions }: Profiler.ScriptCoverage): readonly string[] {
  return functions.flatMap(({ ranges }) =>
    ranges
      .filter(({ count }) => count > 0)
      .map(({ startOffset, endOffset }) => `${scriptId}:${startOffset}:${endOffset}`),
  )
}
