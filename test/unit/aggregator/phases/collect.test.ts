import { describe, expect, test } from 'vitest'
import type { GossipMessage, Verified } from '../../../../aggregator/messages/messages.ts'
import {
  answerWithin,
  decodeDirect,
  encodeDirect,
  SYNC_ANSWER_BYTES_MAX,
} from '../../../../aggregator/messages/sync.ts'
import { evidenceFrom } from '../../../../aggregator/messages/validate.ts'
import { sharesOf } from '../../../../aggregator/state/round-state.ts'
import { testCommittee } from '../../../support/committee.ts'
import { opened, ROUND, Script } from '../../../support/script.ts'

const ALL = 0b1111

describe('observations (protocol §5.1, §6.2)', () => {
  test('given one observation, when a second one differs, then both are dropped and its sender is convicted', () => {
    const script = opened()
    script.receives(script.observation(1))
    expect(script.round().counted & 0b10).toBe(0b10)
    script.receives(script.observation(1, { values: [1n] }))
    expect(script.round().counted & 0b10).toBe(0)
    expect(script.state.convicted).toBe(0b10)
    expect(script.all('keepEvidence')).toHaveLength(1)
    expect(script.all('publish').map((each) => each.message.message.type)).toEqual(['evidence'])
  })

  test('given an observation, when it comes again, then nothing happens', () => {
    const script = opened()
    const observation = script.observation(1)
    script.receives(observation)
    script.takes()
    script.receives(observation)
    expect(script.takes()).toEqual([])
  })

  test.each([
    ['just too early', -6, false],
    ['at the earliest', -5, true],
    ['at the latest', 65, true],
    ['just too late', 66, false],
  ])('given a timestamp %s, then it counts: %s ms → %s', (_, offsetMs, counts) => {
    const script = opened()
    const timestampMs = script.openingMs(ROUND) + offsetMs
    script.receives(script.observation(1, { timestampMs }))
    expect((script.round().counted & 0b10) !== 0).toBe(counts)
    expect(script.notes().includes('OBSERVATION_UNTIMELY')).toBe(!counts)
  })

  test('given an arrival after includeMs, then it counts but need not be included', () => {
    const script = opened().waits(61)
    script.receives(script.observation(1))
    expect(script.round().counted & 0b10).toBe(0b10)
    expect(script.round().included & 0b10).toBe(0)
  })

  test('given a convicted member, when it observes, then it is not heard', () => {
    const script = opened()
    script.receives(script.forge.evidence(1, 3), script.observation(1))
    expect(script.round().observations[1]).toBeUndefined()
  })

  test('given claims of a better certificate, then f+1 senders are asked for it, once each', () => {
    const script = opened()
    script.takes()
    const basis = { round: 9, slot: 1 }
    for (const sender of [1, 2, 3]) script.receives(script.observation(sender, { basis }))
    const asked = script.takes().filter((effect) => effect.type === 'send')
    expect(asked.map((effect) => effect.to)).toEqual([1, 2])
  })
})

describe('the window of rounds (protocol §4.2)', () => {
  test.each([
    ['the oldest kept', ROUND - 16, true],
    ['one older', ROUND - 17, false],
    ['the next', ROUND + 1, true],
    ['the one after', ROUND + 2, false],
  ])('given a message of %s round, then it is kept: %s → %s', (_, round, isKept) => {
    // A later start leaves room for rounds far behind.
    const script = new Script().starts(ROUND + 40).waits(0, ROUND + 40)
    const pair = { expected: ALL, signing: 0b111 }
    script.receives(script.forge.observation({ round: round + 40, sender: 1, pair }))
    expect(script.state.rounds.has(round + 40)).toBe(isKept)
  })

  test('given many rounds, then no more than the kept ones stay in memory', () => {
    const script = new Script().starts(ROUND).waits(0, ROUND + 60)
    expect(script.state.rounds.size).toBeLessThanOrEqual(18)
  })
})

