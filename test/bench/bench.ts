import type { Figure } from './figure.ts'

/** What a bench is given by the command line; options that it does not use mean nothing to it. */
export interface BenchOptions {
  /** Sizes of committees; empty for the bench's own. */
  readonly nodes: readonly number[]
  /** Rounds to measure; null for the bench's own number. */
  readonly rounds: number | null
  readonly signal: AbortSignal
  /** For people, while it runs. */
  readonly say: (text: string) => void
}

/** One set of figures that belong together, under the name that the command line takes. */
export interface Bench {
  readonly name: string
  /** One line of the command's help. */
  readonly about: string
  readonly run: (options: BenchOptions) => Promise<readonly Figure[]>
}
