import { type Prng, prngOf } from '../../simulations/determinism/prng.ts'
import { Coverage } from './coverage.ts'
import { mutateBytes } from './mutate.ts'
import type { Subject } from './subject.ts'

export interface FuzzOptions {
  readonly subjects: readonly Subject[]
  readonly seed: number
  readonly inputs: number
  readonly signal: AbortSignal
  /** Code that guides the search, by the address of its file. */
  readonly isGuiding: (url: string) => boolean
  /** Told every so many inputs. */
  readonly onProgress?: (result: FuzzResult) => void
}

/** An input on which a subject threw, or accepted what it must not; enough to see it again. */
export interface FoundInput {
  readonly subject: string
  readonly message: string
  readonly hex: string
}

export interface FuzzResult {
  readonly seed: number
  readonly inputs: number
  /** Past the checks of length, tag, version, committee and sender. */
  readonly pastHead: number
  readonly accepted: number
  readonly findings: readonly FoundInput[]
  /** Characters of our source that ran; inputs kept because of new ones or of a new answer. */
  readonly covered: number
  readonly corpus: number
  readonly outcomes: Readonly<Record<string, number>>
  /** Microseconds that the judge took. */
  readonly judgeUs: { readonly p50: number; readonly p99: number; readonly max: number }
  /** Live heap after collection, beyond that at the start. */
  readonly heapGrowthMb: number
  readonly durationMs: number
}

/** Inputs judged between two looks at the coverage: few while much is new, then many. */
const BATCH_MIN = 32
const BATCH_MAX = 4_096
/** Evidence of two proposals, the largest message of the committee attacked here, fits. */
const INPUT_BYTES_MAX = 8_192
const PROGRESS_EVERY = 100_000
const FINDINGS_MAX = 20
const CORPUS_MAX = 2_048
const OUTCOMES_MAX = 256

/**
 * Mutates what met new code or got a new answer before: fields of messages by their structure,
 * bytes without regard to it, both mostly repaired so that they pass the cheap checks and the
 * signature. Stops at the number of inputs, at the signal, or after twenty findings.
 */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const run = new FuzzRun(options)
  run.begin()
  try {
    while (run.goesOn) {
      run.batch()
      // Lets a signal and a timer through.
      if (run.isDue) await run.report()
    }
  } finally {
    run.end()
  }
  return run.result()
}

interface Tried {
  readonly subject: Subject
  readonly bytes: Uint8Array
  readonly isNewOutcome: boolean
}

class FuzzRun {
  readonly #options: FuzzOptions
  readonly #chance: Prng
  readonly #coverage: Coverage
  readonly #corpus: Map<Subject, Uint8Array[]>
  readonly #outcomes = new Map<string, number>()
  readonly #findings: FoundInput[] = []
  readonly #latency = new Latency()
  readonly #startedMs = performance.now()
  #heapAtStart = 0
  #inputs = 0
  #pastHead = 0
  #accepted = 0
  #reportedAt = 0
  #batch = BATCH_MIN

  constructor(options: FuzzOptions) {
    this.#options = options
    this.#chance = prngOf(options.seed, 'fuzz')
    this.#coverage = new Coverage(options.isGuiding)
    this.#corpus = new Map(options.subjects.map((subject) => [subject, [...subject.seeds]]))
  }

  get goesOn(): boolean {
    const { inputs, signal } = this.#options
    return this.#inputs < inputs && !signal.aborted && this.#findings.length < FINDINGS_MAX
  }

  get isDue(): boolean {
    return this.#inputs - this.#reportedAt >= PROGRESS_EVERY
  }

  begin(): void {
    this.#coverage.start()
    for (const subject of this.#options.subjects) {
      for (const bytes of subject.seeds) this.#judge(subject, bytes)
    }
    this.#inputs = 0
    this.#pastHead = 0
    this.#accepted = 0
    this.#coverage.takeNew()
    this.#heapAtStart = liveHeapBytes()
  }

  end(): void {
    this.#coverage.stop()
  }

  async report(): Promise<void> {
    this.#reportedAt = this.#inputs
    this.#options.onProgress?.(this.result())
    await new Promise((resolve) => setImmediate(resolve))
  }

