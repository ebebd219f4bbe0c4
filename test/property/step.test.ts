import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contextOf } from '../../aggregator/context.ts'
import type { Effect } from '../../aggregator/effects.ts'
import type { Event } from '../../aggregator/events.ts'
import type { Observation, Verified } from '../../aggregator/messages/messages.ts'
import type { Crypto } from '../../aggregator/signing/crypto.ts'
import { idealScheme } from '../../aggregator/signing/ideal.ts'
import { sharesOf } from '../../aggregator/state/round-state.ts'
import { initialState, type State } from '../../aggregator/state/state.ts'
import { step } from '../../aggregator/step.ts'
import { toHex } from '../../aggregator/values/bytes.ts'
import { hasMember, isSubset, type Members } from '../../aggregator/values/ids.ts'
import type { Seen } from '../support/cluster.ts'
import { referenceCrypto, testCommittee } from '../support/committee.ts'
import { runs } from '../support/property.ts'
import { Script } from '../support/script.ts'

const SIZE = 4
const SELF = 0
/** The only member that contradicts itself; the other two are honest and late at will. */
const LIAR = 3
const ALL = 0b1111
const FIRST = 10

const test4 = testCommittee({ size: SIZE, probeEvery: 4 })
const crypto: Crypto = { ...referenceCrypto, threshold: idealScheme(1) }

const members = fc.integer({ min: 0, max: ALL })
const sender = fc.integer({ min: 1, max: 3 })
const rank = fc.constantFrom(0 as const, 1 as const)
const slot = fc.integer({ min: 0, max: 2 })
/** Round of a message relative to the one open. */
const offset = fc.constantFrom(-17, -3, -1, 0, 0, 0, 0, 1, 2)

const command = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(130) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sleep' as const), ms: fc.nat(1_500) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('observe' as const),
      sender,
      offset,
      pair: fc.constantFrom('own' as const, 'own' as const, 'other' as const),
      lie: fc.nat(3),
      timeMs: fc.integer({ min: -10, max: 80 }),
      basis: fc.constantFrom(0, 0, 1, 900),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('late' as const), sender, offset, members }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('propose' as const),
      sender,
      rank,
      observers: members,
      signingSet: fc.constantFrom(0b0111, 0b1011, 0b1101, 0b1110, 0b0011),
      expectedNext: fc.constantFrom(ALL, 0b0111, 0b1011, 0),
      isDigestRight: fc.boolean(),
      lates: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('share' as const),
      sender,
      slot,
      signingSet: fc.constantFrom(0b0111, 0b1011, 0b1101),
      isRight: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('certify' as const),
      offset,
      slot,
      expectedNext: fc.constantFrom(ALL, 0b0111, 0b1110),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('accuse' as const), round: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('ask' as const), sender, offset, members }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('ahead' as const), sender, round: fc.maxSafeNat() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('chain' as const),
      outcome: fc.constantFrom('read' as const, 'landed' as const, 'failed' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      what: fc.constantFrom('shareSigned' as const, 'combined' as const),
      slot,
    }),
  },
)
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never

/** Plays commands against one machine; honest others repeat what they said, the liar does not. */
class Story {
  readonly script: Script
  readonly seen: Seen[] = []
  readonly #said = new Map<string, Verified<Observation>>()

  constructor(refused: number) {
    this.script = new Script({
      test: test4,
      crypto,
      self: SELF,
      refuses: (_member, at) => at === refused,
      watch: (member, each) => {
        if (member === SELF) this.seen.push(each)
      },
    })
    this.script.starts(FIRST).waits(0, FIRST)
  }

