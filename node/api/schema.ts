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

const dryDelivery = z.strictObject({
  target: text,
  round: whole,
  feeds: whole,
  code: text,
  detail: text,
  gasMax: whole.nullable(),
  costEtherMax: code,
})

const dryTarget = z.strictObject({
  target: text,
  chainId: whole,
  contract: text,
  wallet: code,
  balanceEther: code,
  balanceEtherMin: text,
  spentEther: text,
  endpoints: z.array(z.strictObject({ endpoint: text, fault: code, detail: code })),
  fault: z.strictObject({ code: text, detail: text }).nullable(),
  isContractKnown: z.boolean(),
  priced: whole,
  hindered: whole,
  costEtherMax: text,
  last: dryDelivery.nullable(),
})

const dryRun = z.strictObject({
  seat: whole,
  followed: whole,
  connected: whole,
  certificates: whole,
  refused: whole,
  rounds: share,
  certificateAgeMs: z.strictObject({ min: ms, p50: ms, max: ms }).nullable(),
  feeds: z.array(
    z.strictObject({ feed: text, absent: share, outliers: share, distanceBps: quantiles }),
  ),
  targets: z.array(dryTarget),
})

/** `/v1/status`: `StatusView`; of a dry run with what it has found. */
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
  dryRun: dryRun.nullable(),
})

/** `/v1/feeds`: each feed in the committee's order, `FeedView`. */
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

/** `/v1/peers`: each member by its index, this node too, `PeerView`. */
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

/** `/v1/sources`: each venue in each feed, `SourceView`. */
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

/** `/v1/venues`: each venue that is asked, `VenueView`. */
export const venuesSchema = z.array(
  z.strictObject({
    venue: text,
    host: text,
    passedOver: z.array(z.strictObject({ host: text, code: text })),
    transport: z.enum(['stream', 'poll']),
    code,
    quotedMs: ms.nullable(),
    durationMs: ms.nullable(),
    pausedUntilMs: ms,
    stream: z
      .strictObject({
        state: z.enum(['open', 'connecting', 'waiting']),
        code,
        marketsStreamed: whole,
        frames: whole,
        reconnects: whole,
      })
      .nullable(),
  }),
)

/** `/v1/rounds`: the newest first, at most 120, `RoundView`. */
export const roundsSchema = z.array(
  z.strictObject({
    round: whole,
    path: z.enum(['open', 'fast', 'proposed', 'skipped']),
    latencyMs: ms.nullable(),
  }),
)

/** `/v1/chains`: each target of the configuration, `ChainView`. */
export const chainsSchema = z.array(
  z.strictObject({
    target: text,
    chainId: whole,
    contract: text,
    wallet: text,
    signer: z.strictObject({ place: text, fault: code }).nullable(),
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

/** `/v1/rotation`: `RotationView` (protocol §11.2). */
export const rotationSchema = z.strictObject({
  term: z.strictObject({ fromMs: ms.nullable(), untilMs: ms.nullable() }),
  approved: handover,
  approvers: z.array(whole),
  threshold: whole,
  locked: z.array(z.strictObject({ epoch: whole, message: text })),
  signed: handover,
})

const convictionsSchema = z.array(z.strictObject({ accused: whole, round: whole, kind: text }))

/** `/v1/overview`: all that the page shows, `Overview`; of evidence without the messages. */
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
