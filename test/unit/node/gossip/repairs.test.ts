import { describe, expect, it } from 'vitest'
import type { Host } from '../../../../node/gossip/host.ts'
import { passOnLater } from '../../../../node/gossip/repairs.ts'

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

describe('messages of others (ADR 0091)', () => {
  it('are passed on when their time has come, not before', () => {
    const pubsub = new Pubsub()
    const waiting: (() => void)[] = []
    const host = { services: { pubsub } } as unknown as Host
    passOnLater({ host, later: (work) => waiting.push(work) })
    pubsub.accept('a')
    pubsub.accept('b')
    expect(pubsub.passedOn).toEqual([])
    for (const work of waiting) work()
    expect(pubsub.passedOn).toEqual(['a of sender: accept', 'b of sender: accept'])
  })
})
