import { describe, expect, test } from 'vitest'
import { membersOf } from '../../../aggregator/values/ids.ts'
import type { Envelope } from '../../../simulations/world/envelope.ts'
import { Overlay } from '../../../simulations/world/overlay.ts'

const BYTES = 200
const DELAY_US = 1_000

/** A committee in which the author is 0 and everybody is in everybody's mesh. */
function overlayOf(size: number, relays = Array.from({ length: size }, (_, at) => at)) {
  const all = Array.from({ length: size }, (_, at) => at)
  const mesh = all.map((own) => membersOf(all.filter((other) => other !== own)))
  const overlay = new Overlay({
    seed: 1,
    latency: { type: 'constant', ms: DELAY_US / 1_000 },
    mesh,
    meshDegree: 4,
    relays: membersOf(relays),
  })
  const message = { bytes: new Uint8Array(BYTES) }
  const envelope = { message, relayed: 0, place: null } as unknown as Envelope
  overlay.published(0, envelope)
  return {
    passOn: (member: number, atUs: number, lacking = 0) => {
      overlay.passedOn(member, envelope, { atUs, lacking })
      envelope.relayed |= lacking
    },
    copies: () => overlay.wire({ messages: 0, bytes: 0 }).repeatedMessages,
    overlay,
  }
}

describe('what gossip repeats', () => {
  test('two peers that pass a message on at once both send it, and nobody sends it back', () => {
    const { passOn, copies, overlay } = overlayOf(3)
    passOn(1, 5_000)
    expect(copies()).toBe(0)
    passOn(2, 5_500)
    expect(copies()).toBe(2)
    expect(overlay.wire({ messages: 7, bytes: 1 })).toMatchObject({
      messages: 9,
      bytes: 1 + 2 * BYTES,
      repeatedBytes: 2 * BYTES,
    })
  })

  test('whoever comes a delay later spares the way back', () => {
    const { passOn, copies } = overlayOf(3)
    passOn(1, 5_000)
    passOn(2, 5_000 + DELAY_US)
    expect(copies()).toBe(1)
  })

  test('a member that passes nothing on is sent a copy by each of its peers', () => {
    const { passOn, copies } = overlayOf(4, [0, 1, 2])
    passOn(1, 5_000)
    passOn(2, 5_000 + DELAY_US)
    // One between the two, and one from each to member 3.
    expect(copies()).toBe(3)
  })

  test('what is really sent is left to the network', () => {
    const { passOn, copies } = overlayOf(4, [0, 1, 2])
    passOn(1, 5_000, membersOf([3]))
    expect(copies()).toBe(0)
  })

  test('a member that missed the author’s copy is sent one by each peer, of which one is real', () => {
    const { passOn, copies } = overlayOf(4)
    passOn(1, 5_000, membersOf([3]))
    passOn(2, 5_000 + DELAY_US)
    expect(copies()).toBe(1)
    // Both have sent it to this one, and one of these copies is the network's.
    passOn(3, 5_000 + 3 * DELAY_US)
    expect(copies()).toBe(2)
  })

  test('ids are told to peers outside of the mesh alone', () => {
    expect(overlayOf(5).overlay.wire({ messages: 0, bytes: 0 }).toldBytes).toBe(0)
    const ring = Array.from({ length: 7 }, (_, at) => membersOf([(at + 1) % 7, (at + 6) % 7]))
    const latency = { type: 'constant', ms: 1 } as const
    const outside = new Overlay({ seed: 1, latency, mesh: ring, meshDegree: 4, relays: 127 })
    const envelope = { place: null } as unknown as Envelope
    outside.published(0, envelope)
    // Four of four others, 34 bytes each.
    expect(outside.wire({ messages: 0, bytes: 0 })).toMatchObject({ toldBytes: 136, bytes: 136 })
  })
})
