import { keccak_256 } from '@noble/hashes/sha3.js'
import * as z from 'zod'
import type { Derivation, FeedKind, FeedParams, Params } from '../../aggregator/committee/params.ts'
import { FEED_KINDS, FEED_TIERS } from '../../aggregator/committee/params.ts'
import { problemsOf } from '../../aggregator/committee/params-check.ts'
import { signingThresholdOf } from '../../aggregator/committee/quorum.ts'
import { keygenContextOf } from '../../aggregator/keygen/context.ts'
import { unsignedBy } from '../../aggregator/keygen/result.ts'
import type { GroupKey } from '../../aggregator/signing/threshold.ts'
import { toHex } from '../../aggregator/values/bytes.ts'
import { javascriptEcdsa } from '../keys/ecdsa.ts'
import { decimalText, formatDecimal, hexBytes, parseDecimal } from '../settings/scalars.ts'
import { type ConfigProblem, checked } from './problems.ts'

/** What every member of a committee holds alike: its parameters and the key they generated. */
export interface CommitteeFile {
  readonly params: Params
  readonly groupKey: GroupKey
  /** How the key came to be; absent when a dealer made it, for development only. */
  readonly keyGeneration?: KeyGeneration
}

/** What shows that all n members made the group key together (protocol §11.1). */
export interface KeyGeneration {
  /** Digest of all packages, 32 bytes. */
  readonly transcript: Uint8Array
  /** Every member's signature of the result, 64 bytes each, by index. */
  readonly signatures: readonly Uint8Array[]
}

/** A committee file before or after its key generation. */
export interface CommitteeToBe {
  readonly params: Params
  /** Null before. */
  readonly complete: CommitteeFile | null
}

export type ParsedCommitteeToBe =
  | { readonly type: 'parsed'; readonly committee: CommitteeToBe }
  | { readonly type: 'refused'; readonly problems: readonly ConfigProblem[] }

export type ParsedCommittee =
  | { readonly type: 'parsed'; readonly committee: CommitteeFile }
  | { readonly type: 'refused'; readonly problems: readonly ConfigProblem[] }

const POINT_BYTES = 33
const SIGNATURE_BYTES = 64

/** The delivery rule of the large option venues: the average of the last half hour. */
const WINDOW_MS = 1_800_000
/** For which most venues state the rate of their largest perpetuals. */
const FUNDING_WINDOW_MS = 28_800_000

const derivationSchema = z.strictObject({
  of: z.string(),
  windowMs: z.int().optional(),
  stepMs: z.int().nullable().default(null),
})

function derivationOf(
  kind: FeedKind,
  { of, windowMs, stepMs }: z.output<typeof derivationSchema>,
): Derivation {
  const left = kind === 'funding' ? FUNDING_WINDOW_MS : WINDOW_MS
  return { of, windowMs: windowMs ?? left, stepMs }
}

/** An index is a kind of the protocol, and nothing that a spot feed is not (ADR 0120). */
const kindSchema = z.enum(FEED_KINDS).refine((kind) => kind !== 'index', {
  error: 'no node values index feeds; a spot feed is the index of its market',
})

/** One feed as a committee file has it. */
export const feedSchema = z
  .strictObject({
    name: z.string(),
    decimals: z.int().min(0).max(18),
    kind: kindSchema,
    tier: z.enum(FEED_TIERS).optional(),
    deviationBps: z.int(),
    heartbeatMs: z.int(),
    sourcesMin: z.int(),
    valueMin: decimalText,
    valueMax: decimalText,
    derivation: derivationSchema.optional(),
  })
  .transform(({ derivation, tier, ...plain }, context): FeedParams => {
    const feed = {
      ...plain,
      ...(tier !== undefined && { tier }),
      ...(derivation !== undefined && { derivation: derivationOf(plain.kind, derivation) }),
    }
    const valueMin = parseDecimal(feed.valueMin, feed.decimals)
    const valueMax = parseDecimal(feed.valueMax, feed.decimals)
    if (valueMin !== null && valueMax !== null) return { ...feed, valueMin, valueMax }
    const path = [valueMin === null ? 'valueMin' : 'valueMax']
    const message = `has more than the feed's ${feed.decimals} decimals`
    context.addIssue({ code: 'custom', path, message })
    return z.NEVER
  })

const committeeSchema = z.strictObject({
  protocolVersion: z.int(),
  network: z.string(),
  f: z.int(),
  keygenAttempt: z.int(),
  genesisMs: z.int(),
  probeEvery: z.int(),
  members: z.array(z.strictObject({ identityKey: hexBytes(POINT_BYTES) })).max(31),
  timing: z.strictObject({
    roundMs: z.int(),
    includeMs: z.int(),
    hopMs: z.int(),
    fastMs: z.int(),
    cutMs: z.int(),
    backupMs: z.int(),
    voteMs: z.int(),
    stageMs: z.int(),
    clockSkewMsMax: z.int(),
  }),
  limits: z.strictObject({ roundsKept: z.int(), syncBatchMax: z.int() }),
  feeds: z.array(feedSchema).max(1_024),
  groupKey: z
    .strictObject({
      publicKey: hexBytes(POINT_BYTES),
      verifyingShares: z.array(hexBytes(POINT_BYTES)).max(31),
      threshold: z.int(),
    })
    .optional(),
  keyGeneration: z
    .strictObject({
      transcript: hexBytes(32),
      signatures: z.array(hexBytes(SIGNATURE_BYTES)).max(31),
    })
    .optional(),
})

