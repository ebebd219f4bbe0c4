import { existsSync } from 'node:fs'

/** Recorded sessions of the real venues; they stand beside the repository, not in it. */
export const RECORDINGS = new URL('../../../shared/data/captures/', import.meta.url)
export const hasRecordings = existsSync(RECORDINGS)
/** Why a test that needs them is skipped. */
export const NO_RECORDINGS = 'skipped: no recordings of venues beside the repository'
