import type { CreateChecker } from './checker.ts'
import { createUniquenessChecker } from './checkers/uniqueness.ts'
import { createValidityChecker } from './checkers/validity.ts'

/** Every checker there is; a run has them all unless it says otherwise. */
export const CHECKERS: readonly CreateChecker[] = [createValidityChecker, createUniquenessChecker]
