import { describe, expect, test } from 'vitest'
import { committeeDigestOf } from '../../../../aggregator/committee/committee.ts'
import type { FeedParams, Params, TimingParams } from '../../../../aggregator/committee/params.ts'
import { problemsOf } from '../../../../aggregator/committee/params-check.ts'
import { toHex } from '../../../../aggregator/values/bytes.ts'
import { referenceCrypto, testCommittee } from '../../../support/committee.ts'

const GOOD = testCommittee({ size: 4 }).committee.params
const [FIRST, ...OTHERS] = GOOD.members
const KEY = FIRST?.identityKey ?? new Uint8Array()

const timing = (change: Partial<TimingParams>): Params => ({
  ...GOOD,
  timing: { ...GOOD.timing, ...change },
})
const feed = (change: Partial<FeedParams>): Params => ({
  ...GOOD,
  feeds: GOOD.feeds.map((each) => ({ ...each, ...change })),
})
const MONTH_MS = 30 * 86_400_000
const MONTH = { of: 'BTC/USD', windowMs: MONTH_MS, stepMs: null }
const volatility = (change: Partial<FeedParams> = {}): Params => {
  const [spot] = GOOD.feeds
  if (spot === undefined) throw new Error('there is a feed')
  const base: FeedParams = { ...spot, name: 'BTC/USD', kind: 'spot' }
  const implied: FeedParams = { ...base, name: 'IV', kind: 'volatility', derivation: MONTH }
  return { ...GOOD, feeds: [base, { ...implied, valueMin: 1n, ...change }] }
}
const funding = (change: Partial<FeedParams> = {}): Params => {
  const own = { valueMin: -1n, derivation: { ...MONTH, windowMs: 28_800_000 } }
  return volatility({ name: 'FUND', kind: 'funding', ...own, ...change })
}
const limits = (change: Partial<Params['limits']>): Params => ({
  ...GOOD,
  limits: { ...GOOD.limits, ...change },
})
const pathsOf = (params: Params) => [...new Set(problemsOf(params).map((each) => each.path))]

test('good parameters have no problem', () => {
  expect(problemsOf(GOOD)).toEqual([])
  expect(problemsOf(volatility())).toEqual([])
  expect(problemsOf(volatility({ kind: 'forward' }))).toEqual([])
  expect(problemsOf(funding())).toEqual([])
  for (const size of [2, 3, 7, 31]) {
    expect(problemsOf(testCommittee({ size }).committee.params)).toEqual([])
  }
})