describe('proposals (protocol §5.3, §6.7)', () => {
  /** A story with all observations held, too late for the fast path. */
  const observed = (self: number) => {
    const script = opened({ self }).waits(95)
    const others = [0, 1, 2, 3].filter((sender) => sender !== self)
    for (const sender of others) script.receives(script.observation(sender))
    return script
  }

  test('given a proposal by a member whose turn it is not, then it does not take the place of the right one', () => {
    const [rankZero, wrong] = new Script().order() as [number, number, number, number]
    const self = new Script().order()[3] as number
    const script = observed(self)
    const choice = { observers: ALL, signingSet: ALL & ~(1 << wrong), expectedNext: ALL }
    const observations = script.observations()
    const squat = { round: ROUND, sender: wrong, rank: 0, ...choice } as const
    script.receives(script.forge.proposal(observations, squat))
    script.receives(script.forge.proposal(observations, { ...squat, sender: rankZero }))
    script.waits(130)
    expect(script.sent('share').map((share) => share.slot)).toEqual([1])
  })

  test('given two proposals of one rank, then their sender is convicted and neither is signed', () => {
    const [rankZero, second] = new Script().order() as [number, number, number, number]
    const self = new Script().order()[3] as number
    const script = observed(self)
    const observations = script.observations()
    const one = {
      round: ROUND,
      sender: rankZero,
      rank: 0,
      observers: ALL & ~(1 << rankZero),
      signingSet: ALL & ~(1 << rankZero),
      expectedNext: ALL & ~(1 << rankZero),
    } as const
    script.receives(script.forge.proposal(observations, one))
    script.receives(
      script.forge.proposal(observations, { ...one, signingSet: ALL & ~(1 << second) }),
    )
    expect(script.state.convicted).toBe(1 << rankZero)
    script.waits(145)
    expect(script.sent('share')).toEqual([])
  })

  test('given late notices and evidence attached, then they count as if they had come alone', () => {
    const self = new Script().order()[3] as number
    const [rankZero, second, third] = new Script().order() as [number, number, number, number]
    const script = observed(self)
    const lates = [script.forge.late({ round: ROUND, sender: second, members: 1 << third })]
    const given = {
      round: ROUND,
      sender: rankZero,
      rank: 0,
      observers: ALL,
      signingSet: ALL & ~(1 << third),
      expectedNext: ALL,
      lates,
      evidence: [script.forge.evidence(third, 4)],
    } as const
    script.receives(script.forge.proposal(script.observations(), given))
    expect(script.round().lates[second]?.message.members).toBe(1 << third)
    expect(script.state.convicted).toBe(1 << third)
  })
})

describe('late notices and shares (protocol §9.1)', () => {
  test('given two late notices that differ, then their sender is convicted; its notice still counts', () => {
    const script = opened()
    script.receives(script.forge.late({ round: ROUND, sender: 1, members: 0b100 }))
    script.receives(script.forge.late({ round: ROUND, sender: 1, members: 0b1000 }))
    expect(script.state.convicted).toBe(0b10)
    expect(script.round().lates[1]?.message.members).toBe(0b100)
  })

  test.each([
    ['in one slot', { slot: 1 }, { slot: 1, signingSet: 0b1011 }],
    ['of two reports', { slot: 0 }, { slot: 1, reportDigest: new Uint8Array(32) }],
  ])('given two shares %s, then their sender is convicted', (_, first, second) => {
    const script = opened()
    for (const sender of [1, 2, 3]) script.receives(script.observation(sender))
    const base = { observers: ALL, signingSet: 0b111, expectedNext: ALL }
    const of = { round: ROUND, sender: 1, ...base, share: new Uint8Array(32) }
    const observations = script.observations()
    script.receives(script.forge.share(observations, { ...of, ...first }))
    expect(script.state.convicted).toBe(0)
    script.receives(script.forge.share(observations, { ...of, ...second }))
    expect(script.state.convicted).toBe(0b10)
  })

  test('given one report digest in three slots, then nobody is convicted', () => {
    const script = opened()
    for (const sender of [1, 2, 3]) script.receives(script.observation(sender))
    for (const slot of [0, 1, 2]) {
      const of = { round: ROUND, sender: 1, observers: ALL, signingSet: 0b111, expectedNext: ALL }
      script.receives(
        script.forge.share(script.observations(), { ...of, slot, share: new Uint8Array(32) }),
      )
    }
    expect(script.state.convicted).toBe(0)
    expect(sharesOf(script.round(), 1)).toHaveLength(3)
  })

  test('given a share of a member that is not in its signing set, then it is not kept', () => {
    const script = opened()
    for (const sender of [1, 2, 3]) script.receives(script.observation(sender))
    const of = { round: ROUND, sender: 1, slot: 1, observers: ALL, signingSet: 0b1101 }
    script.receives(
      script.forge.share(script.observations(), {
        ...of,
        expectedNext: ALL,
        share: new Uint8Array(32),
      }),
    )
    expect(sharesOf(script.round(), 1)).toEqual([])
  })
})

describe('evidence (protocol §4.2, §9.1)', () => {
  test('given evidence twice, then it is kept once', () => {
    const script = opened()
    script.receives(script.forge.evidence(1, 3), script.forge.evidence(1, 5))
    expect(script.all('keepEvidence')).toHaveLength(1)
    expect(script.state.evidence[1]?.message.round).toBe(3)
  })

  test('given evidence against this node itself, then it sends nothing more of its own', () => {
    const script = opened()
    script.receives(script.forge.evidence(0, 3))
    const sent = script.all('broadcast').length
    script.waits(0, ROUND + 3)
    expect(script.all('broadcast')).toHaveLength(sent)
  })
})

