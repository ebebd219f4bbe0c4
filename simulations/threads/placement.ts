import { setFlagsFromString } from 'node:v8'

/** Where V8 lets the young generation grow to anyway; threads begin with it. */
const YOUNG_MB = 16

/**
 * Keeps V8 from making objects of some places in the code old at once, in this process and its
 * threads: it learns that from a run's first rounds, which are replayed for S8, and later rounds
 * then die slowly (ADR 0095). Read whenever it would learn, so it may be set late. Threads that are
 * made afterwards begin with a whole young generation, where a run's messages die before they are
 * carried along.
 */
export function placeObjectsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring')
  setFlagsFromString(`--min-semi-space-size=${YOUNG_MB}`)
}
