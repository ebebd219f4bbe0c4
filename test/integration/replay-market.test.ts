import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FeedParams } from '../../aggregator/committee/params.ts'
import { toHex } from '../../aggregator/values/bytes.ts'
import type { Fault } from '../../node/devnet/market/faults.ts'
import { FAULTS } from '../../node/devnet/market/faults.ts'
import { MARKET_VENUES } from '../../node/devnet/market/model.ts'
import type { MarketServer } from '../../node/devnet/market/server.ts'
import { startMarketServer } from '../../node/devnet/market/server.ts'
import { askedAsWritten } from '../../node/recording/asked.ts'
import type { Entry } from '../../node/recording/entry.ts'
import type { Recording } from '../../node/recording/reader.ts'
import { readRecording } from '../../node/recording/reader.ts'
import { replaySources } from '../../node/recording/replay-config.ts'
import { type ReplayServer, startReplay } from '../../node/recording/replay-server.ts'
import { recordingTap } from '../../node/recording/tap.ts'
import { RecordingWriter } from '../../node/recording/writer.ts'
import { sourcesConfigSchema } from '../../node/sources/config.ts'
import { Folder } from '../support/recording.ts'
import { isRead } from '../support/sockets.ts'
import { DrivenEngine, FEEDS, IMPLIED, SteppedTime, venuesAt } from '../support/venues.ts'

const START_MS = 1_760_000_000_000
/** A month later the recording is played: a node would take nothing of it for new. */
const LATER_MS = 30 * 86_400_000

let folder: Folder
let open: { stop: () => Promise<void> }[]
beforeEach(async () => {
  folder = await Folder.create()
  open = []
})
afterEach(async () => {
  for (const each of open.toReversed()) await each.stop()
  await folder[Symbol.asyncDispose]()
})

const turn = () => new Promise(setImmediate)

interface Recorder {
  readonly market: MarketServer
  readonly driven: DrivenEngine
  readonly time: SteppedTime
  readonly saved: () => Promise<Recording>
}

/** A node's engine against a market, with all of its traffic going into a file. */
async function recorder(options: {
  readonly market?: Partial<Parameters<typeof startMarketServer>[0]>
  readonly impatient?: Parameters<typeof venuesAt>[1]
  readonly streamed?: Parameters<typeof venuesAt>[2]
  readonly feeds?: readonly FeedParams[]
}): Promise<Recorder> {
  const { impatient = {}, streamed = [], feeds = FEEDS } = options
  const time = new SteppedTime(START_MS)
  const market = await startMarketServer({ seed: 1, nowMs: time.nowMs, ...options.market })
  const asked = askedAsWritten(venuesAt(market, impatient, streamed), feeds)
  const header = { startedMs: START_MS, ...asked }
  const writer = await RecordingWriter.create(folder.at('recording'), header, 64_000_000)
  const note = (entry: Entry) => writer.append(entry)
  const tap = recordingTap({ nowMs: time.nowMs, usedWeightOf: () => null, note })
  const driven = new DrivenEngine({ config: asked.sources, feeds, tap }, time)
  open.push(market, driven.engine)
  const saved = async () => {
    await writer.close()
    return await readRecording(folder.at('recording'))
  }
  return { market, driven, time, saved }
}

interface Player {
  readonly server: ReplayServer
  readonly driven: DrivenEngine
  readonly time: SteppedTime
}

/** Another node's engine, much later, against what was recorded. */
async function player(recording: Recording): Promise<Player> {
  const time = new SteppedTime(START_MS + LATER_MS)
  const nowMs = () => time.nowMs() - LATER_MS
  const server = await startReplay({ recording, nowMs, speed: null, port: 0 })
  const { header } = recording
  const sources = replaySources(header, { url: server.url, clockOffsetMs: -LATER_MS })
  const config = sourcesConfigSchema.parse(sources)
  const driven = new DrivenEngine({ config, feeds: header.feeds }, time)
  open.push(server, driven.engine)
  return { server, driven, time }
}

/** All that a node makes of its venues at this moment, down to the commitment to their quotes. */
function seen({ driven, time }: Pick<Player, 'driven' | 'time'>) {
  const nowMs = time.nowMs()
  // A node samples by the time of its sources, as `startNode` puts it together.
  const sample = driven.engine.sampleFeeds(nowMs - (nowMs < START_MS + LATER_MS ? 0 : LATER_MS))
  return {
    values: sample.values.map(String),
    verdicts: sample.feeds.map(({ reason, venues }) => [reason, venues.map(({ code }) => code)]),
    commitment: toHex(sample.sourceCommitment),
  }
}

/** Deribit allows no faster pace. */
const ROUND_MS = 2_500

