const SAID_EVERY_MS = 10_000

/** Cases in one call to the chain. */
export const BATCH = 50

/** Which cases of a seed are made. */
export interface Span {
  readonly count: number
  readonly from: number
  readonly seed: number
  readonly signal: AbortSignal
}

export interface Compared {
  readonly done: number
  readonly disagreements: readonly string[]
  readonly seconds: number
}

/**
 * Compares the cases of a span, a batch at a time, and says how far it is. Batches end at multiples
 * of `BATCH`. Stops at the first disagreements, or when the signal says so.
 *
 * @param compareBatch numbers of the cases to compare, in order; gives what disagrees
 */
export async function inBatches(
  { count, from, seed, signal }: Span,
  compareBatch: (numbers: readonly number[]) => Promise<readonly string[]>,
): Promise<Compared> {
  const started = performance.now()
  const disagreements: string[] = []
  let [done, saidAt] = [0, started]
  while (done < count && disagreements.length === 0 && !signal.aborted) {
    const first = from + done
    const size = Math.min(BATCH - (first % BATCH), count - done)
    disagreements.push(...(await compareBatch(Array.from({ length: size }, (_, i) => first + i))))
    done += size
    if (performance.now() - saidAt < SAID_EVERY_MS) continue
    saidAt = performance.now()
    process.stderr.write(`${done} of ${count}; go on with --seed ${seed} --from ${from + done}\n`)
  }
  return { done, disagreements, seconds: Math.round((performance.now() - started) / 1_000) }
}

/**
 * Says what came of a span.
 *
 * @returns 0 when both agree on everything, 1 when they do not, 130 when stopped
 */
export function sayCompared(
  result: { readonly disagreements: readonly string[] },
  said: { readonly text: string; readonly isJson: boolean; readonly signal: AbortSignal },
): number {
  process.stdout.write(said.isJson ? `${JSON.stringify(result)}\n` : `${said.text}\n`)
  for (const each of result.disagreements) process.stderr.write(`${each}\n`)
  if (result.disagreements.length > 0) return 1
  return said.signal.aborted ? 130 : 0
}
