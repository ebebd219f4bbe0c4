import { describe, expect, test } from 'vitest'
import type { DryFeedView, DryRunView, DryTargetView } from '../../../../node/api/dry-run-view.ts'
import type { VenueView } from '../../../../node/api/view.ts'
import { dryRunFindings } from '../../../../node/dry-run/findings.ts'
import { seatOf } from '../../../../node/dry-run/seat.ts'
import { testCommittee } from '../../../support/committee.ts'

const { params } = testCommittee({ size: 4 }).committee
const VENUE: VenueView = {
  venue: 'kraken',
  host: 'api.kraken.com',
  passedOver: [],
  transport: 'stream',
  code: 'ok',
  quotedMs: 1,
  durationMs: 20,
  pausedUntilMs: 0,
  stream: { state: 'open', code: 'ok', marketsStreamed: 2, frames: 9, reconnects: 0 },
}
const FEED: DryFeedView = {
  feed: 'BTC/USD',
  absent: { count: 0, of: 100 },
  outliers: { count: 0, of: 100 },
  distanceBps: { p50: 0, p99: 2, max: 3 },
}
const TARGET: DryTargetView = {
  target: 'mainnet',
  chainId: 1,
  contract: '0x01',
  wallet: '0x02',
  balanceEther: '0.5',
  balanceEtherMin: '0.05',
  spentEther: '0',
  endpoints: [{ endpoint: 'rpc.example', fault: null, detail: 'block 7' }],
  fault: null,
  isContractKnown: true,
  priced: 3,
  hindered: 0,
  costEtherMax: '0.003',
  last: null,
}
const GOOD: DryRunView = {
  seat: 3,
  followed: 1,
  connected: 1,
  certificates: 100,
  refused: 0,
  rounds: { count: 100, of: 100 },
  certificateAgeMs: { min: 40, p50: 70, max: 200 },
  feeds: [FEED],
  targets: [TARGET],
}

/** What is said of deliveries to one chain. */
function deliveries(changes: Partial<DryTargetView>) {
  const dryRun = { ...GOOD, targets: [{ ...TARGET, ...changes }] }
  return dryRunFindings({ dryRun, venues: [], params }).find(({ check }) =>
    check.startsWith('deliveries'),
  )
}

/** The findings that are not `ok`, as `check: verdict code`. */
function complaints(changes: Partial<DryRunView>, venue: Partial<VenueView> = {}): string[] {
  const venues = [{ ...VENUE, ...venue }]
  return dryRunFindings({ dryRun: { ...GOOD, ...changes }, venues, params })
    .filter(({ verdict }) => verdict !== 'ok')
    .map(({ check, verdict, code }) => `${check}: ${verdict} ${code}`)
}

