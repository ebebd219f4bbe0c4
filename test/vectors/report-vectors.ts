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

/** One hand-over (protocol §11.2) and the 32 bytes that a committee signs for it. */
export interface HandoverVector {
  readonly epoch: number
  readonly committeeDigest: string
  readonly publicKey: string
  readonly activeFromMs: number
  readonly genesisMs: number
  readonly roundMs: number
  readonly includeMs: number
  readonly clockSkewMsMax: number
  readonly message: string
}

/** The file that judges TypeScript and Solidity alike. */
export interface ReportVectors {
  readonly generator: string
  readonly clock: Clock
  readonly words: readonly WordVector[]
  readonly certificates: readonly CertificateVector[]
  readonly handovers: readonly HandoverVector[]
}

/** Reads report.json. */
export function readReportVectors(): ReportVectors {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'report.json'), 'utf8'))
}
