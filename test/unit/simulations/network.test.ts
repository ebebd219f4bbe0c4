import { describe, expect, test } from 'vitest'
import { prngOf } from '../../../simulations/determinism/prng.ts'
import {
  createNetwork,
  type NetworkOptions,
  type Parcel,
} from '../../../simulations/world/network.ts'

const networkOf = (options: Partial<NetworkOptions> = {}) => {
  const network = createNetwork(
    {
      latency: { type: 'constant', ms: 10 },
      lossPpm: 0,
      duplicationPpm: 0,
      uplinkBitsPerSecond: 0,
      cuts: [],
      ...options,
    },
    prngOf(1, 'network'),
  )
  return {
    arrivalsUs: (sent: Parcel): readonly number[] => {
      const atUs = network.send(sent)
      if (atUs === null) return []
      const againUs = network.double(sent)
      return againUs === null ? [atUs] : [atUs, againUs]
    },
  }
}
const parcel = { from: 0, to: 1, bytes: 1_000, nowUs: 0 }
const cut = {
  fromUs: 100,
  toUs: 200,
  senders: 0b01,
  receivers: 0b10,
  isSymmetric: false,
  flapUs: 0,
}

describe('the links between members', () => {
  test('carry a message in the time of the link', () => {
    expect(networkOf().arrivalsUs(parcel)).toEqual([10_000])
  })

  test('lose and double as many copies as they are told to', () => {
    const network = networkOf({ lossPpm: 200_000, duplicationPpm: 100_000 })
    const counts = [0, 0, 0]
    for (let i = 0; i < 10_000; i++) {
      const { length } = network.arrivalsUs(parcel)
      counts[length] = (counts[length] ?? 0) + 1
    }
    expect(counts[0]).toBeGreaterThan(1_850)
    expect(counts[0]).toBeLessThan(2_150)
    expect(counts[2]).toBeGreaterThan(700)
    expect(counts[2]).toBeLessThan(900)
  })

  test('a narrow uplink sends one message after another', () => {
    const network = networkOf({ uplinkBitsPerSecond: 8_000_000 })
    expect(network.arrivalsUs(parcel)).toEqual([11_000])
    expect(network.arrivalsUs(parcel)).toEqual([12_000])
    expect(network.arrivalsUs({ ...parcel, from: 2 })).toEqual([11_000])
  })

  test('a cut is one-way when it says so, and only while it lasts', () => {
    const network = networkOf({ cuts: [cut] })
    expect(network.arrivalsUs({ ...parcel, nowUs: 99 })).toHaveLength(1)
    expect(network.arrivalsUs({ ...parcel, nowUs: 100 })).toHaveLength(0)
    expect(network.arrivalsUs({ ...parcel, from: 1, to: 0, nowUs: 100 })).toHaveLength(1)
    expect(network.arrivalsUs({ ...parcel, nowUs: 200 })).toHaveLength(1)
  })

  test('a symmetric cut holds both ways, a flapping one is up every other time', () => {
    const network = networkOf({ cuts: [{ ...cut, isSymmetric: true, flapUs: 10 }] })
    const back = { ...parcel, from: 1, to: 0 }
    expect(network.arrivalsUs({ ...back, nowUs: 105 })).toHaveLength(0)
    expect(network.arrivalsUs({ ...back, nowUs: 115 })).toHaveLength(1)
    expect(network.arrivalsUs({ ...back, nowUs: 125 })).toHaveLength(0)
  })

  test('regions are as far apart as measured', () => {
    const network = networkOf({
      latency: { type: 'regions', placement: ['us-east-1', 'eu-west-1'] },
    })
    const drawn = Array.from({ length: 2_000 }, () => network.arrivalsUs(parcel)[0] ?? 0)
    const meanMs = drawn.reduce((sum, us) => sum + us, 0) / drawn.length / 1_000
    expect(meanMs).toBeGreaterThan(34.7)
    expect(meanMs).toBeLessThan(35.3)
  })
})
