/** When one member had a round's certificate, or could have made it; null for never. */
export interface RoundRow {
  readonly firstMs: number | null
  readonly allMs: number | null
}

export interface MergedRounds {
  /** Of each round that somebody held: the earliest over all members. */
  readonly firstMs: readonly number[]
  /** Every member of every round that it held. */
  readonly allMs: readonly number[]
  /** Rounds that some member never held, which no latency shows. */
  readonly missed: number
}

/** Puts what each member saw of each round together. */
export function mergeRounds(rounds: readonly (readonly RoundRow[])[]): MergedRounds {
  const held = rounds.map((rows) => ({
    first: rows.flatMap(({ firstMs }) => firstMs ?? []),
    all: rows.flatMap(({ allMs }) => allMs ?? []),
    members: rows.length,
  }))
  return {
    firstMs: held.flatMap(({ first }) => (first.length === 0 ? [] : [Math.min(...first)])),
    allMs: held.flatMap(({ all }) => all),
    missed: held.filter(({ all, members }) => all.length < members).length,
  }
}
