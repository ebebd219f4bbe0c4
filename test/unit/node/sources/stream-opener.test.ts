import { describe, expect, test } from 'vitest'
import { OracleError } from '../../../../node/errors.ts'
import { openTicketed } from '../../../../node/sources/stream-opener.ts'
import { FakeSocket } from '../../../support/fake-streams.ts'

/** A connection whose ticket the test gives. */
function asking() {
  const { promise, resolve, reject } = Promise.withResolvers<URL>()
  const opened: string[] = []
  const ends: string[] = []
  const asks: AbortSignal[] = []
  const sockets: FakeSocket[] = []
  const socket = openTicketed(
    (signal) => {
      asks.push(signal)
      return promise
    },
    (url, listener) => {
      opened.push(url.href)
      const made = new FakeSocket(listener)
      sockets.push(made)
      return made
    },
    {
      onOpen: () => undefined,
      mayUnpack: () => true,
      onText: () => undefined,
      onBeat: () => undefined,
      onEnd: ({ code }) => void ends.push(code),
    },
  )
  const settled = () => promise.then(undefined, () => undefined).then(() => undefined)
  return { socket, sockets, opened, ends, asks, resolve, reject, settled }
}

const ADDRESS = new URL('wss://stream.example/?token=x')

describe('a connection that needs a ticket', () => {
  test('is made where the ticket says, and then is like any other', async () => {
    const { socket, sockets, opened, resolve, settled } = asking()
    socket.send('too early')
    resolve(ADDRESS)
    await settled()
    expect(opened).toEqual([ADDRESS.href])
    socket.send('subscribe')
    expect(sockets[0]?.sent).toEqual(['subscribe'])
    socket.end()
    expect(sockets[0]?.isEnded).toBe(true)
  })

  test('given up while it asks, is never made, though the ticket comes', async () => {
    const { socket, opened, asks, resolve, settled } = asking()
    socket.end()
    expect(asks[0]?.aborted).toBe(true)
    resolve(ADDRESS)
    await settled()
    expect(opened).toEqual([])
  })

  test('without a ticket ends with its reason, unless it was given up', async () => {
    const refusal = new OracleError('SOURCE_REFUSED', 'no tickets today')
    const refused = asking()
    refused.reject(refusal)
    await refused.settled()
    expect(refused.ends).toEqual(['SOURCE_REFUSED'])
    const left = asking()
    left.socket.end()
    left.reject(refusal)
    await left.settled()
    expect(left.ends).toEqual([])
  })
})
