import { OURS } from '../protocols.ts'
import { REFERENCE_STRATEGIES } from '../strategies.ts'
import { NO_VARIANT } from '../variants.ts'
import type { Scenario } from './schema.ts'

/** What a scenario asks of a protocol of others that only ours can do. */
export function referenceProblems(
  scenario: Scenario,
): readonly { readonly path: string; readonly message: string }[] {
  const { protocol, adversaries, faults, variant, work, chain, book, prices } = scenario
  if (protocol === OURS) return []
  const known: readonly string[] = REFERENCE_STRATEGIES
  const of = `with the protocol ${protocol}`
  return [
    ...adversaries.flatMap(({ strategy }, index) => {
      const message = `must be one of ${known.join(', ')} ${of}`
      return known.includes(strategy) ? [] : [{ path: `adversaries.${index}.strategy`, message }]
    }),
    ...faults.flatMap(({ type }, index) => {
      const message = `cannot stop at a promise ${of}, which makes none`
      return type === 'stop' ? [{ path: `faults.${index}.type`, message }] : []
    }),
    ...[
      { path: 'chain', isLeftOut: chain === undefined },
      { path: 'book', isLeftOut: book === undefined },
      { path: 'prices.manipulations', isLeftOut: prices.manipulations.length === 0 },
    ].flatMap(({ path, isLeftOut }) =>
      isLeftOut ? [] : [{ path, message: `must be left out ${of}` }],
    ),
    ...(variant === NO_VARIANT ? [] : [{ path: 'variant', message: `must be none ${of}` }]),
    ...Object.entries(work).flatMap(([key, ms]) =>
      ms === 0 ? [] : [{ path: `work.${key}`, message: `must be 0 ${of}: its work takes no time` }],
    ),
  ]
}
