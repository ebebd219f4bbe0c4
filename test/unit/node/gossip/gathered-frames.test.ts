import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { gatherFrames } from '../../../../node/gossip/gathered-frames.ts'

const GO_AWAY = 3

/** A multiplexer and its connection that remember what they were given. */
class Wire {
  readonly sent: number[][] = []
  readonly aborted: string[] = []
  isFull = false
  isClosed = false
  readonly muxer = {
    send: (bytes: { readonly subarray: () => Uint8Array }): boolean => {
      if (this.isClosed) throw new Error('closed')
      this.sent.push([...bytes.subarray()])
      return !this.isFull
    },
  }

  constructor() {
    const abort = ({ message }: Error) => this.aborted.push(message)
    expect(gatherFrames(this.muxer, { abort })).toBe(true)
  }

  frame(type: number, mark: number, bytes = 4): boolean {
    const frame = new Uint8Array(bytes)
    frame.set([0, type, 0, mark])
    return this.muxer.send(frame)
  }
}

describe('frames of one turn (ADR 0090)', () => {
  it('leave together and in order; those of the next turn by themselves', async () => {
    const wire = new Wire()
    for (const mark of [1, 2, 3]) wire.frame(0, mark)
    await Promise.resolve()
    wire.frame(0, 4)
    expect(wire.sent).toEqual([])
    await nextTurn()
    wire.frame(0, 5)
    await nextTurn()
    expect(wire.sent).toEqual([
      [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4],
      [0, 0, 0, 5],
    ])
  })

  it('go out before a goodbye ends, since the connection may close behind it', () => {
    const wire = new Wire()
    wire.frame(0, 1)
    wire.frame(GO_AWAY, 2)
    expect(wire.sent).toEqual([[0, 0, 0, 1, 0, GO_AWAY, 0, 2]])
  })

  it('are handed on at once when they are many, and then back-pressure is told', () => {
    const wire = new Wire()
    wire.isFull = true
    expect(wire.frame(0, 1, 10_000)).toBe(true)
    expect(wire.frame(0, 2, 10_000)).toBe(false)
    expect(wire.sent.map(({ length }) => length)).toEqual([20_000])
  })

  it('that a closed connection does not take end it, and nothing else', async () => {
    const wire = new Wire()
    wire.frame(0, 1)
    wire.isClosed = true
    await nextTurn()
    expect(wire.aborted).toEqual(['closed'])
  })

  it('of a multiplexer that is not known are refused', () => {
    expect(gatherFrames({}, { abort: () => undefined })).toBe(false)
  })
})
