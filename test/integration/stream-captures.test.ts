import { afterEach, describe, expect, test } from 'vitest'
import { guardedLookup } from '../../node/sources/agent.ts'
import { STREAM_DEFAULTS } from '../../node/sources/defaults.ts'
import { frameWeight, StreamConnection } from '../../node/sources/stream-connection.ts'
import { openStreamSocket } from '../../node/sources/stream-socket.ts'
import type { StreamAnswer } from '../../node/sources/venue.ts'
import { CAPTURES, framesOf, hasRecordings, NO_RECORDINGS } from '../support/recordings.ts'
import { startReplay } from '../support/streams/replay-server.ts'

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of open.splice(0).toReversed()) await stop()
})

describe('recordings of the real venues, over a real connection', () => {
  if (!hasRecordings) {
    test('are replayed where the recordings are', (context) => {
      context.skip(NO_RECORDINGS)
    })
    return
  }

  test.each(CAPTURES.map((capture) => [capture.venue.name, capture] as const))(
    '%s: every quote arrives, within the bounds of a node',
    async (_, { venue, file, markets, quotes }) => {
      const { stream } = venue
      if (stream === null) throw new Error(`${venue.name} is only polled`)
      // Books of thousands of levels belong to channels to which a node does not subscribe.
      const texts = framesOf(file)
        .map(({ text }) => text)
        .filter((text) => text.length < STREAM_DEFAULTS.frameBytesMax)
      const frames = texts.map((text) => ({ afterMs: 0, text }))
      // Everything comes at once here: what is long counts more than once, and nothing refills.
      const weight = texts.reduce((sum, text) => sum + frameWeight(text), 0)
      const server = await startReplay([{ path: '/', frames }])
      open.push(server.stop)
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const answers: StreamAnswer[] = []
      let seen = 0
      const connection = new StreamConnection(
        {
          venue: venue.name,
          stream,
          markets: markets.map((market) => ({ market, symbol: venue.symbolOf(market) })),
          limits: { timeoutMs: 5_000, streamIdleMs: 5_000, framesPerSecondMax: weight },
        },
        {
          nowMs: Date.now,
          open: (listener) =>
            openStreamSocket(
              {
                url: new URL(server.url),
                timeoutMs: 5_000,
                frameBytesMax: STREAM_DEFAULTS.frameBytesMax,
                packing: null,
                pins: {},
                lookup: guardedLookup('local', async () => []),
                nowMs: Date.now,
              },
              listener,
            ),
          onFrame: () => {
            seen += 1
            if (seen === texts.length) setImmediate(resolve)
          },
          onAnswers: (_connection, said) => answers.push(...said),
          onRefused: reject,
          onEnd: (_connection, error) => reject(error),
        },
      )
      open.push(() => connection.end())
      await promise
      expect(answers.filter(({ type }) => type === 'quoted')).toHaveLength(quotes)
    },
  )
})
