/** What a run came to. */
export interface Outcome {
  readonly passed: boolean
  /** Counts and faults, ready for JSON. */
  readonly figures: Readonly<Record<string, unknown>>
}

/** One way to break a signer or a node, as `npm run crash` offers it. */
export interface CrashCommand {
  readonly usage: string
  readonly summary: string
  /** Options are whole numbers; these are taken when they are left out. */
  readonly defaults: Readonly<Record<string, number>>
  readonly run: (options: Readonly<Record<string, number>>) => Promise<Outcome>
}