describe('a recorded market, a month later', () => {
  test('gives a node the same values, verdicts and commitments, poll by poll', async () => {
    const incidents = [
      { kind: 'spike', venue: 'okx', fromMs: 10_000, untilMs: 30_000, bps: 2_000 },
      { kind: 'silent', venue: 'bitstamp', fromMs: 20_000, untilMs: 40_000 },
    ] as const
    const here = await recorder({
      market: { incidents },
      impatient: { bitstamp: 200 },
      feeds: [...FEEDS, IMPLIED],
    })
    const before = await watched(here, 20)
    expect(new Set(before.flatMap(({ values }) => values)).size).toBeGreaterThan(60)
    expect(JSON.stringify(before)).toContain('QUARANTINED')
    expect(JSON.stringify(before)).toContain('VENUE_SILENT')
    const there = await player(await here.saved())
    expect(await watched(there, 20)).toEqual(before)
    expect(there.driven.codes).toEqual(here.driven.codes)
  })

  test('fails as it failed, in every way in which a venue can', async () => {
    const here = await recorder({ impatient: { kraken: 400 } })
    // A venue that blocks us is left alone for a minute; those come last.
    const last: readonly Fault[] = ['rate-limited', 'forbidden', 'region-blocked']
    const faults = [...FAULTS.filter((fault) => !last.includes(fault)), ...last]
    const before = []
    await here.driven.engine.start()
    for (const fault of faults) {
      here.market.setFault('kraken', fault)
      await here.driven.round(65_000)
      before.push(seen(here))
      here.market.setFault('kraken', null)
      await here.driven.round(65_000)
      before.push(seen(here))
    }
    const codes = here.driven.codes.get('kraken') ?? []
    expect(new Set(codes).size).toBeGreaterThan(10)
    const there = await player(await here.saved())
    expect(await watched(there, before.length, 65_000)).toEqual(before)
    expect(there.driven.codes).toEqual(here.driven.codes)
  })

  test('streams as it streamed, frame by frame', async () => {
    const here = await recorder({
      market: { streamsPush: 'when-told' },
      streamed: MARKET_VENUES,
    })
    const { market } = here
    const before = await streamed(here, {
      steps: 20,
      connected: async () => undefined,
      passed: () => undefined,
      say: async () => {
        market.streams.push()
        const sockets = MARKET_VENUES.flatMap((venue) => market.streams.clientsOf(venue))
        await Promise.all(sockets.map(isRead))
      },
      heard: framesOf(here.driven, ACKNOWLEDGED),
    })
    expect(before.at(-1)?.transports).toEqual(Array(5).fill('stream'))
    const there = await player(await here.saved())
    const { server, driven } = there
    const after = await streamed(there, {
      connected: async () => {
        while (server.counts().listeners < 5) await turn()
      },
      passed: () => server.happen(),
      steps: 20,
      say: async (step) => {
        server.happen()
        await framesOf(driven, before[step]?.frames ?? [])()
      },
      heard: framesOf(driven, ACKNOWLEDGED),
    })
    expect(after).toEqual(before)
  })
})

/** What a node makes of each of so many polls. */
async function watched(here: Pick<Player, 'driven' | 'time'>, polls: number, ms = ROUND_MS) {
  await here.driven.engine.start()
  const all = []
  for (let poll = 0; poll < polls; poll++) {
    await here.driven.round(ms)
    all.push(seen(here))
  }
  return all
}

/** What venues answer to the subscriptions of a node with the default feeds, in their order. */
const ACKNOWLEDGED = [1, 1, 4, 8, 3]

/** Waits until the venues' streams have said so much. */
function framesOf(driven: DrivenEngine, frames: readonly number[]): () => Promise<void> {
  return async () => {
    const said = () => driven.engine.venues().map(({ stream }) => stream?.frames ?? 0)
    while (!frames.every((count, index) => (said()[index] ?? 0) >= count)) await turn()
  }
}

interface Streaming {
  readonly steps: number
  readonly connected: () => Promise<void>
  /** Time has passed. */
  readonly passed: () => void
  /** Until the subscriptions are answered. */
  readonly heard: () => Promise<void>
  /** Sends what a step has, until it was read. */
  readonly say: (step: number) => Promise<void>
}

/** What a node that streams makes of each half second. */
async function streamed(
  here: Pick<Player, 'driven' | 'time'>,
  { steps, connected, passed, heard, say }: Streaming,
) {
  const { driven, time } = here
  await driven.engine.start()
  await connected()
  for (const venue of MARKET_VENUES) {
    time.advance(1)
    passed()
    await driven.polled(venue, 1)
  }
  await heard()
  const all = []
  for (let step = 0; step < steps; step++) {
    time.advance(450)
    await turn()
    await say(step)
    time.advance(50)
    await turn()
    const venues = driven.engine.venues()
    all.push({
      ...seen(here),
      transports: venues.map(({ transport }) => transport),
      frames: venues.map(({ stream }) => stream?.frames ?? 0),
    })
  }
  return all
}
