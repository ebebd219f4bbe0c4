import { beforeEach, describe, expect, test } from 'vitest'
import { Answers } from '../../../../node/gateway/answers.ts'
import { Shelf } from '../../../../node/gateway/shelf.ts'
import { type Sink, Streams } from '../../../../node/gateway/streams.ts'
import { certifier, valuesAt } from '../../../support/certificates.ts'

const committee = certifier()
const certificates = [1, 2, 3, 4].map((round) => committee.certify(round, valuesAt(round, 1)))
const [one, two, three, four] = certificates

/** A connection that takes so many certificates before it is full. */
class FakeSink implements Sink {
  readonly rounds: number[] = []
  beats = 0
  ended = false
  room: number

  constructor(room = Number.POSITIVE_INFINITY) {
    this.room = room
  }

  send(_text: string, round: number): boolean {
    this.rounds.push(round)
    this.room -= 1
    return this.room > 0
  }

  beat(): void {
    this.beats += 1
  }

  end(): void {
    this.ended = true
  }
}

let nowMs: number
let shelf: Shelf
let streams: Streams
let stalls: number

beforeEach(() => {
  nowMs = 0
  stalls = 0
  shelf = new Shelf({ certificatesMax: 8 })
  streams = new Streams(
    {
      readersMax: 4,
      readersPerAddressMax: 2,
      choicesMax: 2,
      stallMsMax: 10_000,
      heartbeatMs: 5_000,
    },
    {
      ...{ certificates: shelf, answers: new Answers(committee.context, () => 1) },
      nowMs: () => nowMs,
      onStalled: () => (stalls += 1),
    },
  )
  streams.start()
})

function add(...some: typeof certificates): void {
  for (const certificate of some) shelf.add(certificate)
}

function open(sink: Sink, address = 'a', feeds: readonly number[] = [0]) {
  const opened = streams.open({ address, feeds, sink })
  if (opened.type === 'refused') throw new Error(opened.code)
  return opened.reader
}

describe('a reader', () => {
  test('gets the newest at once and then each newer one, never an older one', () => {
    const sink = new FakeSink()
    add(...[two].filter((each) => each !== undefined))
    open(sink)
    add(...[one, three, four].filter((each) => each !== undefined))
    expect(sink.rounds).toEqual([2, 3, 4])
  })

  test('that is slow gets the newest when it takes more again, and nothing is queued', () => {
    const [slow, quick] = [new FakeSink(1), new FakeSink()]
    const reader = open(slow)
    open(quick, 'b')
    add(...certificates)
    expect(slow.rounds).toEqual([1])
    expect(quick.rounds).toEqual([1, 2, 3, 4])
    slow.room = 1
    reader.drained()
    expect(slow.rounds).toEqual([1, 4])
    expect(streams.counters()).toMatchObject({ leftOut: 2, sent: 6 })
  })

  test('that takes nothing for too long is ended, and only that one', () => {
    const [stalled, idle] = [new FakeSink(1), new FakeSink()]
    open(stalled)
    open(idle, 'b')
    add(...certificates)
    nowMs = 10_000
    streams.look()
    expect([stalled.ended, idle.ended]).toEqual([false, false])
    nowMs = 10_001
    streams.look()
    expect([stalled.ended, idle.ended]).toEqual([true, false])
    expect(streams.counters()).toMatchObject({ readers: 1 })
    expect(stalls).toBe(1)
  })

  test('that hears nothing for a while gets a sign of life, unless it is full', () => {
    const [idle, full] = [new FakeSink(), new FakeSink(1)]
    open(idle)
    add(...certificates)
    open(full, 'b')
    nowMs = 5_000
    streams.look()
    streams.look()
    expect([idle.beats, full.beats]).toEqual([1, 0])
  })

  test('that leaves gives its place back', () => {
    const reader = open(new FakeSink())
    open(new FakeSink())
    expect(() => open(new FakeSink())).toThrow('STREAMS_TOO_MANY')
    reader.closed()
    expect(() => open(new FakeSink())).not.toThrow()
  })
})

describe('limits', () => {
  test('refuse readers beyond the total, and choices of feeds beyond theirs', () => {
    for (const address of ['a', 'b', 'c', 'd']) open(new FakeSink(), address)
    expect(() => open(new FakeSink(), 'e')).toThrow('STREAMS_TOO_MANY')
    streams.stop()
    open(new FakeSink(), 'a', [])
    open(new FakeSink(), 'b', [0])
    expect(() => open(new FakeSink(), 'c', [1])).toThrow('STREAMS_TOO_MANY')
    expect(() => open(new FakeSink(), 'c', [0])).not.toThrow()
  })

  test('cost each reader that comes the same, however many are there', () => {
    let joined = 0
    class Feeds extends Array<number> {
      override join(): string {
        joined += 1
        return super.join()
      }
    }
    for (const address of ['a', 'b', 'c', 'd']) open(new FakeSink(), address, Feeds.of(0))
    expect(joined).toBe(4)
  })

  test('the end of the streams ends every reader', () => {
    const sinks = [new FakeSink(), new FakeSink(1)]
    for (const sink of sinks) open(sink)
    streams.stop()
    expect(sinks.map(({ ended }) => ended)).toEqual([true, true])
    expect(streams.counters().readers).toBe(0)
  })
})
