import { z } from 'zod'
import { openingOf } from '../../aggregator/committee/committee.ts'
import type { Context } from '../../aggregator/context.ts'
import {
  certificateMessage,
  certificateReportDigest,
} from '../../aggregator/messages/certificate.ts'
import { decode, typeOfBytes } from '../../aggregator/messages/codec.ts'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import { FEED_STATUS } from '../../aggregator/report/feed-report.ts'
import { decodeWord } from '../../aggregator/report/words.ts'
import { equalBytes, fromHex, toHex } from '../../aggregator/values/bytes.ts'
import { formatDecimal } from '../../aggregator/values/decimal.ts'
import {
  countMembers,
  isSubset,
  listMembers,
  type Members,
  membersOf,
} from '../../aggregator/values/ids.ts'

/** The checks of a certificate, in the order in which they are made (protocol §5.5, §7). */
const CERTIFICATE_CHECKS = [
  'form',
  'committee',
  'round',
  'feeds',
  'words',
  'members',
  'signingSet',
  'signature',
] as const
export type CertificateCheck = (typeof CERTIFICATE_CHECKS)[number]

export interface CertificateFacts {
  readonly round: number
  readonly timestampMs: number
  readonly reportDigest: string
  readonly observers: readonly number[]
  readonly slot: number
  readonly signers: readonly number[]
  readonly expectedNext: readonly number[]
  readonly feeds: readonly {
    readonly name: string
    /** In the feed's own unit; null when the committee had no value. */
    readonly value: string | null
    readonly spread: string
    readonly observers: number
  }[]
  /** Whether the timestamp lies where a contract takes it (protocol §8.3). */
  readonly isTimely: boolean
}

/** What a certificate is worth against a committee file. */
export type CertificateProof =
  | { readonly type: 'valid'; readonly facts: CertificateFacts }
  | {
      readonly type: 'invalid'
      readonly failed: CertificateCheck
      readonly reason: string
      /** Null when there is nothing to read. */
      readonly facts: CertificateFacts | null
    }

const hexOf = (bytes: number) =>
  z
    .string()
    .regex(new RegExp(`^(?:0x)?[0-9a-fA-F]{${2 * bytes}}$`))
    .transform(fromHex)
const members = z.array(z.int().min(0).max(30)).max(31).transform(membersOf)

/** As the API gives it; what a later version adds is of no matter. */
const viewSchema = z.object({
  committeeDigest: hexOf(32).optional(),
  round: z.int().min(0),
  timestampMs: z.int().min(0),
  observers: members,
  slot: z.int().min(0).max(2),
  signingSet: members,
  expectedNext: members,
  words: z.array(hexOf(32)).max(1_024),
  signature: hexOf(65),
})

type Read =
  | { readonly type: 'read'; readonly certificate: Certificate }
  | { readonly type: 'refused'; readonly failed: CertificateCheck; readonly reason: string }

/**
 * Checks a certificate against a committee and names the first check that fails. Takes its wire
 * form as hexadecimal, or the JSON of `/v1/certificates`. Never throws on input.
 */
export function checkCertificate(context: Context, text: string): CertificateProof {
  const trimmed = text.trim()
  const read = trimmed.startsWith('{') ? readJson(context, trimmed) : readHex(context, trimmed)
  if (read.type === 'refused') {
    return { type: 'invalid', failed: read.failed, reason: read.reason, facts: null }
  }
  const { certificate } = read
  const fault = faultOf(context, certificate)
  const isReadable = fault === null || fault.failed === 'signingSet' || fault.failed === 'signature'
  const facts = isReadable ? factsOf(context, certificate) : null
  if (fault !== null) return { type: 'invalid', ...fault, facts }
  return { type: 'valid', facts: factsOf(context, certificate) }
}

const refused = (failed: CertificateCheck, reason: string): Read => ({
  type: 'refused',
  failed,
  reason,
})

