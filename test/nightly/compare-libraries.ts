import type { Hex } from 'viem'
import { encodeFunctionData } from 'viem'
import type { FeedReport } from '../../aggregator/report/feed-report.ts'
import { libraryHarnessAbi, libraryHarnessBytecode } from '../../contracts/abi/library-harness.ts'
import { pullConsumerAbi, pullConsumerBytecode } from '../../contracts/abi/pull-consumer.ts'
import { ok } from '../../contracts/testing/committee-box.ts'
import { type Batch, batchOn, deployCode, type Outcome } from '../support/contracts/batch.ts'
import { startHub, type TestHub } from '../support/contracts/hub.ts'
import { BATCH, type Compared, inBatches, type Span, sayCompared } from './batches.ts'
import { feedOf } from './cases.ts'
import { anyOf, type Draw, drawOf } from './draw.ts'
import { checksOf } from './libraries.ts'
import { type Readers, type Reading, readingsOf } from './readers.ts'
import type { Observed } from './statistics-reference.ts'
import { committeeWithWholeKey } from './whole-key.ts'

export interface LibrariesResult extends Compared {
  readonly seed: number
  /** Of each library, calls that answered and calls that were refused, as both say. */
  readonly calls: Readonly<Record<string, { readonly answered: number; readonly refused: number }>>
}

export interface LibrariesSpan extends Span {
  /** Values of each feed before the first case; beyond 8,192 the history wraps around. */
  readonly values: number
}

/** Feeds 0 and 1 have a history: prices, and values of any sign. Of feed 2 anything may be. */
const FEED_COUNT = 3
const HISTORY_FEEDS = 2
/** Two observations lie one second to two minutes apart. */
const GAP_SECONDS_MAX = 120
/** The first report opens so long after the chain has begun. */
const FIRST_AFTER_MS = 600_000
const TIME: Hex = encodeFunctionData({ abi: libraryHarnessAbi, functionName: 'time' })

/** @returns 0 when both agree on everything, 1 when they do not, 130 when stopped */
export async function libraries(span: LibrariesSpan & { isJson: boolean }): Promise<number> {
  process.stderr.write(`seed ${span.seed}\n`)
  const result = await compareLibraries(span)
  const { done, calls, disagreements, seconds, seed } = result
  const each = Object.entries(calls).map(
    ([library, { answered, refused }]) => `${library} ${answered} + ${refused} refused`,
  )
  const text =
    `${done} cases (${each.join(', ')}), ` +
    `${disagreements.length} disagreements, ${seconds} s, seed ${seed}`
  return sayCompared(result, { ...span, text })
}

/** Asks every library and TypeScript the same. Stops at the first disagreements. */
export async function compareLibraries(span: LibrariesSpan): Promise<LibrariesResult> {
  const { seed, values } = span
  const box = committeeWithWholeKey('libraries')
  const hub = await startHub({ feedCount: FEED_COUNT, historyFeeds: HISTORY_FEEDS, box })
  const counted = new Map<string, { answered: number; refused: number }>()
  try {
    const { chain } = hub
    const [harness, consumer] = [
      await deployCode(chain, { abi: libraryHarnessAbi, bytecode: libraryHarnessBytecode }),
      await deployCode(chain, { abi: pullConsumerAbi, bytecode: pullConsumerBytecode }),
    ]
    const batch = await batchOn(chain)
    const feeder = feederOf(hub, seed)
    const compared = await inBatches(span, async (numbers) => {
      // A report more before every batch: the same case meets the same history.
      const state = await feeder(values + Math.floor((numbers[0] ?? 0) / BATCH))
      const readers = {
        hub: hub.address,
        statistics: hub.statistics,
        harness,
        consumer,
        box,
        ...state,
      }
      const said: string[] = []
      const asked = numbers.flatMap((number) =>
        askedOf(drawOf(`${seed}:${number}`), readers).map((each) => ({ ...each, number })),
      )
      for (const { reading, outcome, answer } of await answersOf(batch, readers, asked)) {
        const count = counted.get(reading.library) ?? { answered: 0, refused: 0 }
        counted.set(reading.library, count)
        count[outcome.isDone ? 'answered' : 'refused'] += 1
        const isEqual = answer === null ? !outcome.isDone : outcome.result === answer
        if (!isEqual) said.push(`case ${reading.number}: ${reading.library} answers otherwise`)
      }
      return said
    })
    return { ...compared, seed, calls: Object.fromEntries(counted) }
  } finally {
    await hub.chain.close()
  }
}

/** A reading whose answer may be any refusal. */
interface Asked extends Omit<Reading, 'answerAt'> {
  readonly answerAt: (now: bigint) => Hex | null
}

function askedOf(draw: Draw, readers: Readers): readonly Asked[] {
  const checks = checksOf(draw).map(({ library, call, answer }) => {
    return { library, to: readers.harness, call, answerAt: () => answer }
  })
  return [...checks, ...readingsOf(draw, readers)]
}

/** What each call gave, beside what it should: the time of the block comes with the same calls. */
async function answersOf<Each extends Asked>(
  batch: Batch,
  { harness, statistics }: Readers,
  asked: readonly Each[],
) {
  const found: { reading: Each; outcome: Outcome; answer: Hex | null }[] = []
  for (const to of new Set(asked.map((reading) => reading.to))) {
    const readings = asked.filter((reading) => reading.to === to)
    const [block] = await batch(harness, [TIME])
    const now = BigInt(block?.result ?? 0)
    // A walk through all of a history takes the gas of a batch for itself.
    const size = to === statistics ? 1 : readings.length
    const outcomes: Outcome[] = []
    while (outcomes.length < readings.length) {
      const next = readings.slice(outcomes.length, outcomes.length + size)
      outcomes.push(
        ...(await batch(
          to,
          next.map(({ call }) => call),
        )),
      )
    }
    readings.forEach((reading, position) => {
      const outcome = outcomes[position] as Outcome
      found.push({ reading, outcome, answer: reading.answerAt(now) })
    })
  }
  return found
}

/** Delivers reports up to a number of them; the same seed gives the same ones. */
function feederOf(hub: TestHub, seed: number) {
  const { genesisMs, roundMs } = hub.box.clock
  const draw = drawOf(`${seed}:history`)
  const history: Observed[][] = Array.from({ length: HISTORY_FEEDS }, () => [])
  let round = hub.roundAt(FIRST_AFTER_MS)
  let price = 1n + anyOf(draw, 40)
  let feeds: readonly FeedReport[] = []
  let count = 0
  return async (wanted: number): Promise<Pick<Readers, 'history' | 'latest'>> => {
    for (; count < wanted; count++) {
      round += ((1 + draw(GAP_SECONDS_MAX)) * 1_000) / roundMs
      // By up to a percent, and at least one.
      price = (price * BigInt(9_900 + draw(201))) / 10_000n + 1n
      const signed = BigInt.asIntN(64, anyOf(draw, 64))
      feeds = [ok(price, price >> 12n), ok(signed, 3n), feedOf(draw)]
      await hub.report(round, feeds)
      const time = BigInt(Math.floor((genesisMs + round * roundMs) / 1_000))
      for (const [feed, value] of [price, signed].entries()) history[feed]?.push({ value, time })
    }
    const time = BigInt(Math.floor((genesisMs + round * roundMs) / 1_000))
    return { history: history.map((each) => [...each]), latest: { time, feeds } }
  }
}