describe('sync (protocol §4.2, §5.5)', () => {
  const request = (script: Script, observers: number) =>
    script.reports({
      type: 'syncRequested',
      nowMs: script.cluster.nowMs,
      from: 2,
      request: { type: 'syncRequest', round: ROUND, observers },
    })

  test('given nothing to tell, then the answer is empty, so that the asker need not wait', () => {
    const script = opened()
    script.takes()
    request(script, 0)
    const message = { type: 'syncAnswer', messages: [] }
    expect(script.takes()).toEqual([{ type: 'send', to: 2, message }])
  })

  test('given a certificate, evidence and observations, then the answer holds them all', () => {
    const script = opened()
    const certificate = script.forge.certificate({
      round: ROUND - 1,
      signingSet: 0b111,
      expectedNext: ALL,
    })
    const evidence = script.forge.evidence(3, 3)
    const observation = script.observation(1)
    script.receives(certificate, evidence, observation)
    script.takes()
    request(script, 0b110)
    expect(script.takes()).toEqual([
      {
        type: 'send',
        to: 2,
        message: {
          type: 'syncAnswer',
          messages: [certificate.bytes, observation.bytes, evidence.bytes],
        },
      },
    ])
  })
})

describe('a certificate that was claimed (protocol §4.4, §6.5)', () => {
  const claimed = (script: Script, slot = 0) =>
    script.forge.certificate({ round: ROUND - 2, slot, signingSet: 0b111, expectedNext: ALL })

  test('is asked for by its round', () => {
    const script = opened()
    script.receives(script.observation(1, { basis: { round: ROUND - 2, slot: 1 } }))
    const message = { type: 'syncRequest', round: ROUND - 2, observers: 0 }
    expect(script.all('send')).toContainEqual({ type: 'send', to: 1, message })
  })

  test('given the best one has moved on, then the answer to its sender’s question has both', () => {
    const script = opened()
    const [first, better] = [claimed(script), claimed(script, 1)]
    const best = script.forge.certificate({
      ...{ round: ROUND - 1, signingSet: 0b111, expectedNext: ALL },
    })
    script.receives(first, better, best)
    script.takes()
    const request = { type: 'syncRequest', round: ROUND - 2, observers: 0 } as const
    const { nowMs } = script.cluster
    script.reports({ type: 'syncRequested', nowMs, from: 2, request })
    const message = { type: 'syncAnswer', messages: [best.bytes, better.bytes] }
    expect(script.takes()).toEqual([{ type: 'send', to: 2, message }])
  })
})

describe('limits of a sync answer (protocol §13)', () => {
  const { committee } = testCommittee()
  const held = (length: number) => ({ bytes: new Uint8Array(length) }) as Verified<GossipMessage>

  test('answerWithin skips what is not held and stops at the number of a batch', () => {
    const many = Array.from({ length: 70 }, (_, index) => (index === 0 ? undefined : held(1)))
    expect(answerWithin(committee, many)).toHaveLength(committee.params.limits.syncBatchMax)
  })

  test('answerWithin stops where the answer would be refused for its size', () => {
    const half = held(SYNC_ANSWER_BYTES_MAX / 2 - 22)
    const messages = answerWithin(committee, [half, half, half])
    expect(messages).toHaveLength(2)
    const answer = encodeDirect(committee, { type: 'syncAnswer', messages })
    expect(answer.length).toBe(SYNC_ANSWER_BYTES_MAX)
    expect(decodeDirect(committee, answer)).not.toBeNull()
  })
})

describe('a key that runs twice (protocol §9.3)', () => {
  test('given a message under its own key that it did not send, then it stops', () => {
    const script = opened()
    script.receives(script.observation(0, { values: [1n] }))
    expect(script.all('halt')).toEqual([{ type: 'halt', code: 'KEY_RUNS_TWICE' }])
  })

  test('given its own message back from the network, then it goes on', () => {
    const script = opened()
    const own = script.round().observations[0]
    if (own === undefined) throw new Error('it observed')
    script.receives(own)
    expect(script.all('halt')).toEqual([])
  })

  test('given a message of its own from before this start, then it goes on', () => {
    const script = opened()
    script.receives(script.observation(0, { round: ROUND - 2 }))
    expect(script.all('halt')).toEqual([])
  })

  test('given a message under its own key in the last round of its silence, then it stops', () => {
    const round = ROUND - 1
    const script = new Script().starts().waits(1, round)
    expect(script.state.barrier).toBe(round)
    const pair = script.pair(round)
    script.receives(script.forge.observation({ round, sender: 0, pair }))
    expect(script.all('halt')).toEqual([{ type: 'halt', code: 'KEY_RUNS_TWICE' }])
    expect(script.all('broadcast')).toEqual([])
  })

  test('given a foreign notice under its own key inside a proposal, then it stops', () => {
    const [rankZero] = new Script().order() as [number]
    const self = new Script().order()[3] as number
    const script = opened({ self })
    for (const sender of [0, 1, 2, 3]) {
      if (sender !== self) script.receives(script.observation(sender))
    }
    const given = {
      round: ROUND,
      sender: rankZero,
      rank: 0,
      observers: ALL,
      signingSet: 0b111,
      expectedNext: ALL,
      lates: [script.forge.late({ round: ROUND, sender: self, members: 1 << rankZero })],
    } as const
    script.receives(script.forge.proposal(script.observations(), given))
    expect(script.all('halt')).toEqual([{ type: 'halt', code: 'KEY_RUNS_TWICE' }])
  })
})

test('evidenceFrom two equal messages is none', () => {
  const script = opened()
  const observation = script.observation(1)
  expect(evidenceFrom(script.context, [observation, observation])).toBeNull()
})
