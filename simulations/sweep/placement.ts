import { setFlagsFromString } from 'node:v8'

/**
 * Keeps V8 from making objects of some places in the code old at once, in this process and its
 * threads: it learns that from a run's first rounds, which are replayed for S8, and later rounds
 * then die slowly (ADR 0095). Read whenever it would learn, so it may be set late.
 */
export function placeObjectsYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring')
}