function readJson({ committee }: Context, text: string): Read {
  try {
    const { committeeDigest, ...view } = viewSchema.parse(JSON.parse(text))
    if (committeeDigest !== undefined && !equalBytes(committeeDigest, committee.digest)) {
      return refused('committee', `it names committee ${toHex(committeeDigest)}`)
    }
    return { type: 'read', certificate: { type: 'certificate', ...view } }
  } catch (error) {
    const [issue] = error instanceof z.ZodError ? error.issues : []
    const reason = issue === undefined ? 'no JSON' : `${issue.path.join('.')}: ${issue.message}`
    return refused('form', `it is no certificate of the API: ${reason}`)
  }
}

const COMMITTEE_OFFSET = 2

function readHex({ committee }: Context, text: string): Read {
  if (!/^(?:0x)?(?:[0-9a-fA-F]{2})+$/.test(text)) {
    return refused('form', 'it is neither hexadecimal nor JSON')
  }
  const bytes = fromHex(text)
  if (typeOfBytes(bytes) !== 'certificate') {
    return refused('form', `it is no certificate but ${typeOfBytes(bytes) ?? 'something else'}`)
  }
  const digest = bytes.subarray(COMMITTEE_OFFSET, COMMITTEE_OFFSET + committee.digest.length)
  if (digest.length < committee.digest.length) return refused('form', 'it is cut off')
  if (!equalBytes(digest, committee.digest)) {
    return refused('committee', `it names committee ${toHex(digest)}`)
  }
  const decoded = decode(committee, bytes)
  if (decoded?.type === 'certificate') return { type: 'read', certificate: decoded }
  return refused('form', 'it is no canonical certificate of this committee')
}

interface Fault {
  readonly failed: CertificateCheck
  readonly reason: string
}

/** The same checks as the core's `isCertificateSound`, each with its name. */
function faultOf({ committee, crypto }: Context, certificate: Certificate): Fault | null {
  const { params, all, signingThreshold, groupKey } = committee
  const { round, words, observers, signingSet, expectedNext, signature } = certificate
  if (round < 1) return { failed: 'round', reason: 'rounds begin with 1' }
  if (words.length !== params.feeds.length) {
    const reason = `it holds ${words.length} feeds, the committee has ${params.feeds.length}`
    return { failed: 'feeds', reason }
  }
  const unread = words.findIndex((word) => decodeWord(word) === null)
  if (unread >= 0) return { failed: 'words', reason: `the word of feed ${unread} says nothing` }
  const named: Members = (observers | signingSet | expectedNext) >>> 0
  if (!isSubset(named, all)) return { failed: 'members', reason: 'it names members there are not' }
  if (countMembers(signingSet) !== signingThreshold) {
    const reason = `${countMembers(signingSet)} members signed, ${signingThreshold} must`
    return { failed: 'signingSet', reason }
  }
  const message = certificateMessage(crypto.keccak256, certificate)
  if (crypto.threshold.verify(groupKey.publicKey, message, signature)) return null
  return { failed: 'signature', reason: "the committee's key did not sign exactly this" }
}

function factsOf(context: Context, certificate: Certificate): CertificateFacts {
  const { committee, crypto } = context
  const { round, timestampMs, observers, slot, signingSet, expectedNext, words } = certificate
  const { includeMs, clockSkewMsMax } = committee.params.timing
  const openingMs = openingOf(committee, round)
  return {
    round,
    timestampMs,
    reportDigest: toHex(certificateReportDigest(crypto.keccak256, certificate)),
    observers: listMembers(observers),
    slot,
    signers: listMembers(signingSet),
    expectedNext: listMembers(expectedNext),
    feeds: committee.params.feeds.flatMap(({ name, decimals }, index) => {
      const word = words[index]
      const report = word === undefined ? null : decodeWord(word)
      if (report === null) return []
      const isOk = report.status === FEED_STATUS.ok
      const value = isOk ? formatDecimal(report.value, decimals) : null
      const spread = formatDecimal(report.spread, decimals)
      return [{ name, value, spread, observers: report.observers }]
    }),
    isTimely:
      timestampMs >= openingMs - clockSkewMsMax &&
      timestampMs <= openingMs + includeMs + clockSkewMsMax,
  }
}
