import * as z from 'zod'
import { fromHex } from '../../aggregator/values/bytes.ts'

/** Whole number within a closed range; the message names it. */
export function whole(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`
  return z.int(message).min(min, message).max(max, message)
}

/**
 * Reads a decimal text exactly into an integer with so many decimals: `parseDecimal('0.5', 18)` is
 * 5 × 10^17. Null when the text is no plain decimal number or has more decimals than fit.
 */
export function parseDecimal(text: string, decimals: number): bigint | null {
  const match = /^(-?)(\d{1,60})(?:\.(\d{1,60}))?$/.exec(text)
  if (match === null) return null
  const fraction = match[3] ?? ''
  if (fraction.length > decimals) return null
  const digits = BigInt(`${match[2]}${fraction.padEnd(decimals, '0')}`)
  return match[1] === '-' ? -digits : digits
}

/** The inverse of `parseDecimal`, without trailing zeros. */
export function formatDecimal(value: bigint, decimals: number): string {
  const sign = value < 0n ? '-' : ''
  const digits = (value < 0n ? -value : value).toString().padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '')
  return fraction === '' ? `${sign}${whole}` : `${sign}${whole}.${fraction}`
}

/** A decimal as YAML gives it: quoted, or a number, whose shortest text is what was written. */
export const decimalText = z
  .union([z.string(), z.number()])
  .transform((value) => String(value))
  .pipe(z.string().regex(/^-?\d{1,60}(\.\d{1,60})?$/, 'must be a plain decimal number such as 0.5'))

/** An amount that is never negative, read exactly into its smallest unit. */
export function amount(decimals: number) {
  return decimalText.transform((text, context) => {
    const value = parseDecimal(text, decimals)
    if (value !== null && value >= 0n) return value
    context.addIssue({ code: 'custom', message: `must be ≥ 0 with at most ${decimals} decimals` })
    return z.NEVER
  })
}

/** Hexadecimal of an exact number of bytes, with or without `0x`; lower case without it inside. */
export function hexBytes(length: number) {
  return z
    .string()
    .regex(
      new RegExp(`^(0x)?[0-9a-fA-F]{${2 * length}}$`),
      `must be ${length} bytes as ${2 * length} hexadecimal digits`,
    )
    .transform(fromHex)
}

/** A file or directory; relative ones are relative to the configuration file. */
export const filePath = z.string().min(1, 'must name a file').max(4_096, 'is too long for a path')

/** A short name for logs, metrics and pages. */
export const shortName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,30}$/, 'must be 1 to 31 of A-Z, a-z, 0-9, . _ and -')

const IP4 = 'ip4\\/\\d{1,3}(\\.\\d{1,3}){3}'
const IP6 = 'ip6\\/[0-9a-fA-F:]{2,39}'
const DNS = 'dns[46]?\\/[A-Za-z0-9.-]{1,253}'

/** TCP over an IP address or DNS name, as libp2p writes addresses. */
export const tcpMultiaddr = z
  .string()
  .regex(
    new RegExp(`^\\/(${IP4}|${IP6}|${DNS})\\/tcp\\/\\d{1,5}$`),
    'must look like /ip4/203.0.113.5/tcp/9000 or /dns4/oracle.example/tcp/9000',
  )
