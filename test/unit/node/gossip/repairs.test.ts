import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Host } from '../../../../node/gossip/host.ts'
import { Repairs } from '../../../../node/gossip/repairs.ts'

/** Stands for gossipsub: tells of messages that were accepted, and remembers what it passed on. */
class Pubsub extends EventTarget {
  readonly passedOn: string[] = []

  accept(msgId: string): void {
    const detail = { msgId, propagationSource: 'sender' }
    this.dispatchEvent(new CustomEvent('gossipsub:message', { detail }))
  }

  reportMessageValidationResult(id: string, from: string, result: string): void {
    this.passedOn.push(`${id} of ${from}: ${result}`)
  }
}

function repairsOf(heldForMs: () => number) {
  const pubsub = new Pubsub()
  const host = { services: { pubsub } } as unknown as Host
  return { pubsub, repairs: new Repairs({ host, heldForMs }) }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('messages that are passed on (ADR 0091)', () => {
  it('leave at once when none is to wait', () => {
    const { pubsub } = repairsOf(() => 0)
    pubsub.accept('a')
    expect(pubsub.passedOn).toEqual(['a of sender: accept'])
  })

  it('leave together when the first one has waited long enough', () => {
    const { pubsub } = repairsOf(() => 40 - performance.now())
    pubsub.accept('a')
    vi.advanceTimersByTime(30)
    pubsub.accept('b')
    vi.advanceTimersByTime(9)
    expect(pubsub.passedOn).toEqual([])
    vi.advanceTimersByTime(1)
    expect(pubsub.passedOn).toEqual(['a of sender: accept', 'b of sender: accept'])
    pubsub.accept('c')
    expect(pubsub.passedOn).toHaveLength(3)
    vi.advanceTimersByTime(1_000)
    expect(pubsub.passedOn).toHaveLength(3)
  })

  it('wait anew in the next round', () => {
    const { pubsub } = repairsOf(() => 40)
    pubsub.accept('a')
    vi.advanceTimersByTime(500)
    pubsub.accept('b')
    expect(pubsub.passedOn).toHaveLength(1)
    vi.advanceTimersByTime(40)
    expect(pubsub.passedOn).toHaveLength(2)
  })

  it('are dropped by a network that stops', () => {
    const { pubsub, repairs } = repairsOf(() => 40)
    pubsub.accept('a')
    repairs.stop()
    vi.advanceTimersByTime(500)
    expect(pubsub.passedOn).toEqual([])
  })
})
