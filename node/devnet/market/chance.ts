/**
 * Chance without state: the same parts always give the same number, so a price of a moment does not
 * depend on who asked for which price before.
 */
function chanceOf(...parts: readonly (number | string)[]): number {
  let state = 0x9e3779b9
  for (const part of parts) {
    const words = typeof part === 'number' ? [part] : [...part].map((each) => each.charCodeAt(0))
    for (const word of words) state = scramble(Math.imul(state, 31) ^ word)
  }
  return state >>> 0
}

/** A whole number from −reach to reach, every one as likely. */
export function evenAround(reach: number, ...parts: readonly (number | string)[]): number {
  return (chanceOf(...parts) % (2 * reach + 1)) - reach
}

/**
 * A whole number around 0 whose distribution is close to normal with a deviation of `deviation`:
 * the sum of four even ones.
 */
export function normalAround(deviation: number, ...parts: readonly (number | string)[]): number {
  // The variance of four even numbers up to r is 4r²/3, so r = 0.866 × deviation.
  const reach = Math.trunc((deviation * 866) / 1_000)
  return [0, 1, 2, 3].reduce((sum, draw) => sum + evenAround(reach, ...parts, draw), 0)
}

/** Mixes all 32 bits (the finaliser of MurmurHash3). */
function scramble(word: number): number {
  let mixed = word
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
