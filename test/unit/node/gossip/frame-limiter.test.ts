import { describe, expect, it } from 'vitest'
import {
  type FrameAllowance,
  FrameLimiter,
  frameAllowanceFor,
  publicFrameAllowanceFor,
} from '../../../../node/gossip/frame-limiter.ts'
import { messagesPerRound } from '../../../../node/gossip/limiter.ts'
import { rpcBody } from '../../../attack/rpc.ts'

const topic = 'topic'
const message = rpcBody({ topic, messages: [new Uint8Array(1)] })
const unwanted = rpcBody({ topic, unwanted: [new Uint8Array(1)] })
const mesh = rpcBody({ topic, subscribe: ['a', 'b'], grafts: 2, prunes: 2 })

/** One frame that tells of so many messages and asks for as many. */
function lists(count: number): Uint8Array {
  const ids = Array.from({ length: count }, () => new Uint8Array(1))
  return rpcBody({ topic, have: ids, want: ids })
}

const COMMITTEES = [4, 7, 16, 31].flatMap((members) =>
  [100, 500, 1_000, 60_000].map((roundMs) => ({ members, roundMs })),
)

/** The most that the rules let peers send: in each round and heartbeat all of it at once. */
class Busiest {
  nowMs = 0
  readonly limiter: FrameLimiter
  readonly refused = new Set<string>()
  /** Of each peer. */
  readonly #perRound: number
  /** How many share the account. */
  readonly #peers: number
  /** How often each of the last rounds is told of still. */
  #told: number[] = []
  readonly #lists = new Map<number, Uint8Array>()

  constructor(allowance: FrameAllowance, of: { readonly perRound: number; peers?: number }) {
    this.limiter = new FrameLimiter(allowance, { nowMs: () => this.nowMs })
    this.#perRound = of.perRound
    this.#peers = of.peers ?? 1
  }

  /** Lives for some rounds and heartbeats at the least. */
  live(roundMs: number): void {
    const untilMs = Math.max(8 * roundMs, 15_000)
    for (; this.nowMs <= untilMs; this.nowMs += 100) {
      if (this.nowMs % roundMs === 0) this.round()
      if (this.nowMs % 1_000 === 0) this.heartbeat()
    }
  }

  round(): void {
    this.#told.push(3)
    for (let count = 0; count < this.#peers * this.#perRound; count++) {
      this.#send(unwanted)
      // Once by itself, and three times to who asks.
      for (let copy = 0; copy < 4; copy++) this.#send(message)
    }
  }

  heartbeat(): void {
    const count = this.#told.length * this.#perRound
    const frame = this.#lists.get(count) ?? lists(count)
    this.#lists.set(count, frame)
    for (let peer = 0; peer < this.#peers; peer++) {
      this.#send(mesh)
      this.#send(frame)
    }
    this.#told = this.#told.map((times) => times - 1).filter((times) => times > 0)
  }

  #send(frame: Uint8Array): void {
    const admission = this.limiter.admit(1, frame)
    if (admission !== 'pass') this.refused.add(admission)
  }
}

const busiestMember = (committee: { readonly members: number; readonly roundMs: number }) =>
  new Busiest(frameAllowanceFor(committee), { perRound: messagesPerRound(committee) })

describe('what frames of a remote host may hold at the public port (ADR 0105)', () => {
  const hostOf = (roundMs: number) => ({ peers: 16, messagesPerRound: 4, roundMs, hostsMax: 2 })

  it.each([100, 500, 1_000, 60_000])('is all that 16 peers may send: %i ms', (roundMs) => {
    const allowance = publicFrameAllowanceFor(hostOf(roundMs))
    const busiest = new Busiest(allowance, { perRound: 4, peers: 16 })
    busiest.live(roundMs)
    expect([...busiest.refused]).toEqual([])
  })

  it('is sized for two rounds a second, and of hosts the oldest is forgotten', () => {
    const allowance = publicFrameAllowanceFor(hostOf(500))
    expect(allowance.items).toMatchObject({ burst: 2_048, perSecond: 1_024, surplusMax: 256 })
    expect(allowance.ids).toMatchObject({ burst: 1_664, perSecond: 1_152, surplusMax: 208 })
    const limiter = new FrameLimiter<string>(allowance, { nowMs: () => 0 })
    for (let count = 0; count < allowance.items.burst; count++) limiter.admit('a', message)
    expect(limiter.admit('a', message)).toBe('drop')
    for (const host of ['b', 'c']) expect(limiter.admit(host, message)).toBe('pass')
    expect(limiter.admit('a', message)).toBe('pass')
  })
})

describe('what frames of a member may hold (ADR 0105)', () => {
  it.each(COMMITTEES)('is all that the rules let it send: $members, $roundMs ms', (committee) => {
    const { roundMs } = committee
    const busiest = busiestMember(committee)
    busiest.live(roundMs)
    expect([...busiest.refused]).toEqual([])
  })

  it.each(COMMITTEES)('may come at once after a while: $members, $roundMs ms', (committee) => {
    const busiest = busiestMember(committee)
    for (let round = 0; round < 4; round++) busiest.round()
    expect([...busiest.refused]).toEqual([])
  })

  it('ends soon after: an eighth of what may come at once is dropped, then it is cut', () => {
    const { items } = frameAllowanceFor({ members: 4, roundMs: 500 })
    const limiter = new FrameLimiter(frameAllowanceFor({ members: 4, roundMs: 500 }), {
      nowMs: () => 0,
    })
    const said = Array.from({ length: 4_000 }, () => limiter.admit(1, message))
    expect(said.indexOf('drop')).toBe(items.burst)
    expect(said.indexOf('cut')).toBe(items.burst + items.burst / 8 - 1)
  })

  it('is sized for four members at two rounds a second', () => {
    const { items, ids } = frameAllowanceFor({ members: 4, roundMs: 500 })
    expect(items).toMatchObject({ burst: 2_720, perSecond: 1_360, surplusMax: 340 })
    expect(ids).toMatchObject({ burst: 2_480, perSecond: 1_584, surplusMax: 310 })
  })
})
