import { z } from 'zod'

/** Bounds that the sections of a scenario file share. */
export const wholeMs = (min: number, max: number) => z.int().min(min).max(max)
/** Rounds of a run at most. */
export const ROUNDS_MAX = 10_000_000
/** Milliseconds to the microsecond. */
export const finelyMs = (max: number) => z.number().min(0).max(max)
export const ppm = z.int().min(0).max(1_000_000)
const member = z.int().min(0).max(30)
export const members = z.array(member).min(1).max(31)
/** Whether no name stands twice. */
export function isDistinct(names: readonly unknown[]): boolean {
  return new Set(names).size === names.length
}

/** A moment of world time. */
export const atMs = wholeMs(0, 10_000_000_000)