describe('what a dry run finds', () => {
  test('given all is well, then nothing is complained of', () => {
    expect(complaints({})).toEqual([])
  })

  test('given nobody is followed, then that is said and nothing is called wrong', () => {
    const unfollowed = {
      ...{ followed: 0, certificates: 0, certificateAgeMs: null },
      feeds: [{ ...FEED, absent: { count: 0, of: 0 } }],
    }
    expect(complaints(unfollowed)).toEqual([
      'committee: unchecked DOCTOR_UNCHECKED',
      'clock: unchecked DOCTOR_UNCHECKED',
      'feed BTC/USD: unchecked DOCTOR_UNCHECKED',
    ])
  })

  test('given an average of which no whole window was heard, then it was not checked', () => {
    const [btc] = params.feeds
    if (btc === undefined) throw new Error('the committee has a feed')
    const average = { ...btc, name: 'BTC/USD.TWAP', kind: 'twap' } as const
    const none = { ...FEED, feed: average.name, absent: { count: 0, of: 0 } }
    const [found] = dryRunFindings({
      dryRun: { ...GOOD, feeds: [none], targets: [] },
      ...{ venues: [], params: { ...params, feeds: [btc, average] } },
    }).filter(({ check }) => check === 'feed BTC/USD.TWAP')
    expect(found?.verdict).toBe('unchecked')
    expect(found?.seen).toContain('no whole window')
  })

  test('given addresses where nothing is heard, then that is a fault', () => {
    expect(complaints({ certificates: 0 })).toContain('committee: fault DRY_RUN_UNHEARD')
  })

  test.each([
    [{ min: -6, p50: 30, max: 90 }, 'clock: fault CLOCK_BEHIND'],
    [{ min: 700, p50: 741, max: 900 }, 'clock: fault CLOCK_AHEAD'],
  ])('given certificates that come %o ms after their time, then %s', (age, complaint) => {
    expect(complaints({ certificateAgeMs: age })).toEqual([complaint])
  })

  test.each([
    [{ absent: { count: 6, of: 100 } }, 'feed BTC/USD: fault DRY_RUN_FEED_ABSENT'],
    [{ absent: { count: 3, of: 3 } }, 'feed BTC/USD: fault DRY_RUN_FEED_ABSENT'],
    [{ outliers: { count: 6, of: 100 } }, 'feed BTC/USD: fault DRY_RUN_FEED_FAR'],
    [{ absent: { count: 1, of: 19 } }, 'feed BTC/USD: unchecked DOCTOR_UNCHECKED'],
  ])('given a feed with %o, then %s', (feed, complaint) => {
    expect(complaints({ feeds: [{ ...FEED, ...feed }] })).toEqual([complaint])
  })

  test('given a venue that brought nothing, or whose last poll failed, then it is named', () => {
    const silent = { transport: 'poll', quotedMs: null, code: 'SOURCE_REGION_BLOCKED' } as const
    expect(complaints({}, silent)).toEqual(['venue kraken: warning SOURCE_REGION_BLOCKED'])
    const code = 'SOURCE_TIMEOUT'
    expect(complaints({}, { code })).toEqual(['venue kraken: warning SOURCE_TIMEOUT'])
    const passedOver = [{ host: 'one.example', code: 'SOURCE_UNREACHABLE' }]
    expect(complaints({}, { passedOver })).toEqual(['venue kraken: warning SOURCE_UNREACHABLE'])
  })

  test('given a chain that would not take a delivery, then what is in the way is named', () => {
    const last = { target: 'mainnet', round: 9, feeds: 1, gasMax: null, costEtherMax: null }
    const hindered = { hindered: 1, last: { ...last, code: 'WALLET_EMPTY', detail: 'has 0 wei' } }
    const target = (changes: Partial<DryTargetView>) =>
      complaints({ targets: [{ ...TARGET, ...changes }] })
    expect(target(hindered)).toEqual(['deliveries to mainnet: fault WALLET_EMPTY'])
    const fault = { code: 'CONTRACT_MISSING', detail: 'none there' }
    expect(target({ fault })).toEqual(['contract on mainnet: fault CONTRACT_MISSING'])
    expect(target({ balanceEther: '0.04' })).toEqual(['deliveries to mainnet: warning WALLET_LOW'])
    expect(deliveries({})?.seen).toMatch(/ has [0-9.]+ ether$/)
    expect(target({ priced: 0 })).toEqual(['deliveries to mainnet: unchecked DOCTOR_UNCHECKED'])
    const unasked = { isContractKnown: false }
    expect(target(unasked)).toEqual(['contract on mainnet: unchecked DOCTOR_UNCHECKED'])
    const lagging = [{ endpoint: 'a', fault: 'RPC_HEAD_LAGS', detail: null }]
    expect(target({ endpoints: lagging })).toEqual(['rpc mainnet: warning RPC_HEAD_LAGS'])
  })
})

describe('whose turns a dry run plays', () => {
  const listed = (...indices: number[]) => ({
    network: { listen: [], members: indices.map((index) => ({ index, address: '' })) },
  })

  test('given the addresses of all others, then the one that is left', () => {
    expect(seatOf(listed(0, 1, 3), { params }, null)).toBe(2)
  })

  test('given an index, then that one, if the committee has it', () => {
    expect(seatOf(listed(0), { params }, 1)).toBe(1)
    expect(() => seatOf(listed(0), { params }, 4)).toThrow('must be below 4')
  })

  test('given fewer addresses, then it asks', () => {
    expect(() => seatOf(listed(0, 1), { params }, null)).toThrow('--member')
  })

  test('given deliveries that something stood in the way of, then they are counted', () => {
    const last = { target: 'mainnet', round: 9, feeds: 1, gasMax: 1, costEtherMax: '0.001' }
    const recovered = { hindered: 2, last: { ...last, code: 'OK', detail: '' } }
    expect(deliveries({})?.seen).not.toContain('would not')
    expect(deliveries(recovered)).toMatchObject({
      verdict: 'ok',
      seen: expect.stringContaining('2 would not'),
    })
    const code = 'WALLET_EMPTY'
    const poor = { hindered: 2, last: { ...last, code, detail: 'has 0 wei' } }
    expect(deliveries(poor)).toMatchObject({
      ...{ verdict: 'fault', code },
      seen: expect.stringMatching(/2 would not.*the last: has 0 wei/),
    })
  })
})
