import type { DerivedKind } from './derived-kind.ts'

/** What the committee fixed in its parameters, such as an interest rate: the feed's one value. */
export const fixed: DerivedKind = {
  rulesOf: () => null,
  valueOf: (_history, { valueMin }) => valueMin,
}
