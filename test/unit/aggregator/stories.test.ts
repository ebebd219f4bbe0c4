import { describe, expect, test } from 'vitest'
import { orderOf } from '../../../aggregator/context.ts'
import type { GossipMessage } from '../../../aggregator/messages/messages.ts'
import { Cluster, type ClusterOptions } from '../../support/cluster.ts'
import { testCommittee } from '../../support/committee.ts'
import { Forge } from '../../support/forge.ts'

const FIRST = 10
const ROUND_MS = 500
const ALL = 0b1111

/** Signs the first fast round as one of the first three listed, and proposes in it at no rank. */
const SIGNER = orderOf(new Cluster({ test: testCommittee() }).context, FIRST)
  .slice(2)
  .find((member) => member < 3) as number

/** How each round from the first acting one ended at a member. */
function endings(cluster: Cluster, member: number, rounds: number): string {
  const paths = new Map<number, string>()
  for (const each of cluster.effectsOf('certified')) {
    if (each.member !== member) continue
    const { round, slot } = each.effect.certificate.message
    paths.set(round, `${slot}`)
  }
  return Array.from({ length: rounds }, (_, index) => paths.get(FIRST + index) ?? '-').join('')
}

function run(options: Omit<ClusterOptions, 'test'>, rounds: number): Cluster {
  const cluster = new Cluster({ test: testCommittee(), ...options })
  cluster.start((FIRST - 2) * ROUND_MS + 1)
  cluster.runTo((FIRST + rounds) * ROUND_MS - 1)
  return cluster
}

/** One digest a round whoever looks (S2). */
function expectUnique(cluster: Cluster): void {
  const digests = new Map<number, Set<string>>()
  for (const { effect } of cluster.effectsOf('certified')) {
    const { round, words, timestampMs, observers } = effect.certificate.message
    const known = digests.get(round) ?? new Set()
    digests.set(round, known.add(`${timestampMs}/${observers}/${words.join()}`))
  }
  for (const known of digests.values()) expect(known.size).toBe(1)
}

const isFrom = (message: GossipMessage, sender: number, type: GossipMessage['type']) =>
  message.type === type && 'sender' in message && message.sender === sender

/** One member keeps its shares to itself, and what only it can combine. */
const isWithheld = (from: number, { type }: GossipMessage) =>
  from === SIGNER && (type === 'share' || type === 'certificate')

