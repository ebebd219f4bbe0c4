/** Fees of an EIP-1559 transaction, in wei per gas. */
export interface Fees {
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
}

export interface FeeCaps {
  /** Never offer more in total, in wei per gas. */
  readonly feePerGasMax: bigint
  /** Largest tip of a first attempt, in wei per gas; replacements must raise it. */
  readonly priorityFeePerGasMax: bigint
}

/** What the chain asks right now, in wei per gas. */
export interface FeeQuote {
  readonly baseFeePerGas: bigint
  readonly priorityFeePerGas: bigint
}

/**
 * Fees of a first attempt: twice the base fee, so that six full blocks in a row do not outrun it,
 * and the tip that is usual. Null while the base fee alone reaches the cap: sending would only
 * wait.
 */
export function firstFees(quote: FeeQuote, caps: FeeCaps): Fees | null {
  if (quote.baseFeePerGas >= caps.feePerGasMax) return null
  const room = caps.feePerGasMax - quote.baseFeePerGas
  const tip = least(quote.priorityFeePerGas, caps.priorityFeePerGasMax, room)
  return {
    maxPriorityFeePerGas: tip,
    maxFeePerGas: least(2n * quote.baseFeePerGas + tip, caps.feePerGasMax),
  }
}

/**
 * Fees that replace a pending transaction of the same nonce: both at least an eighth higher (most
 * clients ask for a tenth, some for an eighth), and not below what a first attempt would offer now.
 * Null when that exceeds the cap.
 */
export function replacementFees(previous: Fees, quote: FeeQuote, caps: FeeCaps): Fees | null {
  const fresh = firstFees(quote, caps)
  if (fresh === null) return null
  const maxFeePerGas = most(raised(previous.maxFeePerGas), fresh.maxFeePerGas)
  const maxPriorityFeePerGas = most(
    raised(previous.maxPriorityFeePerGas),
    fresh.maxPriorityFeePerGas,
  )
  if (maxFeePerGas > caps.feePerGasMax) return null
  return { maxFeePerGas: most(maxFeePerGas, maxPriorityFeePerGas), maxPriorityFeePerGas }
}

/** Caps below which a transaction can still be replaced by one that keeps to the given ones. */
export function withRoomToReplace(caps: FeeCaps): FeeCaps {
  // With an eighth more, rounded up, eight ninths are at most the whole.
  return { ...caps, feePerGasMax: (caps.feePerGasMax * 8n) / 9n }
}

/** An eighth more, rounded up, and at least one wei more. */
function raised(fee: bigint): bigint {
  return fee + (fee + 7n) / 8n + (fee === 0n ? 1n : 0n)
}

function least(first: bigint, ...others: readonly bigint[]): bigint {
  return others.reduce((smallest, value) => (value < smallest ? value : smallest), first)
}

function most(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
