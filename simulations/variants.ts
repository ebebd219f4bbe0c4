import type { Variant } from './variant.ts'
import { ABSENCE_VARIANTS } from './variants/absence.ts'
import { AGREEMENT_VARIANTS } from './variants/agreement.ts'
import { DELIVERY_VARIANTS } from './variants/delivery.ts'
import { DURABILITY_VARIANTS } from './variants/durability.ts'
import { LIVENESS_VARIANTS } from './variants/liveness.ts'

/** The protocol as it is: what a scenario runs that names no variant. */
export const NO_VARIANT = 'none'

/** Every variant that a scenario can name, the protocol itself first. */
export const VARIANTS: readonly Variant[] = [
  { name: NO_VARIANT, summary: 'the protocol as it is', plants: {} },
  ...AGREEMENT_VARIANTS,
  ...DURABILITY_VARIANTS,
  ...ABSENCE_VARIANTS,
  ...LIVENESS_VARIANTS,
  ...DELIVERY_VARIANTS,
]

/** @throws {RangeError} when no variant has this name */
export function variantOf(name: string): Variant {
  const found = VARIANTS.find((variant) => variant.name === name)
  if (found === undefined) throw new RangeError(`no variant is called ${name}`)
  return found
}
