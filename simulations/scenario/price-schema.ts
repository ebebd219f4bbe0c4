import { z } from 'zod'
import { atMs, members, ppm, wholeMs } from './bounds.ts'

/** Coins that a venue may quote in. */
const COINS = ['USDT', 'USDC'] as const

const incident = z.intersection(
  z.object({ fromMs: atMs, toMs: atMs }),
  z.discriminatedUnion('type', [
    z.object({ type: z.enum(['dead', 'stale', 'stuck']) }),
    z.object({ type: z.literal('scaled'), ppm: z.int().min(1).max(100_000_000) }),
    z.object({
      type: z.literal('drift'),
      ppmPerMinute: z.int().min(-1_000_000).max(1_000_000),
    }),
    z.object({ type: z.literal('lagging'), lagMs: wholeMs(0, 60_000) }),
  ]),
)

/** Its order book, for who pushes it (economics/order-book.ts). */
const depth = z.strictObject({
  usdPerPercent: z.number().min(1).max(1_000_000_000_000),
  feeBps: z.number().min(0).max(1_000).default(5),
  /** Part of the depth that arbitrage puts back each second; without any a price stays off. */
  refillPerSecond: z.number().min(0.001).max(10).default(0.2),
})
const lag = wholeMs(0, 60_000)
const LAG_MS = 200
const NOISE_PPM = 50

/** What one venue shows of one market. */
const market = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]{1,31}$/),
  lagMs: lag.default(LAG_MS),
  halfSpreadPpm: ppm.default(50),
  noisePpm: ppm.default(NOISE_PPM),
  /** Smallest step of its prices, in whole units; no step when left out. */
  tick: z.number().min(0.00000001).max(1_000_000).default(0.00000001),
  /** Its last trade is at the bid, or at bid and ask by chance. */
  lastTrade: z.enum(['bid', 'either']).default('bid'),
  volume: z.int().min(1).max(1_000_000_000).default(10_000),
  incidents: z.array(incident).max(100).default([]),
  /** Nobody can push it when left out. */
  depth: depth.optional(),
})

const venue = market
  .extend({
    /** What it names its prices in; for a coin, `conversions` must have the coin's market. */
    quote: z.enum(['USD', ...COINS]).default('USD'),
    /** The venue of the recording that it says again, in place of the true price. */
    path: z.string().min(1).max(100).optional(),
    lagMs: lag.optional(),
    noisePpm: ppm.optional(),
  })
  // A recording has the venue's own lag and noise in it: what is given comes on top.
  .transform(({ lagMs, noisePpm, ...rest }) => ({
    ...rest,
    lagMs: lagMs ?? (rest.path === undefined ? LAG_MS : 0),
    noisePpm: noisePpm ?? (rest.path === undefined ? NOISE_PPM : 0),
  }))

/** A coin that is meant to be worth a dollar, its market, and what members make of it. */
const conversion = z.strictObject({
  market: z.enum(['USDT/USD', 'USDC/USD']),
  /**
   * Members convert by the market, as nodes do; or they take a coin for a dollar, which no node can
   * be configured to do, for comparison.
   */
  use: z.enum(['market', 'par']).default('market'),
  /** Without a rate so near to a dollar, venues that quote in the coin are left out. */
  peg: z.strictObject({ bpsMax: z.int().min(1).max(5_000) }).optional(),
  venues: z.array(market).max(31).default([]),
  sourcesMin: z.int().min(1).max(31).default(2),
  outlierBps: z.int().min(1).max(9_999).default(50),
  /** Largest error of the coin's true rate around its course, drawn anew each 100 ms. */
  noisePpm: z.int().min(0).max(50_000).default(0),
  /** Its true rate falls, stays, and comes back; see world/coins.ts. */
  depeg: z
    .strictObject({
      fromMs: atMs,
      depthBps: z.int().min(1).max(9_000),
      /** From par to the depth, evenly; 0 is at once. */
      rampMs: wholeMs(0, 86_400_000).default(0),
      /** When it begins to come back; never when left out. */
      toMs: atMs.optional(),
      recoveryMs: wholeMs(0, 86_400_000).default(0),
    })
    .optional(),
})

