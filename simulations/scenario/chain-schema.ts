import { z } from 'zod'
import { atMs, members, wholeMs } from './bounds.ts'

const gwei = (max: number) => z.number().min(0.000001).max(max)
const span = { fromMs: atMs, toMs: atMs }

const endpoint = { ...span, members, endpoints: z.array(z.int().min(0).max(4)).min(1).max(5) }

/** What goes wrong on the chain, at endpoints and in transmitters. */
const fault = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('reorg'), atMs, depth: z.int().min(1).max(64) }),
  /** Others ask for so many times the gas that is usual. */
  z.strictObject({ type: z.literal('feeSpike'), ...span, factor: z.number().min(1).max(10_000) }),
  z.strictObject({ type: z.literal('sequencerDown'), ...span }),
  z.strictObject({ type: z.literal('rpcDown'), ...endpoint }),
  z.strictObject({
    type: z.literal('rpcLagging'),
    ...endpoint,
    blocks: z.int().min(1).max(64),
  }),
  /** `newer`: a round of the future; `older`: 32 blocks ago; `value`: a tenth more. */
  z.strictObject({
    type: z.literal('rpcLying'),
    ...endpoint,
    about: z.enum(['newer', 'older', 'value']),
  }),
  z.strictObject({
    type: z.literal('transmitters'),
    ...span,
    members,
    /** What these members do instead of what their turn asks of them. */
    how: z.enum(['withhold', 'stale', 'forge']),
  }),
])

/** A chain that members deliver to. Settings of members are those of the node (docs/config.md). */
export const chainSchema = z.strictObject({
  blockMs: wholeMs(100, 600_000).default(2_000),
  /** A block comes so much earlier or later, by an even draw. */
  jitterMs: wholeMs(0, 300_000).default(0),
  baseFeeGwei: gwei(100_000).default(1),
  tipGwei: gwei(10_000).default(0.1),
  gasTarget: z.int().min(1_000_000).max(1_000_000_000).default(15_000_000),
  demandNoisePpm: z.int().min(0).max(900_000).default(200_000),
  mempoolMs: z
    .strictObject({ min: wholeMs(0, 60_000).default(50), max: wholeMs(0, 60_000).default(300) })
    .prefault({}),
  /** What has waited longer is forgotten by the pool. */
  mempoolKeepMs: wholeMs(1_000, 86_400_000).default(600_000),
  /** Endpoints of each member, and how long they take. */
  endpoints: z.int().min(1).max(5).default(3),
  rpcMs: wholeMs(0, 60_000).default(50),
  confirmations: z.int().min(1).max(64).default(2),
  pollEveryMs: wholeMs(20, 60_000).default(500),
  bumpAfterMs: wholeMs(100, 600_000).default(15_000),
  bumpsMax: z.int().min(0).max(20).default(6),
  feePerGasGweiMax: gwei(1_000_000).default(100),
  priorityFeePerGasGweiMax: gwei(1_000_000).default(2),
  /** Between two transmitters (protocol §3), and what makes a feed due (§8.2). */
  stageMs: wholeMs(1, 600_000).default(1_000),
  heartbeatMs: wholeMs(1_000, 86_400_000).default(60_000),
  deviationBps: z.int().min(1).max(10_000).default(50),
  /** Rules of the contract: a report older than this is not taken, nor one so far ahead. */
  reportAgeMs: wholeMs(1_000, 3_600_000).default(60_000),
  futureMs: wholeMs(0, 60_000).default(10_000),
  faults: z.array(fault).max(1_000).default([]),
})

export type ChainScenario = z.infer<typeof chainSchema>
