import { z } from 'zod'

/**
 * What a node says of itself, as schemas: the OpenAPI document is made of them, and tests hold the
 * answers to them. `view.ts` says what each value means.
 */
const whole = z.int()
const ms = z.number()
const digest = z.string().regex(/^[0-9a-f]{64}$/)
const text = z.string()
const code = z.string().nullable()
const share = z.strictObject({ count: whole, of: whole })
const quantiles = z.strictObject({ p50: whole, p99: whole, max: whole }).nullable()

const reload = z.strictObject({
  outcome: z.enum(['applied', 'unchanged', 'refused']),
  code: text,
  atMs: ms,
  digestBefore: digest,
  digestAfter: digest,
  changes: whole,
  problems: whole,
})

export const statusSchema = z.strictObject({
  name: text,
  version: text,
  configDigest: digest,
  reload: reload.nullable(),
  network: text,
  committeeDigest: digest,
  member: whole,
  committee: z.strictObject({ size: whole, f: whole, threshold: whole }),
  round: whole,
  roundMs: whole,
  barrier: whole,
  startedMs: ms,
  nowMs: ms,
  signer: z.strictObject({
    place: z.enum(['inside', 'process', 'none']),
    isReachable: z.boolean(),
    watermark: whole,
    refused: z.record(z.string(), whole),
  }),
  rounds: z.strictObject({ fast: whole, proposed: whole, skipped: whole }),
  latencyMs: z.strictObject({ p50: ms, p99: ms }).nullable(),
  dryRun: z.looseObject({ seat: whole }).nullable(),
})

export const nodeFeedsSchema = z.array(
  z.strictObject({
    index: whole,
    name: text,
    kind: text,
    decimals: whole,
    local: z.strictObject({ value: code, sources: whole, code }),
    certified: z
      .strictObject({
        value: code,
        spread: text,
        observers: whole,
        status: z.enum(['ok', 'unavailable']),
        round: whole,
        timestampMs: ms,
      })
      .nullable(),
    onChain: z.array(z.strictObject({ target: text, value: text, round: whole, timestampMs: ms })),
  }),
)

const likeness = share.extend({ mostly: z.union([whole, z.literal('committee')]).nullable() })

export const peersSchema = z.array(
  z.strictObject({
    index: whole,
    version: code,
    protocol: whole.nullable(),
    peerId: text,
    isSelf: z.boolean(),
    isConnected: z.boolean(),
    lastRound: whole.nullable(),
    observed: whole,
    isExpected: z.boolean(),
    isConvicted: z.boolean(),
    isContested: z.boolean(),
    measured: z.strictObject({
      absent: share,
      latenessMs: quantiles,
      clockLeadMs: quantiles,
      outliers: share.extend({ worst: share.extend({ feed: text }).nullable() }),
      farthestBps: whole,
      echo: likeness,
      follow: likeness,
      isSuspected: z.boolean(),
    }),
  }),
)

export const sourcesSchema = z.array(
  z.strictObject({
    venue: text,
    feed: text,
    value: code,
    ageMs: ms.nullable(),
    state: z.enum(['used', 'clamped', 'quarantined', 'absent']),
    code,
  }),
)

/** A venue has more than these, as its transport grows. */
export const venuesSchema = z.array(
  z.looseObject({
    venue: text,
    transport: z.enum(['stream', 'poll']),
    code,
    quotedMs: ms.nullable(),
    durationMs: ms.nullable(),
    pausedUntilMs: ms,
    stream: z.looseObject({ state: text, code, marketsStreamed: whole }).nullable(),
  }),
)

export const roundsSchema = z.array(
  z.strictObject({
    round: whole,
    path: z.enum(['open', 'fast', 'proposed', 'skipped']),
    latencyMs: ms.nullable(),
  }),
)

export const chainsSchema = z.array(
  z.strictObject({
    target: text,
    chainId: whole,
    contract: text,
    wallet: text,
    signer: z.strictObject({ host: text, fault: code }).nullable(),
    balanceEther: code,
    spentEther: text,
    endpoints: z.array(z.strictObject({ endpoint: text, fault: code })),
    landed: whole,
    superseded: whole,
    failed: whole,
    last: z
      .strictObject({ round: whole, hash: text, blockNumber: whole, gasUsed: whole })
      .nullable(),
    lastFailure: z.strictObject({ code: text, detail: text }).nullable(),
    settlements: z.array(
      z.strictObject({
        feed: text,
        expirySeconds: whole,
        state: z.enum(['waiting', 'standing', 'final', 'foreign', 'missing', 'missed']),
        closesInSeconds: ms,
      }),
    ),
    succession: z
      .strictObject({
        step: z.enum(['announce', 'activate']),
        sinceMs: ms,
        isOverdue: z.boolean(),
        fault: code,
      })
      .nullable(),
  }),
)

const handover = z
  .strictObject({ epoch: whole, committeeDigest: digest, activeFromMs: ms, message: text })
  .nullable()

export const rotationSchema = z.strictObject({
  term: z.strictObject({ fromMs: ms.nullable(), untilMs: ms.nullable() }),
  approved: handover,
  approvers: z.array(whole),
  threshold: whole,
  locked: z.array(z.strictObject({ epoch: whole, message: text })),
  signed: handover,
})

/** Evidence as `parallax evidence verify` reads it. */
export const evidenceSchema = z.looseObject({ evidence: z.array(z.looseObject({})) })

const convictionsSchema = z.array(z.strictObject({ accused: whole, round: whole, kind: text }))

export const overviewSchema = z.strictObject({
  status: statusSchema,
  feeds: nodeFeedsSchema,
  peers: peersSchema,
  sources: sourcesSchema,
  venues: venuesSchema,
  rounds: roundsSchema,
  chains: chainsSchema,
  evidence: convictionsSchema,
  obstacles: z.array(text),
})

export const historySchema = z.strictObject({
  certificates: z.array(
    z.strictObject({
      round: whole,
      timestampMs: ms,
      receivedMs: ms,
      certificate: z.string().regex(/^([0-9a-f]{2}){1,16384}$/),
    }),
  ),
  next: whole.nullable(),
})

export const aliveSchema = z.strictObject({ alive: z.literal(true) })
export const readySchema = z.strictObject({ ready: z.boolean(), obstacles: z.array(text) })
