import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { committeeOf } from '../../aggregator/committee/committee.ts'
import type { FeedParams } from '../../aggregator/committee/params.ts'
import type { Deployment } from '../../contracts/deploy/apply.ts'
import {
  type AdapterParameters,
  type DeployParameters,
  deployParametersOf,
} from '../../contracts/deploy/parameters.ts'
import { loadCommittee } from '../config/load.ts'
import { checked } from '../config/problems.ts'
import { parseYaml } from '../config/yaml.ts'
import { OracleError } from '../errors.ts'
import { javascriptCrypto } from '../keys/ecdsa.ts'
import { readTextFile } from './text-file.ts'

const BYTES_MAX = 262_144

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'must be an address of 20 bytes in hexadecimal')
  .transform((text) => text as `0x${string}`)
const seconds = z.int().min(0).max(31_536_000)

const guard = z.strictObject({
  ageSecondsMax: seconds,
  spreadBpsMax: z.int().min(0).max(10_000),
  observersMin: z.int().min(0).max(31),
})

const token = z.union([
  z.strictObject({ address }),
  z.strictObject({
    testToken: z.strictObject({
      symbol: z.string().min(1).max(11),
      decimals: z.int().min(0).max(18),
    }),
  }),
])

const market = z.strictObject({
  name: z.string().min(1).max(31),
  spotFeed: z.string(),
  rateFeed: z.string(),
  settlementFeed: z.string(),
  spotGuard: guard,
  rateGuard: guard,
  volatility: z.strictObject({
    tenors: z
      .array(z.strictObject({ feed: z.string(), tenorSeconds: seconds }))
      .min(1)
      .max(16),
    guard,
  }),
  edgeBps: z.int().min(0).max(10_000),
  saleStopSeconds: seconds,
  expiryStepSeconds: z.int().min(1).max(604_800),
  base: token,
  quote: token,
})

const wei = z.string().regex(/^(0|[1-9]\d{0,27})$/, 'must be wei: a whole number as text')

const bondTerms = z.strictObject({
  beneficiary: address,
  stakeMinWei: wei,
  evidenceSeconds: seconds,
  leavingSeconds: seconds,
  weiPerSignature: wei,
  roundsBetween: z.int().min(1).max(1_000_000),
})

const identifier = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/, 'must be 32 bytes in small hexadecimal')
  .transform((text) => text as `0x${string}`)
const decimals = z.int().min(0).max(24)

const adapterTerms = z.strictObject({
  pyth: z
    .strictObject({
      emaSeconds: z.int().min(1).max(2_592_000),
      feeds: z
        .array(z.strictObject({ id: identifier, feed: z.string() }))
        .min(1)
        .max(128)
        .refine((feeds) => new Set(feeds.map(({ id }) => id)).size === feeds.length, {
          message: 'must name each id once',
        }),
    })
    .optional(),
  quotes: z
    .strictObject({
      guard,
      pairs: z
        .array(
          z
            .strictObject({
              feed: z.string(),
              ...{ base: address, baseDecimals: decimals },
              ...{ quote: address, quoteDecimals: decimals },
            })
            .refine(({ base, quote }) => base.toLowerCase() !== quote.toLowerCase(), {
              path: ['quote'],
              message: 'must not be the base',
            }),
        )
        .min(1)
        .max(128),
    })
    .optional(),
  valuesById: z.array(z.string()).min(1).max(128).optional(),
})

