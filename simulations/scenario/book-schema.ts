import { z } from 'zod'
import { atMs, wholeMs } from './bounds.ts'

const usd = z.number().min(0).max(1_000_000_000_000)
const feeBps = z.number().min(0).max(1_000)
const holder = z.enum(['attacker', 'trader']).default('trader')

const perpetual = z.strictObject({
  side: z.enum(['long', 'short']),
  /** Of each. */
  notionalUsd: usd,
  /** So many alike, whose margins lie evenly from `marginBps` to `marginBpsMax`. */
  count: z.int().min(1).max(1_000).default(1),
  marginBps: z.number().min(1).max(10_000),
  marginBpsMax: z.number().min(1).max(10_000).optional(),
  feeBps: feeBps.default(5),
  holder,
  openMs: atMs.default(0),
  /** At the end of the run when left out. */
  closeMs: atMs.optional(),
})

const option = z.strictObject({
  type: z.enum(['call', 'put']),
  strikeUsd: z.number().min(0.01).max(1_000_000_000),
  contracts: z.number().min(0).max(1_000_000_000),
  volatility: z.number().min(0.01).max(10),
  feeBps: feeBps.default(30),
  holder,
  openMs: atMs.default(0),
  expiryMs: wholeMs(1_000, 10_000_000_000),
})

/** What a bought member wants (economics/attack-cost.ts). */
const bribe = z.strictObject({
  bondUsd: usd.default(0),
  slashedShare: z.number().min(0).max(1).default(0),
  incomeLostUsd: usd.default(0),
  premiumShare: z.number().min(0).max(10).default(0),
})

/** Positions of a consumer that the first feed prices. */
export const bookSchema = z.strictObject({
  /** What the chain holds where there is one, else what is certified. */
  markedBy: z.enum(['certified', 'chain']).optional(),
  /** Most that the market can lose: its own money and its insurance. */
  fundsUsd: usd.default(1_000_000_000),
  maintenanceBps: z.number().min(0).max(10_000).default(50),
  penaltyBps: z.number().min(0).max(10_000).default(50),
  penaltyTo: z.enum(['attacker', 'market']).default('market'),
  perpetuals: z.array(perpetual).max(100).default([]),
  options: z.array(option).max(100).default([]),
  /** Of each member under control; they cost nothing when left out. */
  bribe: bribe.optional(),
})

export type BookScenario = z.infer<typeof bookSchema>
