import { z } from 'zod'
import type { Economy } from '../economics/break-even.ts'
import { parseFile } from './files.ts'
import { InputError } from './problems.ts'

const USD_MAX = 1_000_000_000
const usd = z.number().min(0).max(USD_MAX)
const share = z.number().min(0).max(1)
const feeBps = z.number().min(0).max(1_000)
const seconds = z.int().min(0).max(31_536_000)
const ascending = <T extends z.ZodNumber>(of: T, max: number) =>
  z
    .array(of)
    .min(1)
    .max(max)
    .refine((list) => list.every((each, index) => index === 0 || each > Number(list[index - 1])), {
      message: 'must ascend',
    })

const option = z
  .strictObject({
    type: z.enum(['call', 'put']),
    strikeUsd: z.number().min(0.01).max(USD_MAX),
    contracts: z.number().min(0).max(USD_MAX),
    volatility: z.number().min(0.01).max(10),
    seconds,
    heldSeconds: z.int().min(1).max(31_536_000),
    feeBps,
  })
  .refine((each) => each.seconds + each.heldSeconds <= 157_680_000, {
    message: 'seconds and heldSeconds together must be at most five years',
  })

const economySchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]{1,60}$/, 'must be 1 to 60 of a-z, 0-9 and -'),
  corruption: z.strictObject({
    f: z.int().min(0).max(10),
    bondUsd: usd,
    slashedShare: share,
    incomeLostUsd: usd,
    premiumShare: z.number().min(0).max(10),
  }),
  venueAttack: z.strictObject({
    holdSeconds: z.number().min(0).max(3_600),
    venues: z
      .array(
        z.strictObject({
          name: z.string().regex(/^[a-z0-9-]{1,31}$/),
          depthUsdPerPercent: z.number().min(1).max(USD_MAX),
          feeBps,
          refillPerSecond: z.number().min(0).max(10),
        }),
      )
      .min(1)
      .max(31)
      .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, {
        message: 'must not name a venue twice',
      }),
  }),
  book: z.strictObject({
    spotUsd: z.number().min(0.01).max(USD_MAX),
    payoutUsdMax: usd,
    moveBpsMax: z.number().min(0).max(9_900).nullable().default(null),
    perpetual: z.strictObject({ notionalUsd: usd, feeBps }),
    options: z.array(option).max(100).default([]),
  }),
  movesBps: ascending(z.number().min(0.1).max(9_900), 200),
  surface: z.strictObject({
    f: ascending(z.int().min(0).max(10), 11),
    bondUsd: ascending(usd, 30),
    depthTimes: ascending(z.number().min(0.001).max(1_000), 30),
  }),
})

/** @throws {InputError} ECONOMICS_INVALID with every problem found */
export function loadEconomy(path: string): Economy {
  const parsed = parseFile(path, economySchema)
  if (!parsed.ok) throw new InputError('ECONOMICS_INVALID', 'the economics file', parsed.problems)
  return parsed.value
}