/** Somebody trades on venues to move what members see (world/manipulation.ts). */
const manipulation = z.strictObject({
  fromMs: atMs,
  toMs: atMs,
  how: z.enum(['fixed', 'adaptive']).default('adaptive'),
  /** How far off the true price, below 0 downwards; or which price, in whole units. */
  moveBps: z.int().min(-9_000).max(9_000).optional(),
  targetUsd: z.number().min(0.01).max(1_000_000_000).optional(),
  /** Most that it may cost, in all and in each round. */
  budgetUsd: z.number().min(0).max(1_000_000_000_000),
  budgetUsdPerRound: z.number().min(0).max(1_000_000_000_000).optional(),
  /** The market of a coin instead of the first feed. */
  market: z.enum(['USDT/USD', 'USDC/USD']).optional(),
  /** All that have a depth when left out. */
  venues: z.array(z.string()).min(1).max(31).optional(),
})

const volatility = z.number().min(0.001).max(10)

/** How the true price moves, instead of the plain diffusion with jumps of `prices`. */
const priceModel = z.discriminatedUnion('type', [
  /** Stochastic volatility with jumps; see world/bates.ts. A year has 365.25 days. */
  z.strictObject({
    type: z.literal('bates'),
    volatility: volatility.default(0.6),
    volatilityMean: volatility.default(0.6),
    reversionPerYear: z.number().min(0.01).max(10_000).default(5),
    volatilityOfVariance: z.number().min(0.01).max(100).default(1.5),
    correlation: z.number().gt(-1).lt(1).default(-0.3),
    driftPerYear: z.number().min(-10).max(10).default(0),
    jumpsPerYear: z.number().min(0).max(1_000_000).default(50),
    jumpMean: z.number().min(-1).max(1).default(0),
    jumpDeviation: z.number().min(0).max(1).default(0.02),
  }),
  /** A file that `import-prices` wrote; a hash binds the scenario to its bytes. */
  z.strictObject({
    type: z.literal('recorded'),
    file: z.string().min(1).max(1_000),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
  }),
])

/** The true price, and what members see of it. */
export const pricesSchema = z.strictObject({
  /** Price of the first feed at the start, in whole units; the others follow at other seeds. */
  start: z.int().min(1).max(1_000_000).default(60_000),
  volatilityPpm: ppm.default(100),
  jumpsPerDay: z.int().min(0).max(86_400).default(0),
  jumpPpm: ppm.default(10_000),
  model: priceModel.optional(),
  /** Largest error of a member that sees the price itself; ignored when there are venues. */
  noisePpm: ppm.default(100),
  /** With venues each member polls them and computes its value like a node. */
  venues: z.array(venue).max(31).default([]),
  /** Coins that venues quote in; each true rate is 1 but for its depeg and noise. */
  conversions: z.array(conversion).max(COINS.length).default([]),
  pollMs: wholeMs(50, 60_000).default(500),
  sourcesMin: z.int().min(1).max(31).default(3),
  /** What a member does with a venue outside of the band around the median; how wide it is. */
  outlierRule: z.enum(['clamp', 'quarantine']).default('quarantine'),
  outlierBps: z.int().min(1).max(9_999).default(200),
  /** Largest share of one venue in a member's weights. */
  weightBpsMax: z.int().min(1).max(4_999).default(2_499),
  manipulations: z.array(manipulation).max(16).default([]),
  /** Multiplies the depth of every venue. */
  depthTimes: z.number().min(0.001).max(1_000).default(1),
  /** Venues that some members cannot reach. */
  unreachable: z
    .array(z.strictObject({ members, venues: z.array(z.string()).min(1) }))
    .max(31)
    .default([]),
})
