import { setTimeout as delay } from 'node:timers/promises'
import { request } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decodeWord } from '../../aggregator/report/words.ts'
import { fromHex } from '../../aggregator/values/bytes.ts'
import { parseDecimal } from '../../aggregator/values/decimal.ts'
import type { VenueView } from '../../node/api/view.ts'
import { beginIncidents } from '../../node/devnet/incidents.ts'
import { MARKET_VENUES } from '../../node/devnet/market/model.ts'
import { type LocalNetwork, startNetwork, waitUntilReady } from '../../node/devnet/network.ts'
import { parseDevnetOptions } from '../../node/devnet/options.ts'
import type { CertificateAnswer } from '../../node/gateway/schema.ts'

/** Offsets of the scripted spike from where the script begins, with room on both sides. */
const SPIKE = { fromMs: 4_000, untilMs: 16_000 }
/**
 * A quote may be this old when it is used: a venue that fell silent counts for six seconds, from
 * when a node that stood still for a while took its last word.
 */
const QUOTE_AGE_MS = 10_000
/** Of the 24 rounds of the spike: enough to see it, and fewer than an idle machine certifies. */
const ROUNDS_SEEN_MIN = 5

let network: LocalNetwork
const controller = new AbortController()

beforeAll(async () => {
  const options = parseDevnetOptions(['--rounds', '60'])
  if (options === null) throw new Error('these options ask for no help')
  const { signal } = controller
  network = await startNetwork({ options, signal, say: () => undefined })
  await waitUntilReady(network, signal)
})

afterAll(async () => {
  controller.abort()
  await network.stop('remove')
})

async function market<T>(path: string): Promise<T> {
  const { body } = await request(`${network.marketUrl}/control/${path}`)
  return (await body.json()) as T
}

/** Every certificate of the spike, as some oracle serves it. */
async function certificatesUntil(endMs: number): Promise<CertificateAnswer[]> {
  const seen = new Map<number, CertificateAnswer>()
  while (Date.now() < endMs) {
    for (const { client } of network.nodes) {
      for (const { round, path } of (await client.rounds()) ?? []) {
        if (path === 'open' || path === 'skipped' || seen.has(round)) continue
        const certificate = await client.certificate(round)
        if (certificate !== null) seen.set(round, certificate)
      }
    }
    await delay(1_000)
  }
  return [...seen.values()]
}

test('every oracle takes every venue by its stream', async () => {
  const streamsOf = async (port: number) => {
    const { body } = await request(`http://127.0.0.1:${port}/v1/venues`)
    const venues = (await body.json()) as readonly VenueView[]
    const spot = venues.flatMap(({ venue, stream }) => (stream === null ? [] : { venue, stream }))
    return spot.map(({ venue, stream }) => `${venue} ${stream.state} ${stream.code}`).sort()
  }
  const all = MARKET_VENUES.map((venue) => `${venue} open ok`).sort()
  for (const { files } of network.nodes) {
    await expect.poll(() => streamsOf(files.apiPort)).toEqual(all)
  }
})

test('while one venue shows 20 % too much the committee stays within the honest range', async () => {
  const beganMs = (await beginIncidents(network)) ?? Number.NaN
  const certificates = await certificatesUntil(beganMs + SPIKE.untilMs)
  const during = certificates.filter(
    ({ timestampMs }) =>
      timestampMs >= beganMs + SPIKE.fromMs && timestampMs <= beganMs + SPIKE.untilMs,
  )
  expect(during.length).toBeGreaterThanOrEqual(ROUNDS_SEEN_MIN)
  for (const { words, timestampMs, round } of during) {
    for (const [index, feed] of network.committee.params.feeds.entries()) {
      // Derived feeds have no venue of their own: what they are computed from is checked here.
      if (feed.kind !== 'spot') continue
      const report = decodeWord(fromHex(words[index] ?? ''))
      const fromMs = timestampMs - QUOTE_AGE_MS
      const query = `market=${feed.name}&fromMs=${fromMs}&untilMs=${timestampMs}`
      const range = await market<{ min: string; max: string }>(`range?${query}`)
      const bound = (text: string) => {
        const parsed = parseDecimal(text, { decimals: feed.decimals, rounding: 'nearest' })
        return parsed.type === 'parsed' ? parsed.value : 0n
      }
      const where = `${feed.name} of round ${round}`
      expect(report?.value, where).toBeGreaterThanOrEqual(bound(range.min))
      expect(report?.value, where).toBeLessThanOrEqual(bound(range.max))
    }
  }
})
