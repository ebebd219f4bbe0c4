import { describe, expect, it } from 'vitest'
import { costOf } from '../../../../node/gossip/frame-cost.ts'
import { type RpcParts, rpcBody } from '../../../attack/rpc.ts'

const ids = Array.from({ length: 16 }, (_, nth) => new Uint8Array(32).fill(nth))
const costOfRpc = (rpc: Omit<RpcParts, 'topic'>) => costOf(rpcBody({ topic: 'topic', ...rpc }))

describe('what a frame costs before it is decoded (ADR 0105)', () => {
  it('is an item for each message, subscription and control message, copies included', () => {
    const copy = new Uint8Array(300)
    expect(costOfRpc({ messages: [copy] })).toEqual({ items: 1, ids: 0 })
    expect(costOfRpc({ messages: [copy, copy, copy] })).toEqual({ items: 3, ids: 0 })
    expect(costOfRpc({ subscribe: ['a', 'b'] })).toEqual({ items: 2, ids: 0 })
    expect(costOfRpc({ grafts: 2, prunes: 3 })).toEqual({ items: 1 + 5, ids: 5 })
  })

  it('is an id for each that is listed, whoever lists it and why', () => {
    expect(costOfRpc({ have: ids })).toEqual({ items: 2, ids: 1 + 16 })
    expect(costOfRpc({ want: ids })).toEqual({ items: 2, ids: 16 })
    expect(costOfRpc({ unwanted: ids })).toEqual({ items: 2, ids: 16 })
    expect(costOfRpc({ have: ids, want: ids })).toEqual({ items: 3, ids: 1 + 32 })
  })

  it('is never nothing: an empty frame is one', () => {
    expect(costOf(new Uint8Array())).toEqual({ items: 1, ids: 0 })
  })

  it('is every byte from where a length lies on, so that nothing hides behind it', () => {
    const honest = rpcBody({ topic: 'topic', messages: [new Uint8Array(300)] })
    const cut = honest.subarray(0, 200)
    expect(costOf(cut)).toEqual({ items: 200, ids: 0 })
    // The message ends after two bytes by its own length, and its data does not.
    const lying = honest.slice()
    lying[1] = 0x82
    lying[2] = 0x00
    expect(costOf(lying).items).toBeGreaterThan(290)
  })

  it('is every byte of a field of another type than its own: decoders do not look at it', () => {
    // Field 2 as a number: gossipsub reads a message of two bytes all the same.
    expect(costOf(Uint8Array.of(0x10, 2, 0x22, 0))).toEqual({ items: 4, ids: 0 })
  })
})
