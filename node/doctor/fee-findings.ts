import { formatGwei } from 'viem'
import type { FeeQuote } from '../chain/fees.ts'
import { type Finding, warning } from './finding.ts'

/** The base fee alone reaches the cap: nothing would be sent now. */
export function overCapFinding(check: string, { baseFeePerGas }: FeeQuote): Finding {
  return warning(check, {
    code: 'TRANSMIT_FEE_OVER_CAP',
    seen: `the base fee is ${formatGwei(baseFeePerGas)} gwei, at or over the cap`,
    advice: 'nothing is sent until it falls; else raise chains[].feePerGasGweiMax',
  })
}
