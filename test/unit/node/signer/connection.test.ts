import { Duplex } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import { serveSigner } from '../../../../node/signer/connection.ts'
import { readAnswer, SIGNER_PROTOCOL, WAITING_MAX } from '../../../../node/signer/wire.ts'

/** The signer's end of a socket, whose other end takes what it is sent only when a test says so. */
class FakeSocket extends Duplex {
  readonly taken: string[] = []
  #take: (() => void) | null = null
  isReading = false

  constructor() {
    super({ writableHighWaterMark: 1_024, decodeStrings: false })
  }

  override _read(): void {}

  override _write(text: string, _encoding: string, done: () => void): void {
    this.#take = () => {
      this.taken.push(text)
      done()
    }
    if (this.isReading) this.startReading()
  }

  /** The other end reads from now on. */
  startReading(): void {
    this.isReading = true
    const take = this.#take
    this.#take = null
    take?.()
  }
}

let socket: FakeSocket
let asked: number
let cuts: string[]
let faults: unknown[]

beforeEach(() => {
  socket = new FakeSocket()
  ;[asked, cuts, faults] = [0, [], []]
  serveSigner(socket, {
    service: {
      answer: async () => {
        asked += 1
        return { type: 'done' }
      },
    },
    onCut: (code) => cuts.push(code),
    onFault: (error) => faults.push(error),
  })
})

const request = (id: number) => `${JSON.stringify({ id, request: { type: 'status' } })}\n`

/** Sends requests one by one, each in a turn of its own. */
async function send(count: number): Promise<void> {
  for (let id = 0; id < count; id++) {
    socket.push(request(id))
    await turn()
  }
}

describe('a node that does not read its answers', () => {
  test('is not read any more once its answers fill the socket, however much it asks', async () => {
    await send(400)
    const [first] = [asked]
    // What fits into 1,024 bytes, and the one that filled them.
    expect(first).toBeLessThan(40)
    await send(400)
    expect(asked).toBe(first)
    expect(socket.destroyed).toBe(false)
  })

  test('gets every answer when it reads again', async () => {
    await send(WAITING_MAX)
    socket.startReading()
    while (socket.taken.length < WAITING_MAX && !socket.destroyed) await turn()
    const ids = socket.taken.flatMap((text) => text.trim().split('\n')).map(readAnswer)
    expect(ids.map(({ id }) => id)).toEqual(Array.from({ length: WAITING_MAX }, (_, id) => id))
    expect(cuts).toEqual([])
  })
})

describe('a connection is cut', () => {
  test('when it asks for more at once than may wait', async () => {
    socket.startReading()
    socket.push(Array.from({ length: WAITING_MAX + 1 }, (_, id) => request(id)).join(''))
    await turn()
    expect([cuts, socket.destroyed]).toEqual([['SIGNER_CROWDED'], true])
  })

  test.each([
    ['what is no request', '{"id":0,"request":{"type":"export"}}\n'],
    ['another protocol', `{"id":0,"request":{"type":"hello","protocol":${SIGNER_PROTOCOL + 1}}}\n`],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00, 0x0a])],
    ['a line without end', 'x'.repeat(200_000)],
  ])('by %s', async (_, sent) => {
    socket.startReading()
    socket.push(sent)
    await turn()
    expect([cuts, socket.destroyed]).toEqual([['SIGNER_MESSAGE_INVALID'], true])
    expect([asked, faults]).toEqual([0, []])
  })
})