/**
 * Reads what the text of a committee file was parsed into, and checks every rule of protocol §1 and
 * §3, and that all members signed the key when it says so (§11.1). Bounds of feeds are decimals in
 * the feed's own unit, such as `0.01`; keys are hexadecimal.
 */
export function readCommittee(plain: unknown): ParsedCommittee {
  return completed(readCommitteeToBe(plain))
}

/** The committee of a file that must have its key. */
export function completed(parsed: ParsedCommitteeToBe): ParsedCommittee {
  if (parsed.type === 'refused') return parsed
  const { complete } = parsed.committee
  if (complete !== null) return { type: 'parsed', committee: complete }
  const message = 'is missing; make it with all other members: parallax dkg'
  return { type: 'refused', problems: [{ path: 'groupKey', message }] }
}

/** As `readCommittee`, of a file whose key may still have to be made. */
export function readCommitteeToBe(plain: unknown): ParsedCommitteeToBe {
  const outcome = checked(committeeSchema, plain)
  if (outcome.type === 'refused') return outcome
  const { groupKey, keyGeneration, ...params } = outcome.value
  const problems = problemsOf(params)
  if (problems.length > 0) return { type: 'refused', problems }
  if (groupKey === undefined) {
    if (keyGeneration === undefined) return parsedWith(params, null)
    const message = 'signs a group key that is missing'
    return { type: 'refused', problems: [{ path: 'keyGeneration', message }] }
  }
  const complete = { params, groupKey, ...(keyGeneration !== undefined && { keyGeneration }) }
  const keyProblems = [...groupKeyProblems(params, groupKey), ...signatureProblems(complete)]
  if (keyProblems.length > 0) return { type: 'refused', problems: keyProblems }
  return parsedWith(params, complete)
}

function parsedWith(params: Params, complete: CommitteeFile | null): ParsedCommitteeToBe {
  return { type: 'parsed', committee: { params, complete } }
}

/** The text of a committee file: the same committee always gives the same text. */
export function formatCommittee({ params, groupKey, keyGeneration }: CommitteeFile): string {
  const plain = {
    ...plainParams(params),
    groupKey: {
      publicKey: toHex(groupKey.publicKey),
      verifyingShares: groupKey.verifyingShares.map(toHex),
      threshold: groupKey.threshold,
    },
    ...(keyGeneration !== undefined && {
      keyGeneration: {
        transcript: toHex(keyGeneration.transcript),
        signatures: keyGeneration.signatures.map(toHex),
      },
    }),
  }
  return `${JSON.stringify(plain, null, 2)}\n`
}

/** The text of a committee file before its key generation. */
export function formatParams(params: Params): string {
  return `${JSON.stringify(plainParams(params), null, 2)}\n`
}

function plainParams(params: Params) {
  return {
    protocolVersion: params.protocolVersion,
    network: params.network,
    f: params.f,
    keygenAttempt: params.keygenAttempt,
    genesisMs: params.genesisMs,
    probeEvery: params.probeEvery,
    members: params.members.map(({ identityKey }) => ({ identityKey: toHex(identityKey) })),
    timing: params.timing,
    limits: params.limits,
    feeds: params.feeds.map(plainFeed),
  }
}

/** A feed as a committee file writes it, for JSON. */
export function plainFeed(feed: FeedParams) {
  return {
    ...feed,
    valueMin: formatDecimal(feed.valueMin, feed.decimals),
    valueMax: formatDecimal(feed.valueMax, feed.decimals),
  }
}

function signatureProblems({
  params,
  groupKey,
  keyGeneration,
}: CommitteeFile): readonly ConfigProblem[] {
  if (keyGeneration === undefined) return []
  const crypto = {
    keccak256: (bytes: Uint8Array) => keccak_256(bytes),
    verifyMessage: javascriptEcdsa.verify,
  }
  const context = keygenContextOf(crypto, params)
  return unsignedBy(context, { groupKey, ...keyGeneration }).map((index) => ({
    path: `keyGeneration.signatures[${index}]`,
    message: `is not member ${index}'s signature of this key; take the file of another member`,
  }))
}

function groupKeyProblems(params: Params, groupKey: GroupKey): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = []
  const n = params.members.length
  const threshold = signingThresholdOf(n, params.f)
  if (groupKey.threshold !== threshold) {
    const message = `must be ${threshold} for ${n} members with f = ${params.f} (protocol §1.4)`
    problems.push({ path: 'groupKey.threshold', message })
  }
  if (groupKey.verifyingShares.length !== n) {
    problems.push({ path: 'groupKey.verifyingShares', message: `must hold ${n}, one per member` })
  }
  return problems
}