describe('each violated rule is named by its path (protocol §1.1, §3, §13)', () => {
  test.each<readonly [string, Params, string]>([
    ['another version', { ...GOOD, protocolVersion: 2 }, 'protocolVersion'],
    ['no network', { ...GOOD, network: '' }, 'network'],
    ['a network with capitals', { ...GOOD, network: 'Main' }, 'network'],
    ['a network of 32 characters', { ...GOOD, network: 'a'.repeat(32) }, 'network'],
    ['a negative attempt', { ...GOOD, keygenAttempt: -1 }, 'keygenAttempt'],
    ['a fraction of a millisecond', { ...GOOD, genesisMs: 0.5 }, 'genesisMs'],
    ['no time at all', { ...GOOD, genesisMs: Number.NaN }, 'genesisMs'],
    ['a probe in every round', { ...GOOD, probeEvery: 1 }, 'probeEvery'],
    ['one member', { ...GOOD, members: GOOD.members.slice(0, 1), f: 0 }, 'members'],
    [
      '32 members',
      {
        ...GOOD,
        members: Array.from({ length: 32 }, (_, i) => ({ identityKey: KEY.with(32, i) })),
      },
      'members',
    ],
    [
      'a member twice',
      { ...GOOD, members: [...GOOD.members.slice(1), ...OTHERS.slice(0, 1)] },
      'members',
    ],
    ['too many faults', { ...GOOD, f: 2 }, 'f'],
    ['no faults with four members', { ...GOOD, f: 0 }, 'f'],
    [
      'an uncompressed key',
      { ...GOOD, members: [{ identityKey: KEY.with(0, 4) }, ...OTHERS] },
      'members[0].identityKey',
    ],
    [
      'a short key',
      { ...GOOD, members: [{ identityKey: KEY.subarray(1) }, ...OTHERS] },
      'members[0].identityKey',
    ],
    ['a volatility of nothing', feed({ kind: 'volatility' }), 'feeds[0].derivation'],
    [
      'a volatility of what has no options',
      volatility({ derivation: { of: 'X', windowMs: MONTH_MS, stepMs: null } }),
      'feeds[1].derivation.of',
    ],
    [
      'a volatility of an hour',
      volatility({ derivation: { ...MONTH, windowMs: 3_600_000 } }),
      'feeds[1].derivation.windowMs',
    ],
    [
      'a volatility in steps',
      volatility({ derivation: { ...MONTH, stepMs: 1_000 } }),
      'feeds[1].derivation.stepMs',
    ],
    ['a volatility of nought', volatility({ valueMin: 0n }), 'feeds[1].valueMin'],
    ['a forward of nothing', feed({ kind: 'forward' }), 'feeds[0].derivation'],
    ['a forward of nought', volatility({ kind: 'forward', valueMin: 0n }), 'feeds[1].valueMin'],
    [
      'funding of what is no market',
      funding({ derivation: { of: 'X', windowMs: 28_800_000, stepMs: null } }),
      'feeds[1].derivation.of',
    ],
    [
      'funding for less than an hour',
      funding({ derivation: { ...MONTH, windowMs: 3_599_999 } }),
      'feeds[1].derivation.windowMs',
    ],
    [
      'funding for more than a year',
      funding({ derivation: { ...MONTH, windowMs: 31_536_000_001 } }),
      'feeds[1].derivation.windowMs',
    ],
    ['funding that is never below zero', funding({ valueMin: 0n }), 'feeds[1].valueMin'],
    ['funding whose changes are a share of zero', funding({ valueMax: 0n }), 'feeds[1].valueMax'],
    ['no feeds', { ...GOOD, feeds: [] }, 'feeds'],
    ['a feed twice', { ...GOOD, feeds: [...GOOD.feeds, ...GOOD.feeds] }, 'feeds'],
    [
      '1025 feeds',
      {
        ...GOOD,
        feeds: Array.from({ length: 1025 }, (_, index) => ({
          ...(GOOD.feeds[0] as FeedParams),
          name: `F${index}`,
        })),
      },
      'feeds',
    ],
    ['a feed name with a space', feed({ name: 'BTC USD' }), 'feeds[0].name'],
    ['19 decimals', feed({ decimals: 19 }), 'feeds[0].decimals'],
    ['an unknown kind', feed({ kind: 'guess' as FeedParams['kind'] }), 'feeds[0].kind'],
    ['no deviation', feed({ deviationBps: 0 }), 'feeds[0].deviationBps'],
    ['a deviation above everything', feed({ deviationBps: 10_001 }), 'feeds[0].deviationBps'],
    ['a heartbeat below a second', feed({ heartbeatMs: 999 }), 'feeds[0].heartbeatMs'],
    ['no sources', feed({ sourcesMin: 0 }), 'feeds[0].sourcesMin'],
    ['bounds in the wrong order', feed({ valueMin: 2n, valueMax: 1n }), 'feeds[0].valueMin'],
    ['a bound beyond 64 bits', feed({ valueMax: 2n ** 63n }), 'feeds[0].valueMin'],
    ['fastMs too early', timing({ fastMs: 84 }), 'timing.fastMs'],
    ['cutMs too early', timing({ cutMs: 114 }), 'timing.cutMs'],
    ['backupMs too short', timing({ backupMs: 24 }), 'timing.backupMs'],
    ['voteMs too early', timing({ voteMs: 204 }), 'timing.voteMs'],
    ['a round shorter than its vote', timing({ roundMs: 239 }), 'timing.roundMs'],
    ['no stage', timing({ stageMs: 0 }), 'timing.stageMs'],
    ['a negative skew', timing({ clockSkewMsMax: -1 }), 'timing.clockSkewMsMax'],
    ['too few rounds kept', limits({ roundsKept: 3 }), 'limits.roundsKept'],
    ['a batch that holds no full pull', limits({ syncBatchMax: 4 }), 'limits.syncBatchMax'],
    ['a batch above the largest', limits({ syncBatchMax: 257 }), 'limits.syncBatchMax'],
  ])('%s', (_, params, path) => {
    expect(pathsOf(params)).toContain(path)
  })

  test('the relations hold at equality', () => {
    const exact = { fastMs: 85, cutMs: 110, backupMs: 25, voteMs: 180, roundMs: 180 }
    expect(problemsOf(timing(exact))).toEqual([])
  })

  test('many violations are all listed at once', () => {
    const params = { ...timing({ fastMs: 1 }), network: '', f: 2 }
    expect(pathsOf(params)).toEqual(expect.arrayContaining(['network', 'f', 'timing.fastMs']))
  })
})

