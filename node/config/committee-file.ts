import { z } from 'zod'
import type { FeedParams, Params } from '../../aggregator/params.ts'
import { FEED_KINDS } from '../../aggregator/params.ts'
import { problemsOf } from '../../aggregator/params-check.ts'
import { signingThresholdOf } from '../../aggregator/quorum.ts'
import type { GroupKey } from '../../aggregator/signing/threshold.ts'
import { toHex } from '../../aggregator/values/bytes.ts'
import { problemsFrom } from './problems.ts'
import { decimalText, formatDecimal, hexBytes, parseDecimal } from './scalars.ts'
import type { ConfigProblem } from './yaml.ts'
import { parseYaml } from './yaml.ts'

/** What every member of a committee holds alike: its parameters and the key they generated. */
export interface CommitteeFile {
  readonly params: Params
  readonly groupKey: GroupKey
}

export type ParsedCommittee =
  | { readonly type: 'parsed'; readonly committee: CommitteeFile }
  | { readonly type: 'refused'; readonly problems: readonly ConfigProblem[] }

const POINT_BYTES = 33

const feedSchema = z
  .strictObject({
    name: z.string(),
    decimals: z.int().min(0).max(18),
    kind: z.enum(FEED_KINDS),
    deviationBps: z.int(),
    heartbeatMs: z.int(),
    sourcesMin: z.int(),
    valueMin: decimalText,
    valueMax: decimalText,
  })
  .transform((feed, context): FeedParams => {
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
  groupKey: z.strictObject({
    publicKey: hexBytes(POINT_BYTES),
    verifyingShares: z.array(hexBytes(POINT_BYTES)).max(31),
    threshold: z.int(),
  }),
})

/**
 * Reads a committee file (YAML or JSON) and checks every rule of protocol §1 and §3. Bounds of
 * feeds are decimals in the feed's own unit, such as `0.01`; keys are hexadecimal.
 */
export function parseCommittee(text: string): ParsedCommittee {
  const yaml = parseYaml(text)
  if (yaml.type === 'refused') return yaml
  const outcome = committeeSchema.safeParse(yaml.value, { reportInput: true })
  if (!outcome.success) return { type: 'refused', problems: problemsFrom(outcome.error) }
  const { groupKey, ...params } = outcome.data
  const problems = [...problemsOf(params), ...groupKeyProblems(params, groupKey)]
  if (problems.length > 0) return { type: 'refused', problems }
  return { type: 'parsed', committee: { params, groupKey } }
}

/** The text of a committee file: the same committee always gives the same text. */
export function formatCommittee({ params, groupKey }: CommitteeFile): string {
  const plain = {
    protocolVersion: params.protocolVersion,
    network: params.network,
    f: params.f,
    keygenAttempt: params.keygenAttempt,
    genesisMs: params.genesisMs,
    probeEvery: params.probeEvery,
    members: params.members.map(({ identityKey }) => ({ identityKey: toHex(identityKey) })),
    timing: params.timing,
    limits: params.limits,
    feeds: params.feeds.map((feed) => ({
      ...feed,
      valueMin: formatDecimal(feed.valueMin, feed.decimals),
      valueMax: formatDecimal(feed.valueMax, feed.decimals),
    })),
    groupKey: {
      publicKey: toHex(groupKey.publicKey),
      verifyingShares: groupKey.verifyingShares.map(toHex),
      threshold: groupKey.threshold,
    },
  }
  return `${JSON.stringify(plain, null, 2)}\n`
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