describe('stories of a committee of four (protocol §6, §12)', () => {
  test('given all honest, then every round takes the fast path within two delays', () => {
    const cluster = run({}, 12)
    for (const member of [0, 1, 2, 3]) expect(endings(cluster, member, 12)).toBe('0'.repeat(12))
    const first = cluster.effects.find((each) => each.effect.type === 'certified')
    expect(first?.atMs).toBe(FIRST * ROUND_MS + 2)
  })

  test('given f silent, then one slow round drops it and the fast path returns (L5)', () => {
    const cluster = run({ silent: [3] }, 10)
    const ends = endings(cluster, 0, 10)
    expect(ends.slice(2)).toBe('0'.repeat(8))
    expect(ends).not.toMatch(/^--/)
    expectUnique(cluster)
  })

  test('given f silent, then probe rounds are fast as well: nobody vouches for the silent (§4.5)', () => {
    const cluster = run({ silent: [3] }, 70)
    // Rounds 32 and 64 are probe rounds.
    expect(FIRST + 70).toBeGreaterThan(66)
    expect(endings(cluster, 0, 70).slice(2)).toBe('0'.repeat(68))
    expect(cluster.machines[0]?.state.best?.message.expectedNext).toBe(0b0111)
  })

  test('given a member that comes back, then a probe round lets it in again (L4)', () => {
    const isAway = (message: GossipMessage) => 'round' in message && message.round < FIRST + 3
    const options: Omit<ClusterOptions, 'test'> = {
      delayMs: (from, to, message) => ((from === 3 || to === 3) && isAway(message) ? null : 1),
    }
    const cluster = run(options, 26)
    const last = cluster.machines[0]?.state.best?.message
    expect(last?.expectedNext).toBe(ALL)
    // Round 32 is the probe round.
    expect(endings(cluster, 0, 26).slice(22)).toBe('0000')
  })

  test('† given a share withheld in a probe round, then who comes back does all the same (§4.5)', () => {
    const isAway = (message: GossipMessage) => 'round' in message && message.round < FIRST + 3
    const isHeld = (from: number, message: GossipMessage) =>
      isWithheld(from, message) && 'round' in message && message.round % 32 === 0
    const options: Omit<ClusterOptions, 'test'> = {
      delayMs: (from, to, message) => {
        const isLost = (from === 3 || to === 3) && isAway(message)
        return isLost || isHeld(from, message) ? null : 1
      },
      directMs: (from, to) => (from === SIGNER && to !== 3 ? null : 1),
    }
    const cluster = run(options, 26)
    // Round 32 is the probe round: everybody expected is there, and a proposal certifies.
    expect(endings(cluster, 0, 26).slice(22)).toBe('1000')
    expect(cluster.machines[0]?.state.best?.message.expectedNext).toBe(ALL)
  })

  test('given one member late for everybody, then it is dropped and the others are fast', () => {
    const cluster = run(
      { delayMs: (_from, _to, message) => (isFrom(message, 2, 'observation') ? 100 : 1) },
      10,
    )
    expect(endings(cluster, 0, 10).slice(2)).toBe('0'.repeat(8))
    expect(cluster.machines[0]?.state.best?.message.expectedNext).toBe(0b1011)
  })

  test('† given an observation that reaches only some before includeMs, then rounds still certify (§6.7)', () => {
    // Edge-late for one victim: after fastMs there, in time everywhere else.
    const cluster = run(
      { delayMs: (_from, to, message) => (isFrom(message, 3, 'observation') && to === 0 ? 95 : 1) },
      12,
    )
    for (const member of [1, 2, 3]) expect(endings(cluster, member, 12)).not.toContain('-')
    expectUnique(cluster)
  })

  test('given withheld shares, then the withholder loses its place as a signer', () => {
    const cluster = run(
      {
        delayMs: (from, _to, message) => (isWithheld(from, message) ? null : 1),
        directMs: (from) => (from === SIGNER ? null : 1),
      },
      14,
    )
    const ends = endings(cluster, 0, 14)
    expect(ends.slice(3)).toBe('0'.repeat(11))
    expect((cluster.machines[0]?.state.best?.message.signingSet ?? ALL) & (1 << SIGNER)).toBe(0)
    expectUnique(cluster)
  })

  test('† given withheld shares and certificates shown only to those who ask, then honest members do not accuse each other (§4.3, §6.5)', () => {
    const cluster = run(
      { delayMs: (from, _to, message) => (isWithheld(from, message) ? null : 1) },
      20,
    )
    const accused = cluster
      .effectsOf('broadcast')
      .flatMap(({ member, effect: { message } }) =>
        message.message.type === 'late' && member !== SIGNER ? [message.message.members] : [],
      )
    for (const members of accused) expect(members & ~(1 << SIGNER)).toBe(0)
    const ends = endings(cluster, 0, 20)
    expect(ends).not.toContain('-')
    expect(ends.slice(6)).toBe('0'.repeat(14))
    expectUnique(cluster)
  })

  test('given wrong shares, then their sender is remembered and loses its place as a signer (§6.8, L1)', () => {
    const cluster = run(
      { signs: (member, share) => (member === SIGNER ? share.fill(7) : share) },
      14,
    )
    const ends = endings(cluster, 0, 14)
    expect(ends.slice(4)).toBe('0'.repeat(10))
    expect(ends.replaceAll(/[012]/g, '').length).toBeLessThanOrEqual(1)
    const notes = cluster.effectsOf('note').filter(({ effect }) => effect.code === 'SHARE_INVALID')
    expect(notes.length).toBeGreaterThan(0)
    for (const { effect } of notes) expect(effect.members).toBe(1 << SIGNER)
  })

  test('given nonce commitments off the curve, then their sender is no signer, and others are not blamed (§5.1, §6.6)', () => {
    const off = { hiding: new Uint8Array(33).fill(255), binding: new Uint8Array(33).fill(255) }
    const cluster = run({ commits: (member) => (member === SIGNER ? [off, off, off] : null) }, 14)
    const ends = endings(cluster, 0, 14)
    expect(ends.slice(2)).toBe('0'.repeat(12))
    expect((cluster.machines[0]?.state.best?.message.expectedNext ?? 0) & (1 << SIGNER)).not.toBe(0)
    const honest = [0, 1, 2, 3].filter((member) => member !== SIGNER)
    for (const member of honest) {
      expect(honest.map((each) => cluster.machines[member]?.state.unansweredUntil[each])).toEqual([
        0, 0, 0,
      ])
    }
  })

  test('given an equivocating observer, then it is convicted everywhere and costs one round', () => {
    const committee = testCommittee()
    const cluster = new Cluster({ test: committee, silent: [3] })
    const forge = new Forge(committee, cluster.context)
    cluster.start((FIRST - 2) * ROUND_MS + 1)
    cluster.runTo(FIRST * ROUND_MS)
    const pair = cluster.machines[0]?.state.rounds.get(FIRST)?.pair ?? { expected: 0, signing: 0 }
    for (const to of [0, 1, 2]) {
      const values = [6_000_000_000_000n + BigInt(to)]
      cluster.deliver(to, forge.observation({ round: FIRST, sender: 3, pair, values }), 1)
    }
    const other = forge.observation({ round: FIRST, sender: 3, pair, values: [9n] })
    cluster.deliver(1, other, 5)
    cluster.runTo((FIRST + 6) * ROUND_MS - 1)
    for (const member of [0, 1, 2]) {
      expect(cluster.machines[member]?.state.convicted).toBe(0b1000)
      expect(endings(cluster, member, 6).slice(1)).toBe('00000')
    }
    expectUnique(cluster)
  })

  test('† given a proposal before its time, then it waits: the fast path is not lost to it (§6.7)', () => {
    const committee = testCommittee()
    const cluster = new Cluster({ test: committee })
    const forge = new Forge(committee, cluster.context)
    cluster.start((FIRST - 2) * ROUND_MS + 1)
    const rankZero = orderOf(cluster.context, FIRST)[0] as number
    cluster.runTo(FIRST * ROUND_MS)
    const [machine] = cluster.machines
    const pair = machine?.state.rounds.get(FIRST)?.pair ?? { expected: 0, signing: 0 }
    const observations = [0, 1, 2, 3].map((sender) =>
      forge.observation({ round: FIRST, sender, pair }),
    )
    const choice = { observers: 0b0111, signingSet: 0b0111, expectedNext: ALL }
    const early = forge.proposal(observations, {
      round: FIRST,
      sender: rankZero,
      rank: 0,
      ...choice,
    })
    for (const to of [0, 1, 2, 3]) if (to !== rankZero) cluster.deliver(to, early, 0)
    cluster.runTo((FIRST + 1) * ROUND_MS - 1)
    for (const member of [0, 1, 2, 3]) expect(endings(cluster, member, 1)).toBe('0')
  })

  test('given a first proposer that says nothing, then the second one certifies', () => {
    const committee = testCommittee()
    const order = orderOf(new Cluster({ test: committee }).context, FIRST)
    const rankZero = order[0] as number
    // Nobody hears shares of slot 0, so the round needs a proposal; the first one is lost.
    const cluster = run(
      {
        delayMs: (_from, _to, message) => {
          if ('round' in message && message.round !== FIRST) return 1
          if (message.type === 'share' && message.slot === 0) return null
          return isFrom(message, rankZero, 'proposal') ? null : 1
        },
      },
      2,
    )
    for (const member of [0, 1, 2, 3]) expect(endings(cluster, member, 2)).toBe('20')
    expectUnique(cluster)
  })

  test('given a restart with an empty disk, then the member is silent for its barrier and returns', () => {
    const cluster = run({}, 2)
    cluster.restart(2)
    cluster.runTo((FIRST + 30) * ROUND_MS - 1)
    const ends = endings(cluster, 0, 30)
    expect(ends.replaceAll('0', '').length).toBeLessThanOrEqual(3)
    expect(ends.slice(24)).toBe('000000')
    expect(cluster.machines[0]?.state.best?.message.expectedNext).toBe(ALL)
    expectUnique(cluster)
  })
})
