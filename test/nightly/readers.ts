import { keccak_256 } from '@noble/hashes/sha3.js'
import type { Abi, Address, Hex } from 'viem'
import { bytesToHex, encodeErrorResult, encodeFunctionData, encodeFunctionResult } from 'viem'
import { encodeReport } from '../../aggregator/report/calldata.ts'
import { FEED_STATUS, type FeedReport } from '../../aggregator/report/feed-report.ts'
import { decodeSpread, encodeSpread } from '../../aggregator/report/words.ts'
import { feedStatisticsAbi } from '../../contracts/abi/feed-statistics.ts'
import { libraryHarnessAbi } from '../../contracts/abi/library-harness.ts'
import { pullConsumerAbi } from '../../contracts/abi/pull-consumer.ts'
import type { CommitteeBox } from '../../contracts/testing/committee-box.ts'
import { firstCommittee } from '../../contracts/testing/hub-parameters.ts'
import { feedOf, wordOf } from './cases.ts'
import { between, type Draw } from './draw.ts'
import {
  movingAverage,
  type Observed,
  type Refusal,
  realizedVolatility,
} from './statistics-reference.ts'

/** A call to a contract, and what it must answer in a block of that time. */
export interface Reading {
  readonly library: string
  readonly to: Address
  readonly call: Hex
  readonly answerAt: (now: bigint) => Hex
}

/** The contracts that read, and what the hub has been told. */
export interface Readers {
  readonly hub: Address
  readonly statistics: Address
  readonly harness: Address
  readonly consumer: Address
  readonly box: CommitteeBox
  /** Of each feed with a history, all values that it ever had. */
  readonly history: readonly (readonly Observed[])[]
  /** The last report of all feeds. */
  readonly latest: { readonly time: bigint; readonly feeds: readonly FeedReport[] }
}

const DECAY_SECONDS_MAX = 2_592_000n
/**
 * A moving average over more values takes more gas than a call has: with longer histories only
 * decays are drawn that forget within about so many values, two of which lie a minute apart
 * (2^-20 is reached after 13.9 decays). Volatilities walk through all of any history.
 */
const AVERAGED_MAX = 4_000
const DECAY_SECONDS_SHORT = (4_000n * 60n * 10n) / 139n
/** More leaves than a byte of a path has bits for, and trees with promoted nodes. */
const TREE_FEEDS_MAX = 80
const OPENING_AGES_SECONDS = 300

type Answer = bigint | readonly unknown[] | Refusal

/** What one case asks of every library that reads a hub. */
export function readingsOf(draw: Draw, readers: Readers): readonly Reading[] {
  return [
    average(draw, readers),
    volatility(draw, readers),
    guarded(draw, readers),
    ...pulls(draw, readers),
  ]
}

function reading(
  target: { readonly library: string; readonly to: Address; readonly abi: Abi },
  functionName: string,
  args: readonly unknown[],
  answerAt: (now: bigint) => Answer,
): Reading {
  const { library, to, abi } = target
  return {
    library,
    to,
    call: encodeFunctionData({ abi, functionName, args }),
    answerAt: (now) => {
      const answer = answerAt(now)
      const isRefusal = typeof answer === 'object' && 'errorName' in answer
      if (isRefusal) return encodeErrorResult({ abi, ...answer })
      return encodeFunctionResult({ abi, functionName, result: answer as never })
    },
  }
}

const statisticsOf = ({ statistics }: Readers) =>
  ({ library: 'FeedWalk', to: statistics, abi: feedStatisticsAbi }) as const

function average(draw: Draw, readers: Readers): Reading {
  const feed = draw(readers.history.length)
  const values = readers.history[feed] as readonly Observed[]
  const longest = values.length > AVERAGED_MAX ? DECAY_SECONDS_SHORT : DECAY_SECONDS_MAX
  const decaySeconds = draw(32) === 0 ? DECAY_SECONDS_MAX + 1n : between(draw, 0n, longest)
  const args = [BigInt(feed), decaySeconds]
  return reading(statisticsOf(readers), 'movingAverage', args, (now) =>
    movingAverage(values, decaySeconds, now),
  )
}

function volatility(draw: Draw, readers: Readers): Reading {
  const feed = draw(readers.history.length)
  const values = readers.history[feed] as readonly Observed[]
  const { time } = readers.latest
  const first = (values[0] as Observed).time
  const end = draw(8) === 0 ? time + 86_400n : between(draw, first, time)
  const steps = BigInt(draw(16) === 0 ? draw(2) * 4_097 : 1 + draw(40))
  // Mostly within the history; sometimes beyond all of it, or beyond what any could be.
  const longest = steps === 0n ? end : (end - first) / steps
  const isBeyond = draw(12) === 0
  const stepSeconds = isBeyond && steps > 0n ? end / steps + 1n : between(draw, 0n, longest + 2n)
  const window = { end, steps, stepSeconds }
  const args = [BigInt(feed), end, steps, stepSeconds]
  return reading(statisticsOf(readers), 'realizedVolatility', args, (now) =>
    realizedVolatility(values, window, now),
  )
}

