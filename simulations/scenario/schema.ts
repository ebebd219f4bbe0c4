import { z } from 'zod'
import { OURS, REFERENCE_PROTOCOLS } from '../protocols.ts'
import { REGIONS } from '../world/regions.ts'
import { bookSchema } from './book-schema.ts'
import { atMs, finelyMs, members, ppm, ROUNDS_MAX, wholeMs } from './bounds.ts'
import { chainSchema } from './chain-schema.ts'
import { pricesSchema } from './price-schema.ts'

const timing = z.strictObject({
  roundMs: wholeMs(10, 86_400_000),
  hopMs: wholeMs(1, 86_400_000),
  includeMs: wholeMs(1, 86_400_000),
  fastMs: wholeMs(1, 86_400_000),
  cutMs: wholeMs(1, 86_400_000),
  backupMs: wholeMs(1, 86_400_000),
  voteMs: wholeMs(1, 86_400_000),
  clockSkewMsMax: wholeMs(0, 86_400_000),
})

const committee = z.strictObject({
  members: z.int().min(4).max(31),
  /** Most members that may be Byzantine; ⌊(n − 1) / 3⌋ when left out. */
  f: z.int().min(1).max(10).optional(),
  timing: z
    .union([z.enum(['region', 'worldwide', 'local']), timing], {
      error: 'must be region, worldwide or local, or all values of protocol §3',
    })
    .default('region'),
  probeEvery: z.int().min(2).max(65_535).default(32),
  feeds: z.int().min(1).max(64).default(1),
})

/** Lognormal delays around the measured medians; normal ones as measured when left out. */
const sigma = z.number().min(0.01).max(3).optional()

const latency = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('constant'), ms: finelyMs(60_000) }),
  z.strictObject({ type: z.literal('uniform'), minMs: finelyMs(60_000), maxMs: finelyMs(60_000) }),
  z.strictObject({
    type: z.literal('normal'),
    meanMs: finelyMs(60_000),
    deviationMs: finelyMs(60_000),
  }),
  z.strictObject({
    type: z.literal('lognormal'),
    medianMs: finelyMs(60_000),
    sigma: z.number().min(0).max(3),
  }),
  z.strictObject({
    type: z.literal('empirical'),
    samplesMs: z.array(finelyMs(60_000)).min(1).max(100_000),
  }),
  z.strictObject({
    type: z.literal('regions'),
    /** Members in each region. */
    placement: z.partialRecord(z.enum(REGIONS), z.int().min(1).max(31)),
    /** Regions in which members are numbered first; the others follow in the table's order. */
    order: z.array(z.enum(REGIONS)).max(REGIONS.length).default([]),
    sigma,
  }),
  /** The region of each member; `seats` in a file becomes this (seats.ts). */
  z.strictObject({
    type: z.literal('placed'),
    regions: z.array(z.enum(REGIONS)).min(1).max(31),
    sigma,
  }),
])

const cut = z.strictObject({
  fromMs: atMs,
  toMs: atMs,
  senders: members,
  receivers: members,
  oneWay: z.boolean().default(false),
  /** Down and up in turn for this long each. */
  flapMs: wholeMs(1, 86_400_000).optional(),
})

const network = z.strictObject({
  latency: latency.default({ type: 'uniform', minMs: 2, maxMs: 12 }),
  lossPpm: ppm.default(0),
  duplicationPpm: ppm.default(0),
  uplinkBitsPerSecond: z.int().min(1_000).max(1_000_000_000_000).optional(),
  meshDegree: z.int().min(2).max(30).default(4),
  cuts: z.array(cut).max(1_000).default([]),
})

const clock = z.strictObject({
  members,
  offsetMs: z.number().min(-86_400_000).max(86_400_000).default(0),
  driftPpm: z.int().min(-1_000_000).max(1_000_000).default(0),
})

const fault = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('crash'),
    members,
    atMs,
    /** When the process comes back; never when left out. */
    restartMs: atMs.optional(),
    disk: z.enum(['kept', 'lost', 'older']).default('kept'),
    /** Repeats after so long, until the end. */
    everyMs: wholeMs(100, 86_400_000).optional(),
  }),
  z.strictObject({
    type: z.literal('stop'),
    members,
    /** At which promise of the member the process ends, counted from 1 over all its processes. */
    promise: z.int().min(1).max(1_000_000_000),
    /** Before it is on the disk, or after that and before anything else. */
    when: z.enum(['before', 'after']),
    /** How long the process is away. */
    downMs: wholeMs(0, 86_400_000),
    disk: z.enum(['kept', 'lost', 'older']).default('kept'),
  }),
  z.strictObject({ type: z.literal('clockShift'), members, atMs, byMs: z.number() }),
  z.strictObject({
    type: z.literal('clockDrift'),
    members,
    atMs,
    driftPpm: z.int().min(-1_000_000).max(1_000_000),
  }),
])

/** What the protocols of others are configured with. */
const reference = z.strictObject({
  /** Without a result for so long, members of OCR change the leader; two rounds when left out. */
  progressMs: wholeMs(1, 86_400_000).optional(),
  /**
   * Results of one leader of OCR, after which the next one leads. Runs of fewer than so many rounds
   * for each member measure the leaders that are listed first.
   */
  epochRounds: z.int().min(1).max(1_000_000).default(20),
})

const adversary = z.strictObject({ strategy: z.string(), members })

/** A scenario file as YAML gives it. Times are milliseconds of world time; 0 is the genesis. */
export const scenarioSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]{1,60}$/, 'must be 1 to 60 of a-z, 0-9 and -'),
  about: z.string().max(1_000).default(''),
  seed: z.int().min(0).max(0xffffffff).default(1),
  /** Rounds that are counted; three more before them let the committee start. */
  rounds: z.int().min(1).max(ROUNDS_MAX),
  /** Ours, or one that others run, for comparison; see protocols/. */
  protocol: z.enum([OURS, ...REFERENCE_PROTOCOLS.keys()]).default(OURS),
  reference: reference.prefault({}),
  committee,
  signatures: z.enum(['ideal', 'real']).default('ideal'),
  hash: z.enum(['ideal', 'keccak']).default('ideal'),
  network: network.prefault({}),
  prices: pricesSchema.prefault({}),
  clocks: z.array(clock).max(31).default([]),
  /** Members deliver to no chain when left out. */
  chain: chainSchema.optional(),
  /** Positions of a consumer; none when left out. */
  book: bookSchema.optional(),
  faults: z.array(fault).max(1_000).default([]),
  adversaries: z.array(adversary).max(31).default([]),
  /** The protocol without one of its rules, or with a planted bug; see variants.ts. */
  variant: z.string().default('none'),
  work: z
    .strictObject({ signMs: finelyMs(10_000).default(0), combineMs: finelyMs(10_000).default(0) })
    .prefault({}),
  /** Ends the run at the first broken invariant. */
  stopAtViolation: z.boolean().default(true),
})

export type Scenario = z.infer<typeof scenarioSchema>
