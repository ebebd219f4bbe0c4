import type { Address, Hex, TransactionSerializable } from 'viem'
import { keccak256, parseTransaction, recoverAddress, serializeTransaction } from 'viem'

/** A transaction that is to be signed; it sends no value and has no access list. */
export interface TransactionToSign {
  readonly type: 'eip1559'
  readonly chainId: number
  readonly to: Address
  readonly nonce: number
  readonly data: Hex
  readonly gas: bigint
  /** Wei per gas, tip included. */
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
}

/** Compared first, so that an operator reads which field differs. */
const FIELDS = [
  'type',
  'chainId',
  'nonce',
  'to',
  'value',
  'data',
  'gas',
  'maxFeePerGas',
  'maxPriorityFeePerGas',
  'accessList',
] as const

/** `encoding`: no transaction, or other bytes than the asked one has with this signature. */
export type Difference = (typeof FIELDS)[number] | 'encoding' | 'signature' | 'signer'

/** Half of the order of secp256k1: chains refuse a signature whose s is above it (EIP-2). */
const S_MAX = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n

type Parsed = ReturnType<typeof parseTransaction>

/**
 * Compares a raw transaction that somebody else signed with the one that was asked for. What counts
 * is the last comparison: the asked transaction with the signature of the answer has exactly the
 * bytes of the answer, so nothing can be in it that nobody here thought of.
 *
 * @param signed hexadecimal, of a bounded length
 * @param signer who must have signed it
 * @returns the first thing that differs, or null: the answer may be sent
 */
export async function differenceIn(
  signed: Hex,
  { asked, signer }: { readonly asked: TransactionToSign; readonly signer: Address },
): Promise<Difference | null> {
  const parsed = parsedFrom(signed)
  if (parsed === null) return 'encoding'
  const field = FIELDS.find((each) => textOf(parsed, each) !== textOf(asked, each))
  if (field !== undefined) return field
  const { r, s, yParity } = parsed
  if (r === undefined || s === undefined || yParity === undefined || BigInt(s) > S_MAX) {
    return 'signature'
  }
  const signature = { r, s, yParity }
  if (serializeTransaction(asked, signature) !== signed.toLowerCase()) return 'encoding'
  const hash = keccak256(serializeTransaction(asked))
  const recovered = await recoverAddress({ hash, signature }).catch(() => null)
  if (recovered === null) return 'signature'
  return recovered.toLowerCase() === signer.toLowerCase() ? null : 'signer'
}

function parsedFrom(signed: Hex): Parsed | null {
  try {
    return parseTransaction(signed)
  } catch {
    return null
  }
}

/** What a field says, with what is left out in an encoding filled in. */
function textOf(
  transaction: TransactionSerializable | Parsed,
  field: (typeof FIELDS)[number],
): string {
  const value: unknown = transaction[field as keyof typeof transaction]
  if (field === 'accessList') return JSON.stringify(value ?? [])
  if (field === 'data') return String(value ?? '0x').toLowerCase()
  return String(value ?? 0).toLowerCase()
}
