/** Most faulty members that a committee of n stands by default: ⌊(n−1)/3⌋ (protocol §1.1). */
export function faultyMax(n: number): number {
  return floorHalfOrThird(n - 1, 3)
}

/** Observations a value needs: 2f+1 (§1.4). */
export function observationQuorumOf(f: number): number {
  return 2 * f + 1
}

/** Shares a certificate needs: t = ⌊(n+f)/2⌋+1 (§1.4). */
export function signingThresholdOf(n: number, f: number): number {
  return floorHalfOrThird(n + f, 2) + 1
}

function floorHalfOrThird(value: number, divisor: 2 | 3): number {
  return (value - (value % divisor)) / divisor
}
