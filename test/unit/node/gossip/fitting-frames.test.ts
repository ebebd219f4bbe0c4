import { RPC } from '@chainsafe/libp2p-gossipsub/message'
import { describe, expect, it } from 'vitest'
import { keepFramesFitting, partsOf } from '../../../../node/gossip/fitting-frames.ts'
import { frameLimitsFor } from '../../../../node/gossip/gossip-options.ts'
import type { Host } from '../../../../node/gossip/host.ts'

const LIMITS = frameLimitsFor(20_000)
const messageOf = (bytes: number) => ({ data: new Uint8Array(bytes), topic: 'x'.repeat(42) })

interface Sent {
  readonly messages: readonly { readonly data: Uint8Array }[]
  readonly control?: unknown
}

/** Stands for gossipsub: keeps what it was asked to send and to tell. */
class Pubsub {
  readonly sent: Sent[] = []
  readonly told: { readonly topicID: string; readonly messageIDs: readonly Uint8Array[] }[] = []

  sendRpc(_to: string, rpc: Sent): boolean {
    this.sent.push(rpc)
    return true
  }

  pushGossip(_to: string, told: Pubsub['told'][number]): void {
    this.told.push(told)
  }
}

function fitting(): Pubsub {
  const pubsub = new Pubsub()
  keepFramesFitting({ services: { pubsub } } as unknown as Host, LIMITS)
  return pubsub
}

describe('frames that a reader with our limits takes (ADR 0105)', () => {
  it('hold 64 messages and half of their bytes at most, in their order and whole', () => {
    const messages = Array.from({ length: 300 }, (_, nth) => messageOf(nth * 10))
    const parts = partsOf(messages, LIMITS)
    expect(parts.flat()).toEqual(messages)
    for (const part of parts) {
      expect(part.length).toBeLessThanOrEqual(64)
      const { length } = RPC.encode({ subscriptions: [], messages: part })
      expect(length).toBeLessThanOrEqual(LIMITS.bytesMax / 2)
    }
  })

  it('leave out of an answer what the stream could not hold', () => {
    const messages = Array.from({ length: 300 }, () => messageOf(16_384))
    const bytes = partsOf(messages, LIMITS).flat().length * 16_384
    expect(bytes).toBeGreaterThan(400_000)
    expect(bytes).toBeLessThan(524_288)
  })

  it('carry the largest message all the same, and a frame of one stays as it is', () => {
    const pubsub = fitting()
    const rpc = { messages: [messageOf(20_000)], control: 'kept' }
    pubsub.sendRpc('peer', rpc)
    expect(pubsub.sent).toEqual([rpc])
    expect(pubsub.sent[0]).toBe(rpc)
  })

  it('carry what else stands in the first frame once', () => {
    const pubsub = fitting()
    const messages = Array.from({ length: 100 }, () => messageOf(10))
    pubsub.sendRpc('peer', { messages, control: 'once' })
    pubsub.sendRpc('peer', { messages: [], control: 'alone' })
    const seen = pubsub.sent.map(({ messages: part, control }) => [part.length, control])
    expect(seen).toEqual([
      [64, 'once'],
      [36, undefined],
      [0, 'alone'],
    ])
  })

  it('tell of both topics within the other half', () => {
    const pubsub = fitting()
    const messageIDs = Array.from({ length: 5_000 }, () => new Uint8Array(32))
    for (const topicID of ['x'.repeat(42), 'y'.repeat(42)]) {
      pubsub.pushGossip('peer', { topicID, messageIDs })
    }
    expect(pubsub.told.map((told) => told.messageIDs.length)).toEqual([910, 910])
    const ihave = pubsub.told.map((told) => ({ ...told, messageIDs: [...told.messageIDs] }))
    const control = { ihave, iwant: [], graft: [], prune: [], idontwant: [] }
    const frame = RPC.encode({ subscriptions: [], messages: [], control })
    expect(frame.length).toBeLessThanOrEqual(LIMITS.bytesMax / 2)
  })
})
