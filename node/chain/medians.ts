/** The middle of some amounts; of an even number the lower of the two, of none 0. */
export function lowerMedian(values: readonly bigint[]): bigint {
  return rising(values)[Math.floor((values.length - 1) / 2)] ?? 0n
}

/** The middle of some amounts; of an even number the higher of the two, of none 0. */
export function upperMedian(values: readonly bigint[]): bigint {
  return rising(values)[Math.floor(values.length / 2)] ?? 0n
}

function rising(values: readonly bigint[]): readonly bigint[] {
  return values.toSorted((a, b) => Number(a > b) - Number(a < b))
}
