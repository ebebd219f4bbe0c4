import { RPC } from '@chainsafe/libp2p-gossipsub/message'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { costOf } from '../../node/gossip/frame-cost.ts'
import { runs } from '../support/property.ts'

const bytes = fc.uint8Array({ maxLength: 12 })
const lists = <T>(of: fc.Arbitrary<T>) => fc.array(of, { maxLength: 4 })
const message = fc.record({ data: bytes, topic: fc.string({ maxLength: 4 }) })
const ihave = fc.record({ topicID: fc.string({ maxLength: 4 }), messageIDs: lists(bytes) })
const wanted = fc.record({ messageIDs: lists(bytes) })
const graft = fc.record({ topicID: fc.string({ maxLength: 4 }) })
const prune = fc.record({
  topicID: fc.string(),
  peers: fc.constant<never[]>([]),
  backoff: fc.nat(60),
})
const rpc = fc.record({
  subscriptions: lists(fc.record({ subscribe: fc.boolean(), topic: fc.string() })),
  messages: lists(message),
  control: fc.record({
    ihave: lists(ihave),
    iwant: lists(wanted),
    graft: lists(graft),
    prune: lists(prune),
    idontwant: lists(wanted),
  }),
})

/** What gossipsub makes of a frame: null when it refuses the frame. */
function readOf(frame: Uint8Array) {
  try {
    const { subscriptions, messages, control } = RPC.decode(frame)
    const lists = [
      ...(control?.ihave ?? []),
      ...(control?.iwant ?? []),
      ...(control?.idontwant ?? []),
    ]
    const others = [...(control?.graft ?? []), ...(control?.prune ?? [])]
    return {
      items: subscriptions.length + messages.length + lists.length + others.length,
      ids: lists.reduce((sum, { messageIDs }) => sum + messageIDs.length, 0),
    }
  } catch {
    return null
  }
}

describe('the cost of a frame', () => {
  test('covers what gossipsub encodes, within a name and a control field of each kind', () => {
    fc.assert(
      fc.property(rpc, (drawn) => {
        const frame = RPC.encode(drawn)
        const read = readOf(frame)
        const cost = costOf(frame)
        if (read === null) throw new Error('gossipsub reads what it wrote')
        expect(cost.items).toBeGreaterThanOrEqual(read.items)
        expect(cost.items).toBeLessThanOrEqual(read.items + 1)
        expect(cost.ids).toBeGreaterThanOrEqual(read.ids)
        expect(cost.ids).toBeLessThanOrEqual(read.ids + 3 * read.items)
      }),
      runs(300),
    )
  })

  test('covers what gossipsub reads from a frame that somebody tampered with', () => {
    const place = fc.record({ at: fc.nat(400), byte: fc.nat(255) })
    fc.assert(
      fc.property(rpc, fc.array(place, { minLength: 1, maxLength: 6 }), (drawn, changes) => {
        const frame = RPC.encode(drawn)
        for (const { at, byte } of changes) frame[at % Math.max(1, frame.length)] = byte
        const read = readOf(frame)
        if (read === null) return
        const cost = costOf(frame)
        // Unreadable bytes count as items, whatever gossipsub finds in them.
        expect(cost.items + cost.ids).toBeGreaterThanOrEqual(read.items + read.ids)
      }),
      runs(2_000),
    )
  })
})