  play(each: Command): void {
    const { script } = this
    const { nowMs } = script.cluster
    const current = script.state.current
    switch (each.do) {
      case 'wait':
        script.cluster.runTo(nowMs + each.ms)
        return
      case 'sleep':
        script.cluster.nowMs += each.ms
        script.reports({ type: 'alarmFired', nowMs: script.cluster.nowMs })
        return
      case 'observe':
        this.#observe(each, current + each.offset)
        return
      case 'late': {
        const round = Math.max(0, current + each.offset)
        // Honest members say one thing: here that the liar is late.
        const said = each.sender === LIAR ? each.members : 1 << LIAR
        script.receives(script.forge.late({ round, sender: each.sender, members: said }))
        return
      }
      case 'propose':
        this.#propose(each, current)
        return
      case 'share':
        this.#share(each, current)
        return
      case 'certify': {
        const round = Math.max(1, current + each.offset)
        const { expectedNext } = each
        const given = { round, slot: each.slot, signingSet: 0b111, expectedNext }
        script.receives(script.forge.certificate(given))
        return
      }
      case 'accuse':
        script.receives(script.forge.evidence(LIAR, each.round))
        return
      case 'ask': {
        const request = {
          type: 'syncRequest',
          round: Math.max(0, current + each.offset),
          observers: each.members,
        } as const
        script.reports({ type: 'syncRequested', nowMs, from: each.sender, request })
        return
      }
      case 'ahead':
        script.reports({ type: 'memberAhead', nowMs, member: each.sender, round: each.round })
        return
      case 'chain':
        script.reports(
          each.outcome === 'read'
            ? { type: 'chainRead', nowMs, target: 'chain', feeds: [] }
            : { type: 'transmitted', nowMs, target: 'chain', round: 1, outcome: each.outcome },
        )
        return
      case 'answer':
        // An answer that nobody waits for, such as one that comes twice.
        script.reports(
          each.what === 'shareSigned'
            ? { type: 'shareSigned', nowMs, round: current, slot: each.slot, share: null }
            : {
                type: 'combined',
                nowMs,
                round: current,
                attempt: each.slot,
                signature: null,
                culprits: 0,
              },
        )
        return
    }
  }

  #observe(each: Extract<Command, { do: 'observe' }>, round: number): void {
    if (round < 0) return
    const { script } = this
    const key = `${each.sender}/${round}`
    const known = this.#said.get(key)
    if (known !== undefined && each.sender !== LIAR) {
      script.receives(known)
      return
    }
    const own = script.state.rounds.get(round)?.pair ?? { expected: ALL, signing: 0b111 }
    const made = script.forge.observation({
      round,
      sender: each.sender,
      pair: each.pair === 'own' ? own : { expected: 0b0111, signing: 0b0111 },
      timestampMs: Math.max(0, script.openingMs(round) + each.timeMs),
      basis: { round: each.basis, slot: 0 },
      values: [6_000_000_000_000n + BigInt(each.lie)],
    })
    this.#said.set(key, made)
    script.receives(made)
  }

  /** Observers and signers whose observation is held: others are named by digests of nothing. */
  #held(): Members {
    const round = this.script.state.rounds.get(this.script.state.current)
    let held = 0
    round?.observations.forEach((each, index) => {
      if (each !== undefined) held |= 1 << index
    })
    return held
  }

  #propose(each: Extract<Command, { do: 'propose' }>, round: number): void {
    const { script } = this
    const held = this.#held()
    const observers = each.observers & held
    // Honest members propose at most once; the liar whatever it likes, for ranks not its own too.
    if (round < 1 || observers === 0 || !isSubset(each.signingSet, held)) return
    if (each.sender !== LIAR) return
    const lates = each.lates ? [script.forge.late({ round, sender: 1, members: 1 << LIAR })] : []
    script.receives(
      script.forge.proposal(script.observations(round), {
        round,
        sender: LIAR,
        rank: each.rank,
        observers,
        signingSet: each.signingSet,
        expectedNext: each.expectedNext,
        lates,
        ...(each.isDigestRight ? {} : { reportDigest: new Uint8Array(32) }),
      }),
    )
  }

  #share(each: Extract<Command, { do: 'share' }>, round: number): void {
    const { script } = this
    const held = this.#held()
    if (round < 1 || !isSubset(each.signingSet, held) || each.sender !== LIAR) return
    script.receives(
      script.forge.share(script.observations(round), {
        round,
        sender: LIAR,
        slot: each.slot,
        observers: held,
        signingSet: each.signingSet,
        expectedNext: ALL,
        // The ideal scheme needs the signer's own nonce; a liar's share may be anything.
        ...(each.isRight && hasMember(each.signingSet, LIAR)
          ? {}
          : { share: new Uint8Array(32).fill(each.slot + 1) }),
      }),
    )
  }
}

