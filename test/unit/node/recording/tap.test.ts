import { Dispatcher } from 'undici'
import { expect, test } from 'vitest'
import type { Entry } from '../../../../node/recording/entry.ts'
import { recordingTap } from '../../../../node/recording/tap.ts'

/** Says at once that it has answered. */
class AnsweringDispatcher extends Dispatcher {
  override dispatch(_: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    handler.onResponseEnd?.(null as never, {})
    return true
  }
}

test.each([
  ['/v1/ticker', '/ticker'],
  ['/v1/mirror/ticker', '/ticker'],
  ['/v1/mirrored', '/mirrored'],
  ['/ticker', '/ticker'],
])('of two base URLs at one origin, the one that was asked is left out of %s', (path, expected) => {
  const entries: Entry[] = []
  const note = (entry: Entry) => void entries.push(entry)
  const tap = recordingTap({ nowMs: () => 0, usedWeightOf: () => null, note })
  const origin = 'https://a.example'
  const baseUrls = [`${origin}/v1`, `${origin}/v1/mirror/`]
  const dispatcher = tap.polls('okx', { dispatcher: new AnsweringDispatcher(), baseUrls })
  dispatcher.dispatch({ origin, path, method: 'GET' }, {})
  expect(entries).toMatchObject([{ type: 'answer', path: expected }])
})