/** A guard whose limits lie near what the feed has. */
function guarded(draw: Draw, { hub, harness, latest }: Readers): Reading {
  const feed = draw(latest.feeds.length)
  const { value, spread: exact, observers, status } = latest.feeds[feed] as FeedReport
  const spread = decodeSpread(encodeSpread(exact))
  const bps = value <= 0n ? 0n : (spread * 10_000n) / value
  const guard = {
    ageSecondsMax: draw(4) === 0 ? draw(4) : 1_000_000,
    spreadBpsMax: draw(4) === 0 || bps > 65_534n ? 65_535 : Number(bps) + draw(2),
    observersMin: Math.max(0, observers - 1 + (draw(4) === 0 ? 2 : draw(2))),
  }
  const isSigned = draw(2) === 0
  const target = { library: 'FeedGuard', to: harness, abi: libraryHarnessAbi } as const
  const refused = (errorName: string, ...args: bigint[]): Refusal => {
    return { errorName, args: [BigInt(feed), ...args] }
  }
  const name = isSigned ? 'guardedSigned' : 'guarded'
  return reading(target, name, [hub, BigInt(feed), guard], (now) => {
    if (status !== FEED_STATUS.ok) return refused('FeedHalted', BigInt(status))
    const age = now > latest.time ? now - latest.time : 0n
    const ageMax = BigInt(guard.ageSecondsMax)
    if (age > ageMax) return refused('FeedStale', age, ageMax)
    const { observersMin } = guard
    if (observers < observersMin) {
      return refused('FeedThin', BigInt(observers), BigInt(observersMin))
    }
    if (isSigned) return value
    if (value <= 0n) return refused('FeedNotPositive', value)
    const limit = (value * BigInt(guard.spreadBpsMax)) / 10_000n
    return spread > limit ? refused('FeedWide', spread, limit) : [value, spread]
  })
}

/** One report of a tree of any size, read by every function of PullReader. */
function pulls(draw: Draw, { hub, consumer, box, latest }: Readers): readonly Reading[] {
  const { clock } = box
  const feeds = Array.from({ length: 1 + draw(TREE_FEEDS_MAX) }, () => feedOf(draw))
  const keep = 1 + draw(6)
  const chosen = feeds.flatMap((_, feed) => (draw(keep) === 0 ? [feed] : []))
  if (chosen.length === 0) chosen.push(draw(feeds.length))
  const latestRound = Math.floor((Number(latest.time) * 1_000 - clock.genesisMs) / clock.roundMs)
  const backRounds = (draw(OPENING_AGES_SECONDS) * 1_000) / clock.roundMs
  const round = latestRound - Math.floor(backRounds)
  const certificate = box.certify({ round, feeds })
  const committee = firstCommittee(box)
  const report = bytesToHex(encodeReport(keccak_256, { certificate, feeds: chosen, committee }))
  const time = BigInt(Math.floor(certificate.timestampMs / 1_000))
  const ageMax = BigInt(draw(2) === 0 ? draw(OPENING_AGES_SECONDS) : 1_000_000)

  const valueAt = (feed: number, now: bigint): bigint | Refusal => {
    const asked = BigInt(feed)
    if (!chosen.includes(feed)) return { errorName: 'FeedAbsent', args: [asked] }
    const { value, status } = feeds[feed] as FeedReport
    if (status !== FEED_STATUS.ok) return { errorName: 'FeedHalted', args: [asked, status] }
    const isStale = now > time && now - time > ageMax
    return isStale ? { errorName: 'FeedStale', args: [asked, now - time, ageMax] } : value
  }
  const target = { library: 'PullReader', to: consumer, abi: pullConsumerAbi } as const
  const one = draw(feeds.length)
  const many = wanted(draw, chosen, feeds)
  return [
    reading(target, 'read', [hub, BigInt(one), ageMax, report], (now) => {
      const value = valueAt(one, now)
      return typeof value === 'bigint' ? [value, time] : value
    }),
    reading(target, 'readMany', [hub, many.map(BigInt), ageMax, report], (now) => {
      const values: bigint[] = []
      let largest = -1
      for (const feed of many) {
        // Only what ascends is found: the words are passed once.
        const value = feed < largest ? valueAt(-1, now) : valueAt(feed, now)
        if (typeof value !== 'bigint') {
          return feed < largest ? { errorName: 'FeedAbsent', args: [BigInt(feed)] } : value
        }
        largest = feed
        values.push(value)
      }
      return [values, values.length > 0 ? time : 0n]
    }),
    reading({ ...target, library: 'Report' }, 'words', [hub, report], () =>
      chosen.map((feed) => wordOf({ certificate, feeds }, feed)),
    ),
  ]
}

/** Feeds to read together: mostly ones that the report has, that have a value, and that ascend. */
function wanted(
  draw: Draw,
  chosen: readonly number[],
  feeds: readonly FeedReport[],
): readonly number[] {
  const isSound = draw(3) > 0
  const many = chosen.filter(
    (feed) => draw(3) > 0 && (!isSound || feeds[feed]?.status === FEED_STATUS.ok),
  )
  if (isSound) return many
  return draw(2) === 0 ? many.toReversed() : [...many, draw(feeds.length)]
}
