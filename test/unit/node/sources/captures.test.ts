import { describe, expect, test } from 'vitest'
import { readJson } from '../../../../node/sources/json.ts'
import type { StreamAnswer } from '../../../../node/sources/venue.ts'
import { CAPTURES, framesOf, hasRecordings, NO_RECORDINGS } from '../../../support/recordings.ts'

function checkQuote(answer: StreamAnswer, receivedMs: number): void {
  if (answer.type === 'refused') throw new Error(`${answer.market} refused: ${answer.code}`)
  const { bid = null, ask = null, last = null, venueMs = null } = answer.quote
  expect(bid !== null || last !== null).toBe(true)
  if (bid !== null && ask !== null) expect(bid <= ask).toBe(true)
  // An hour: a first ticker may hold a trade that is a while old.
  if (venueMs !== null) expect(Math.abs(venueMs - receivedMs)).toBeLessThan(3_600_000)
}

describe('streams as the venues really sent them', () => {
  if (!hasRecordings) {
    test('are checked where the recordings are', (context) => {
      context.skip(NO_RECORDINGS)
    })
    return
  }

  test.each(CAPTURES.map((capture) => [capture.venue.name, capture] as const))(
    '%s: every frame is understood',
    (_, { venue, file, markets, quotes }) => {
      const { stream } = venue
      if (stream === null) throw new Error(`${venue.name} is only polled`)
      const asked = markets.map((market) => ({ market, symbol: venue.symbolOf(market) }))
      const frames = framesOf(file)
      const read = stream.reader()
      expect(frames.length).toBeGreaterThan(100)
      let answered = 0
      for (const { receivedMs, text } of frames) {
        // Books of a thousand levels are beyond the bounds of a ticker.
        const limits = { depthMax: 16, valuesMax: 200_000, stringLengthMax: 16_384 }
        const event = read(readJson(text, limits), asked)
        expect(['answers', 'heartbeat', 'ignored', 'reconnect']).toContain(event.type)
        if (event.type !== 'answers') continue
        for (const answer of event.answers) checkQuote(answer, receivedMs)
        answered += event.answers.length
      }
      expect(answered).toBe(quotes)
    },
  )
})
