import type { Address } from 'viem'
import { encodeDeployData } from 'viem'
import { pythAdapterAbi, pythAdapterBytecode } from '../abi/pyth-adapter.ts'
import { quoteAdapterAbi, quoteAdapterBytecode } from '../abi/quote-adapter.ts'
import { valueByIdAdapterAbi, valueByIdAdapterBytecode } from '../abi/value-by-id-adapter.ts'
import { type AdapterParameters, type FeedParameters, feedIndexOf } from './parameters.ts'
import { contractOf, type PlannedContract } from './planned-contract.ts'

/** Where feeds answer in the forms of others; null where that form was not asked for. */
export interface PlannedAdapters {
  readonly pyth: Address | null
  readonly quotes: Address | null
  readonly valuesById: Address | null
}

interface Scope {
  readonly hub: Address
  readonly statistics: Address
  readonly feeds: readonly FeedParameters[]
}

/** The adapters, in the order of deployment. Pure, as `plan`. */
export function planAdapters(
  parameters: AdapterParameters,
  scope: Scope,
): { readonly planned: PlannedAdapters; readonly contracts: readonly PlannedContract[] } {
  const pyth = pythOf(parameters, scope)
  const quotes = quotesOf(parameters, scope)
  const valuesById = valuesByIdOf(parameters, scope)
  return {
    planned: {
      pyth: pyth?.address ?? null,
      quotes: quotes?.address ?? null,
      valuesById: valuesById?.address ?? null,
    },
    contracts: [pyth, quotes, valuesById].filter((contract) => contract !== null),
  }
}

function pythOf({ pyth }: AdapterParameters, scope: Scope): PlannedContract | null {
  if (pyth === undefined) return null
  const entries = pyth.feeds.map(({ id, feed }) => ({ id, feed: feedIndexOf(scope.feeds, feed) }))
  return contractOf(
    'PythAdapter',
    encodeDeployData({
      abi: pythAdapterAbi,
      bytecode: pythAdapterBytecode,
      args: [scope.hub, scope.statistics, BigInt(pyth.emaSeconds), entries],
    }),
  )
}

function quotesOf({ quotes }: AdapterParameters, scope: Scope): PlannedContract | null {
  if (quotes === undefined) return null
  const pairs = quotes.pairs.map((pair) => ({
    ...pair,
    feed: feedIndexOf(scope.feeds, pair.feed),
  }))
  return contractOf(
    'QuoteAdapter',
    encodeDeployData({
      abi: quoteAdapterAbi,
      bytecode: quoteAdapterBytecode,
      args: [scope.hub, quotes.guard, pairs],
    }),
  )
}

function valuesByIdOf({ valuesById }: AdapterParameters, scope: Scope): PlannedContract | null {
  if (valuesById === undefined) return null
  return contractOf(
    'ValueByIdAdapter',
    encodeDeployData({
      abi: valueByIdAdapterAbi,
      bytecode: valueByIdAdapterBytecode,
      args: [scope.hub, valuesById.map((feed) => BigInt(feedIndexOf(scope.feeds, feed)))],
    }),
  )
}
