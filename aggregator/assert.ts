/**
 * Stops the process when our own reasoning was wrong. Never for input: a peer's fault is a verdict,
 * the world's and the operator's faults are coded errors.
 *
 * @throws {Error} always when `condition` is false; the host must not catch it
 */
export function invariant(condition: boolean, broken: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${broken}`)
}