  batch(): void {
    const tried: Tried[] = []
    for (let count = 0; count < this.#batch && this.goesOn; count++) tried.push(this.#one())
    const kept = tried.filter(({ isNewOutcome }) => isNewOutcome)
    for (const { subject, bytes } of kept) this.#keep(subject, bytes)
    if (!this.#coverage.wouldBeNew()) {
      this.#batch = Math.min(BATCH_MAX, 2 * this.#batch)
      return
    }
    this.#batch = BATCH_MIN
    // Somebody in this batch met new code: halves of halves show who, without a look for each.
    this.#findNew(tried)
  }

  #findNew(tried: readonly Tried[]): void {
    for (const { subject, bytes } of tried) this.#judgeAgain(subject, bytes)
    const [only, ...others] = tried
    if (only === undefined) return
    if (others.length === 0) {
      if (this.#coverage.takeNew()) this.#keep(only.subject, only.bytes)
      return
    }
    if (!this.#coverage.wouldBeNew()) return
    const middle = tried.length >> 1
    this.#findNew(tried.slice(0, middle))
    this.#findNew(tried.slice(middle))
  }

  #one(): Tried {
    const { subjects } = this.#options
    const subject = subjects[this.#chance.below(subjects.length)] as Subject
    const bytes = this.#mutant(subject)
    this.#inputs += 1
    if (subject.isPastHead(bytes)) this.#pastHead += 1
    const startMs = performance.now()
    const isNewOutcome = this.#judge(subject, bytes)
    this.#latency.add(performance.now() - startMs)
    return { subject, bytes, isNewOutcome }
  }

  #mutant(subject: Subject): Uint8Array {
    const chance = this.#chance
    const bytes = this.#pick(subject)
    const varied = chance.below(2) === 0 ? subject.vary(bytes, chance) : null
    const mutant = varied ?? mutateBytes(bytes, this.#pick(subject), chance)
    const made = chance.below(4) === 0 ? mutant : subject.repair(mutant, chance)
    // What grows for ever costs time and says nothing new: every limit lies below this.
    return made.length > INPUT_BYTES_MAX ? mutateBytes(bytes, new Uint8Array(), chance) : made
  }

  /** The newest half as often as all before it: what met new code last has seen least. */
  #pick(subject: Subject): Uint8Array {
    const corpus = this.#corpus.get(subject) ?? []
    const half = corpus.length >> 1
    const at = this.#chance.below(2) === 0 ? half + this.#chance.below(corpus.length - half) : null
    return (corpus[at ?? this.#chance.below(corpus.length)] ?? new Uint8Array()).slice()
  }

  #judge(subject: Subject, bytes: Uint8Array): boolean {
    try {
      const { name, isAccepted } = subject.judge(bytes)
      if (isAccepted) this.#accepted += 1
      return this.#count(name)
    } catch (error) {
      const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
      const hex = Buffer.from(bytes).toString('hex')
      this.#findings.push({ subject: subject.name, message, hex })
      return this.#count(`${subject.name} finding`)
    }
  }

  #judgeAgain(subject: Subject, bytes: Uint8Array): void {
    try {
      subject.judge(bytes)
    } catch {
      // It stands among the findings since its first time.
    }
  }

  #count(outcome: string): boolean {
    const isKnown = this.#outcomes.has(outcome)
    const name = isKnown || this.#outcomes.size < OUTCOMES_MAX ? outcome : 'other'
    this.#outcomes.set(name, (this.#outcomes.get(name) ?? 0) + 1)
    return !isKnown
  }

  #keep(subject: Subject, bytes: Uint8Array): void {
    const corpus = this.#corpus.get(subject)
    if (corpus === undefined || corpus.length >= CORPUS_MAX) return
    corpus.push(bytes.slice())
  }

  result(): FuzzResult {
    const corpus = [...this.#corpus.values()].reduce((sum, { length }) => sum + length, 0)
    const grownMb = (liveHeapBytes() - this.#heapAtStart) / 1_048_576
    return {
      seed: this.#options.seed,
      inputs: this.#inputs,
      pastHead: this.#pastHead,
      accepted: this.#accepted,
      findings: this.#findings,
      covered: this.#coverage.covered,
      corpus,
      outcomes: Object.fromEntries([...this.#outcomes].sort()),
      judgeUs: this.#latency.percentiles(),
      heapGrowthMb: Math.round(grownMb * 10) / 10,
      durationMs: Math.round(performance.now() - this.#startedMs),
    }
  }
}

/** Counts in buckets of a quarter of a power of two: bounded, and near enough for a bar. */
class Latency {
  readonly #buckets = new Float64Array(160)
  #count = 0
  #maxUs = 0

  add(ms: number): void {
    const us = ms * 1_000
    this.#maxUs = Math.max(this.#maxUs, us)
    const bucket = us < 1 ? 0 : Math.min(this.#buckets.length - 1, Math.ceil(4 * Math.log2(us)))
    this.#buckets[bucket] = (this.#buckets[bucket] as number) + 1
    this.#count += 1
  }

  percentiles(): FuzzResult['judgeUs'] {
    return { p50: this.#rank(0.5), p99: this.#rank(0.99), max: Math.round(this.#maxUs) }
  }

  #rank(share: number): number {
    let passed = 0
    for (const [bucket, count] of this.#buckets.entries()) {
      passed += count
      if (passed >= share * this.#count) return Math.round(2 ** (bucket / 4) * 10) / 10
    }
    return 0
  }
}

/** After a collection where the process was started with `--expose-gc`; else as it is. */
function liveHeapBytes(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
