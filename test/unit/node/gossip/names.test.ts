import { describe, expect, it } from 'vitest'
import { rosterOf } from '../../../../node/gossip/roster.ts'
import { channelsOf } from '../../../../node/gossip/topics.ts'

const KEY = Uint8Array.from(
  Buffer.from('0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798', 'hex'),
)

describe('channelsOf', () => {
  it('puts the committee digest into every name', () => {
    const digest = Uint8Array.from({ length: 32 }, (_, index) => index)
    expect(channelsOf(digest)).toEqual({
      topics: {
        protocol: '/parallax/1/0001020304050607/protocol',
        reports: '/parallax/1/0001020304050607/reports',
      },
      sync: '/parallax/1/0001020304050607/sync',
    })
  })
})

describe('rosterOf', () => {
  it('makes peer ids from identity keys and finds members by them', () => {
    const roster = rosterOf([{ identityKey: KEY, addresses: ['/ip4/127.0.0.1/tcp/7000'] }])
    const member = roster.members[0]
    // The well-known peer id of the secp256k1 generator point.
    expect(member?.peerId.toString()).toMatch(/^16Uiu2HA/)
    expect(member && roster.indexOf(member.peerId)).toBe(0)
  })

  it.each([
    ['a key that is no point', KEY.map((byte, index) => (index === 0 ? 9 : byte))],
    ['a key of another length', KEY.subarray(1)],
    ['no key', new Uint8Array(0)],
  ])('refuses %s with a code', (_, identityKey) => {
    expect(() => rosterOf([{ identityKey, addresses: [] }])).toThrow(
      expect.objectContaining({ code: 'GOSSIP_MEMBER_KEY_INVALID' }),
    )
  })

  it.each(['', 'localhost:7000', '/ip4/300.0.0.1/tcp/1', '/tcp'])(
    'refuses the address %j',
    (text) => {
      expect(() => rosterOf([{ identityKey: KEY, addresses: [text] }])).toThrow(
        expect.objectContaining({ code: 'GOSSIP_ADDRESS_INVALID' }),
      )
    },
  )
})