describe('the committee digest (protocol §3)', () => {
  const digestOf = (params: Params) => toHex(committeeDigestOf(referenceCrypto.keccak256, params))
  const changed: readonly (readonly [string, Params])[] = [
    ['protocolVersion', { ...GOOD, protocolVersion: 2 }],
    ['network', { ...GOOD, network: 'other' }],
    ['members', { ...GOOD, members: [{ identityKey: KEY.with(32, 1) }, ...OTHERS] }],
    ['the order of members', { ...GOOD, members: GOOD.members.toReversed() }],
    ['f', { ...GOOD, f: 0 }],
    ['keygenAttempt', { ...GOOD, keygenAttempt: 1 }],
    ['feeds', { ...GOOD, feeds: [...GOOD.feeds, ...GOOD.feeds] }],
    ['name', feed({ name: 'ETH/USD' })],
    ['decimals', feed({ decimals: 7 })],
    ['kind', feed({ kind: 'twap' })],
    ['deviationBps', feed({ deviationBps: 51 })],
    ['heartbeatMs', feed({ heartbeatMs: 3_600_001 })],
    ['sourcesMin', feed({ sourcesMin: 4 })],
    ['valueMin', feed({ valueMin: 2n })],
    ['valueMax', feed({ valueMax: 2n ** 62n })],
    ['genesisMs', { ...GOOD, genesisMs: 1 }],
    ...Object.keys(GOOD.timing).map(
      (name) => [name, timing({ [name]: GOOD.timing[name as keyof TimingParams] + 1 })] as const,
    ),
    ['probeEvery', { ...GOOD, probeEvery: 33 }],
    ['roundsKept', limits({ roundsKept: 17 })],
    ['syncBatchMax', limits({ syncBatchMax: 65 })],
  ]

  test.each(changed)('changes with %s', (_, params) => {
    expect(digestOf(params)).not.toBe(digestOf(GOOD))
  })

  test('no two changes have the same digest, and none has an unchanged field', () => {
    const digests = changed.map(([, params]) => digestOf(params))
    expect(new Set(digests).size).toBe(changed.length)
    const fields = Object.keys({ ...GOOD, ...GOOD.timing, ...GOOD.limits, ...GOOD.feeds[0] })
    const groups = ['timing', 'limits']
    const named = changed.map(([name]) => name)
    expect(fields.filter((field) => !groups.includes(field) && !named.includes(field))).toEqual([])
  })
})

describe('long-tail feeds (docs/contracts.md)', () => {
  const [one] = GOOD.feeds as readonly [FeedParams]
  const tail: FeedParams = { ...one, name: 'TAIL/USD', tier: 'long-tail' }

  test('come after all that have a word of their own', () => {
    expect(pathsOf({ ...GOOD, feeds: [one, tail] })).toEqual([])
    expect(pathsOf({ ...GOOD, feeds: [tail, one] })).toEqual(['feeds'])
  })

  test('have a digest of their own', () => {
    const digestOf = (feeds: readonly FeedParams[]) =>
      toHex(committeeDigestOf(referenceCrypto.keccak256, { ...GOOD, feeds }))
    const plain: FeedParams = { ...one, name: 'TAIL/USD' }
    expect(digestOf([one, tail])).not.toBe(digestOf([one, plain]))
    expect(digestOf([one, { ...plain, tier: 'flagship' }])).toBe(digestOf([one, plain]))
  })
})