const parametersSchema = z.strictObject({
  /** Path of the committee file, relative to this one. */
  committee: z.string(),
  historyFeeds: z.int().min(0).max(1_024),
  reportAgeMsMax: z.int().min(1_000).max(3_600_000).multipleOf(1_000),
  futureMsMax: z.int().min(0).max(60_000).multipleOf(1_000),
  owner: z.strictObject({ address, delaySeconds: z.int().min(1).max(2_592_000) }).optional(),
  sequencer: z
    .strictObject({ uptimeFeed: address, graceSeconds: z.int().min(0).max(86_400) })
    .optional(),
  consumerAgeSecondsMax: z.int().min(1).max(86_400).nullable().default(null),
  bonds: bondTerms
    .refine(({ evidenceSeconds, leavingSeconds }) => leavingSeconds > evidenceSeconds, {
      path: ['leavingSeconds'],
      message: 'must be longer than evidenceSeconds: what was signed before is answered for',
    })
    .optional(),
  assets: z
    .array(z.strictObject({ symbol: z.string().min(1).max(30), address }))
    .max(32)
    .refine((assets) => new Set(assets.map(({ symbol }) => symbol)).size === assets.length, {
      message: 'must name each symbol once',
    })
    .default([]),
  adapters: adapterTerms.optional(),
  markets: z.array(market).max(16).default([]),
})

/**
 * Reads a file of deployment parameters (YAML or JSON), and the committee file that it names.
 *
 * @throws {OracleError} `DEPLOY_PARAMETERS_INVALID` with every problem and its path; those of the
 * committee file; `FILE_UNREADABLE`
 */
export async function loadDeployParameters(path: string): Promise<DeployParameters> {
  const read = parseYaml(await readTextFile(path, BYTES_MAX))
  if (read.type === 'refused') throw invalid(path, read.problems)
  const parsed = checked(parametersSchema, read.value)
  if (parsed.type === 'refused') throw invalid(path, parsed.problems)
  const { committee: file, owner, sequencer, adapters, bonds, ...settings } = parsed.value
  const crypto = javascriptCrypto
  const committee = committeeOf(crypto.keccak256, await loadCommittee(resolve(dirname(path), file)))
  const { params, digest, groupKey } = committee
  const problems = settings.markets.flatMap((each, at) => saleProblems(each, params.feeds, at))
  if (problems.length > 0) throw invalid(path, problems)
  return deployParametersOf(
    { params, digest, groupKey: groupKey.publicKey },
    {
      ...settings,
      ...(owner !== undefined && { owner }),
      ...(sequencer !== undefined && { sequencer }),
      ...(adapters !== undefined && { adapters: adaptersOf(adapters) }),
      ...(bonds !== undefined && { bonds }),
    },
  )
}

/** Within the window of the average that settles, an option is no longer what is priced. */
function saleProblems(
  { settlementFeed, saleStopSeconds }: z.infer<typeof market>,
  feeds: readonly FeedParams[],
  at: number,
): readonly { readonly path: string; readonly message: string }[] {
  const feed = feeds.find(({ name }) => name === settlementFeed)
  const windowMs = feed?.kind === 'twap' ? (feed.derivation?.windowMs ?? 0) : 0
  if (saleStopSeconds * 1_000 >= windowMs) return []
  const message = `must be at least ${windowMs / 1_000}, the window of ${settlementFeed}`
  return [{ path: `markets.${at}.saleStopSeconds`, message }]
}

/** Without the keys that are left out, as the types and the record have it. */
function adaptersOf({ pyth, quotes, valuesById }: z.infer<typeof adapterTerms>): AdapterParameters {
  return {
    ...(pyth !== undefined && { pyth }),
    ...(quotes !== undefined && { quotes }),
    ...(valuesById !== undefined && { valuesById }),
  }
}

function invalid(
  path: string,
  problems: readonly { readonly path: string; readonly message: string }[],
): OracleError {
  const lines = problems.map((problem) => `\n  ${problem.path}: ${problem.message}`)
  return new OracleError('DEPLOY_PARAMETERS_INVALID', `${path} is not right:${lines.join('')}`, {
    context: { path, problems: problems.length },
  })
}

/** Reads the record of a deployment; its content is judged by `verify`. */
export async function readDeployment(path: string): Promise<Deployment> {
  const text = await readTextFile(path, 4 * BYTES_MAX)
  try {
    return JSON.parse(text) as Deployment
  } catch (cause) {
    throw new OracleError('DEPLOY_PARAMETERS_INVALID', `${path} is no record of a deployment`, {
      context: { path },
      cause,
    })
  }
}