/** What §10.1 and S4 ask of everything that left the machine, in its order. */
function expectPromisesKept(seen: readonly Seen[], barrier: number): void {
  const promised = new Map<string, string>()
  const slots = new Set<string>()
  let erasedUpTo = 0
  for (const each of seen) {
    if (each.type !== 'effect') continue
    const { effect } = each
    if (effect.type === 'persist') {
      const key = `${effect.promise.kind}/${effect.promise.round}`
      expect(promised.has(key), `${key} promised twice`).toBe(false)
      promised.set(key, toHex(effect.promise.digest))
      expect(effect.promise.round).toBeGreaterThan(barrier)
    }
    if (effect.type === 'eraseNonces') erasedUpTo = Math.max(erasedUpTo, effect.upTo)
    if (effect.type === 'signShare') {
      expect(promised.get(`share/${effect.round}`)).toBe(toHex(effect.reportDigest))
      expect(slots.has(`${effect.round}/${effect.slot}`)).toBe(false)
      expect(effect.round).toBeGreaterThan(erasedUpTo)
      slots.add(`${effect.round}/${effect.slot}`)
    }
    if (effect.type !== 'broadcast') continue
    const { message, digest } = effect.message
    const kind = message.type === 'proposal' ? `proposal${message.rank}` : message.type
    const expected = message.type === 'share' ? message.reportDigest : digest
    expect(promised.get(`${kind}/${message.round}`)).toBe(toHex(expected))
  }
}

function expectWithinBounds(state: State): void {
  expect(state.rounds.size).toBeLessThanOrEqual(18)
  for (const round of state.rounds.values()) {
    expect(round.attempts.length).toBeLessThanOrEqual(3 * SIZE)
    expect(round.candidates.length).toBeLessThanOrEqual(3)
    expect(round.namers.length).toBeLessThanOrEqual(SIZE)
    expect(round.ownDigests.length).toBeLessThanOrEqual(7)
    for (let member = 0; member < SIZE; member++) {
      expect(sharesOf(round, member).length).toBeLessThanOrEqual(3)
    }
  }
  expect(state.targets.size).toBeLessThanOrEqual(1)
}

/** The same events through a fresh machine. */
function replayed(seen: readonly Seen[]): readonly Effect[] {
  const context = contextOf(crypto, test4.committee)
  const state = initialState(test4.committee, SELF)
  const events = seen.flatMap((each): Event[] => (each.type === 'event' ? [each.event] : []))
  return events.flatMap((event) => step(context, state, event))
}

/** Bytes as text, so that effects compare quickly. */
const asText = (effects: readonly Effect[]) =>
  effects.map((effect) =>
    JSON.stringify(effect, (_key, value: unknown) => {
      if (value instanceof Uint8Array) return toHex(value)
      return typeof value === 'bigint' ? `${value}` : value
    }),
  )

const story = fc.array(command, { minLength: 10, maxLength: 120, size: 'max' })

describe('the machine under any events (protocol §12: S4, S6, S7, S8)', () => {
  test('never throws, keeps its promises and its bounds, convicts nobody honest, and replays', () => {
    fc.assert(
      fc.property(story, fc.integer({ min: 0, max: 3 }), (commands, refused) => {
        const told = new Story(refused)
        for (const each of commands) {
          told.play(each)
          const { state } = told.script
          expectWithinBounds(state)
          expect(state.convicted & ~(1 << LIAR)).toBe(0)
          expect(state.alarmMs ?? 0).toBeGreaterThan(state.nowMs)
        }
        expectPromisesKept(told.seen, FIRST - 1)
        const effects = told.seen.flatMap((each): Effect[] =>
          each.type === 'effect' ? [each.effect] : [],
        )
        expect(asText(replayed(told.seen))).toEqual(asText(effects))
      }),
      runs(300),
    )
  })
})
