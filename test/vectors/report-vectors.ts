import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../aggregator/report/calldata.ts'

/** One word and what it says; numbers beyond 2^53 as text, bytes as hexadecimal without prefix. */
export interface WordVector {
  readonly value: string
  readonly spread: string
  readonly observers: number
  readonly status: number
  readonly word: string
}

/** One certificate with everything that is computed on the way, and updates made from it. */
export interface CertificateVector {
  readonly members: number
  readonly groupKey: string
  readonly round: number
  readonly timestampMs: number
  readonly observers: number
  readonly slot: number
  readonly signingSet: number
  readonly expectedNext: number
  readonly words: readonly string[]
  readonly leaves: readonly string[]
  readonly proofs: readonly (readonly string[])[]
  readonly feedsRoot: string
  readonly reportDigest: string
  readonly message: string
  readonly signature: string
  readonly updates: readonly { readonly feeds: readonly number[]; readonly calldata: string }[]
}

/** The file that judges TypeScript and Solidity alike. */
export interface ReportVectors {
  readonly generator: string
  readonly clock: Clock
  readonly words: readonly WordVector[]
  readonly certificates: readonly CertificateVector[]
}

/** Reads report.json. */
export function readReportVectors(): ReportVectors {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'report.json'), 'utf8'))
}
