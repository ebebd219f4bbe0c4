import { type Profiler, Session } from 'node:inspector'

/**
 * Which of our own code has run since it was last asked, counted by V8 itself: no instrumentation,
 * and the code under test is the code that runs in a node.
 *
 * It is kept by character of source, not by the engine's ranges: neighbours that ran equally often
 * are one range, so that ranges are new for ever when no code is.
 */
export class Coverage {
  readonly #session = new Session()
  readonly #isOurs: (url: string) => boolean
  /** By script: 1 for each character of source that has run. */
  readonly #known = new Map<string, Uint8Array>()
  #covered = 0

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

  /** Characters of source that have run so far. */
  get covered(): number {
    return this.#covered
  }

  /** Takes what has run since the last call; true when some of it had never run before. */
  takeNew(): boolean {
    const before = this.#covered
    for (const script of this.#take()) {
      const ran = ranIn(script)
      const known = this.#knownOf(script.scriptId, ran.length)
      for (let at = 0; at < ran.length; at++) {
        if (ran[at] === 0 || known[at] === 1) continue
        known[at] = 1
        this.#covered += 1
      }
    }
    return this.#covered > before
  }

  /** As `takeNew`, but leaves it new: for looking at a batch before its inputs one by one. */
  wouldBeNew(): boolean {
    return this.#take().some((script) => {
      const ran = ranIn(script)
      const known = this.#knownOf(script.scriptId, ran.length)
      return ran.some((has, at) => has === 1 && known[at] === 0)
    })
  }

  #knownOf(scriptId: string, length: number): Uint8Array {
    const known = this.#known.get(scriptId)
    if (known !== undefined && known.length >= length) return known
    const grown = new Uint8Array(length)
    grown.set(known ?? [])
    this.#known.set(scriptId, grown)
    return grown
  }

  #take(): readonly Profiler.ScriptCoverage[] {
    const scripts: Profiler.ScriptCoverage[] = []
    this.#session.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (error !== null) throw error
      scripts.push(...answer.result.filter(({ url }) => this.#isOurs(url)))
    })
    return scripts
  }
}

/** 1 for each character that ran. An inner range comes after the one around it, and corrects it. */
function ranIn({ functions }: Profiler.ScriptCoverage): Uint8Array {
  const ranges = functions.flatMap((each) => each.ranges)
  const ran = new Uint8Array(Math.max(0, ...ranges.map(({ endOffset }) => endOffset)))
  for (const { startOffset, endOffset, count } of ranges) {
    ran.fill(count > 0 ? 1 : 0, startOffset, endOffset)
  }
  return ran
}
