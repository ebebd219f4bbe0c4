import { describe, expect, test } from 'vitest'
import { APPROVAL_ENDS_MS, handoverMessageOf } from '../../../../aggregator/handover/handover.ts'
import {
  ATTEMPT_MS,
  type HandoverEffect,
  initialHandover,
} from '../../../../aggregator/handover/machine.ts'
import { stepHandover } from '../../../../aggregator/handover/step.ts'
import { frostScheme } from '../../../../aggregator/signing/frost.ts'
import { idealScheme } from '../../../../aggregator/signing/ideal.ts'
import { toHex } from '../../../../aggregator/values/bytes.ts'
import { referenceCrypto, testCommittee } from '../../../support/committee.ts'
import { dividedSession, HandoverWorld, type Lie, someHandover } from '../../../support/handover.ts'

const four = testCommittee({ size: 4 })
const seven = testCommittee({ size: 7 })
const ideal = idealScheme(1)
/** A compressed key whose x lies on no point of the curve. */
const NO_POINT = Uint8Array.of(2, ...new Uint8Array(31), 5)
const handover = someHandover()
const other = someHandover({ activeFromMs: handover.activeFromMs + 1 })

function world(options: Partial<ConstructorParameters<typeof HandoverWorld>[0]> = {}) {
  return new HandoverWorld({ test: four, scheme: ideal, seed: 'step', ...options })
}

function approveAll(of: HandoverWorld, given = handover): void {
  for (const { index } of of.members) of.approve(index, given)
}

/** What honest members hold in the end, as text, each once. */
function signedBy(of: HandoverWorld): readonly string[] {
  const honest = of.members.filter(({ index }) => of.isHonest(index))
  return [
    ...new Set(
      honest.map(({ disk }) =>
        disk.signed === null
          ? 'nothing'
          : toHex(handoverMessageOf(of.context.crypto.keccak256, disk.signed.handover)),
      ),
    ),
  ]
}

const keccak = referenceCrypto.keccak256
const message = toHex(handoverMessageOf(keccak, handover))

test('given everybody approves, when one attempt is over, then all hold the signature', () => {
  const of = world({ scheme: frostScheme })
  approveAll(of)
  of.run(2 * ATTEMPT_MS)
  expect(signedBy(of)).toEqual([message])
})

test('given fewer than t approve, then nobody locks and nothing is signed', () => {
  const of = world()
  for (const index of [0, 1]) of.approve(index, handover)
  of.run(10 * ATTEMPT_MS)
  expect(signedBy(of)).toEqual(['nothing'])
  expect(of.members.map(({ disk }) => disk.locks.size)).toEqual([0, 0, 0, 0])
})

test('given t approve, then the one that does not holds the signature too', () => {
  const of = world()
  for (const index of [0, 1, 2]) of.approve(index, handover)
  of.run(5 * ATTEMPT_MS)
  expect(signedBy(of)).toEqual([message])
})

test('given a hand-over was signed, then a second one of the epoch is refused everywhere', () => {
  const of = world()
  approveAll(of)
  of.run(2 * ATTEMPT_MS)
  approveAll(of, other)
  of.run(10 * ATTEMPT_MS)
  expect(signedBy(of)).toEqual([message])
  expect(of.members.map(({ refused }) => refused)).toEqual([[2], [2], [2], [2]])
  expect(of.shares.every((share) => share.message === message)).toBe(true)
})

test('given members are locked to one, then those cannot be talked into another', () => {
  const withhold: Lie = (said) => (said.type === 'share' ? null : said)
  // Two of four are silent about their shares, beyond f: the others are locked without a signature.
  const of = world({ lies: { 2: withhold, 3: withhold } })
  approveAll(of)
  of.run(10 * ATTEMPT_MS)
  expect(of.members.slice(0, 2).map(({ disk }) => disk.locks.size)).toEqual([1, 1])
  approveAll(of, other)
  of.run(20 * ATTEMPT_MS)
  expect(of.members.slice(0, 2).map(({ refused }) => refused)).toEqual([[2], [2]])
  expect(of.shares.filter((share) => share.member < 2 && share.message !== message)).toEqual([])
})

test('given a signer that is away when it is to lock, then it is asked again', () => {
  const of = world({ away: [1] })
  for (const index of [0, 1, 2]) of.approve(index, handover)
  of.run(12 * ATTEMPT_MS)
  expect(signedBy(of)).toEqual([message])
  expect([0, 1, 2].map((index) => of.members[index]?.disk.locks.size)).toEqual([1, 1, 1])
})

test('given an approval was withdrawn, then the member offers and signs no more', () => {
  const of = world()
  for (const index of [0, 1]) of.approve(index, handover)
  of.run(ATTEMPT_MS)
  of.approve(1, null)
  of.run(ATTEMPT_MS)
  of.approve(2, handover)
  of.run(10 * ATTEMPT_MS)
  expect(signedBy(of)).toEqual(['nothing'])
})

describe('f Byzantine members do not keep the others from the signature', () => {
  const lies: Readonly<Record<string, Lie>> = {
    'that say nothing': () => null,
    'that withhold their shares': (said) => (said.type === 'share' ? null : said),
    'that send wrong shares': (said, _, random) =>
      said.type === 'share' ? { ...said, share: random() } : said,
    'that send a wrong share to every other one': (said, to, random) =>
      said.type === 'share' && to % 2 === 0 ? { ...said, share: random() } : said,
    'that offer other nonces to each': (said, _, random) => {
      if (said.type !== 'offer') return said
      const hiding = Uint8Array.of(2, ...random())
      return { ...said, commitment: { ...said.commitment, hiding } }
    },
    'that name their signers to one alone': (said, to) =>
      said.type === 'session' && to !== 0 ? null : said,
    'that approve another one': (said) => ({ ...said, message: new Uint8Array(32) }),
  }
  test.each(Object.entries(lies))('%s', (_, lie) => {
    const ofFour = world({ lies: { 3: lie } })
    approveAll(ofFour)
    ofFour.run(12 * ATTEMPT_MS)
    expect(signedBy(ofFour)).toEqual([message])
    const ofSeven = world({ test: seven, lies: { 1: lie, 5: lie } })
    approveAll(ofSeven)
    ofSeven.run(20 * ATTEMPT_MS)
    expect(signedBy(ofSeven)).toEqual([message])
  })
})

describe('a member that is killed at any effect finds its promise and signs nothing else', () => {
  const effects: readonly HandoverEffect['type'][] = [
    'commit',
    'broadcast',
    'lock',
    'signShare',
    'combine',
    'keepSigned',
    'publishSigned',
  ]
  const points = effects.flatMap((effect) => [
    { effect, when: 'before' as const },
    { effect, when: 'after' as const },
  ])
  test.each(points)('$when $effect', ({ effect, when }) => {
    // The first three sign: without the fourth, every one of them is needed again after its end.
    const crashes = [0, 1, 2].map((member) => ({ member, effect, when }))
    const of = world({ crashes, lies: { 3: () => null } })
    for (const index of [0, 1, 2]) of.approve(index, handover)
    of.run(3 * ATTEMPT_MS)
    for (const index of [0, 1, 2]) {
      // An operator who changes its mind between two processes meets the lock, if there is one.
      if (of.members[index]?.disk.locks.size === 0) of.approve(index, handover)
    }
    of.run(20 * ATTEMPT_MS)
    expect(signedBy(of)).toEqual([message])
    expect(of.shares.every((share) => share.message === message)).toBe(true)
    expect(of.members.some(({ crash }, index) => index < 3 && crash === null)).toBe(true)
  })
})

describe('a coordinator that shows each member another session', () => {
  const attacked = (test: typeof four, liars: readonly number[]) => {
    const of: HandoverWorld = world({
      test,
      // What it says itself comes before what others pass on.
      delayMsMax: 1,
      lies: Object.fromEntries(liars.map((liar) => [liar, dividedSession(liar, liars, () => of)])),
    })
    approveAll(of)
    return of
  }

  test('does not make honest members rank each other last, and so keep the committee for ever', () => {
    const of = attacked(four, [0])
    of.run(8 * ATTEMPT_MS)
    expect(signedBy(of)).toEqual([message])
  })

  test('nor do three of ten, whose turns come so often that memories of silence are made anew', () => {
    const of = attacked(testCommittee({ size: 10 }), [0, 3, 6])
    of.run(30 * ATTEMPT_MS)
    expect(signedBy(of)).toEqual([message])
  })
})

test('of two that were silent the one whose silence is longest ago is named first', () => {
  // Six of seven approve and five sign: with one that never answers, all others are needed, the one
  // that is back among them.
  const [silent, away] = [0, 3]
  const backMs = 1_000_000_000 + ATTEMPT_MS
  const keepsBack = (member: number): Lie => {
    return (said) => {
      if (said.type !== 'share' || (member === away && of.nowMs > backMs)) return said
      const { attempt } = (of.members[member] as HandoverWorld['members'][number]).state
      attempt.combining = 'busy'
      return null
    }
  }
  const lies = { [silent]: keepsBack(silent), [away]: keepsBack(away) }
  const of: HandoverWorld = world({ test: seven, lies })
  for (const { index } of of.members.slice(0, 6)) of.approve(index, handover)
  // In the last of these attempts a member coordinates that saw both of them silent.
  of.run(5 * ATTEMPT_MS)
  expect(signedBy(of)).toEqual([message])
})

test('a member whose commitment is no point does not make others look silent, and is named no more', () => {
  const spoils: Lie = (said) => {
    const { attempt } = (of.members[0] as HandoverWorld['members'][number]).state
    attempt.combining = 'busy'
    if (said.type !== 'offer') return null
    const { commitment, ...head } = said
    const nothing = new Uint8Array(32)
    // Nobody can sign with this offer, and whoever made it has said something all the same.
    return [
      { ...said, commitment: { ...commitment, hiding: NO_POINT } },
      { ...head, type: 'share', session: nothing, share: nothing },
    ]
  }
  const of: HandoverWorld = world({ scheme: frostScheme, lies: { 0: spoils } })
  approveAll(of)
  of.run(8 * ATTEMPT_MS)
  expect(signedBy(of)).toEqual([message])
})

test('a share of another session is no answer: its sender ranks last, and not first for ever', () => {
  const elsewhere: Lie = (said) => {
    const { attempt } = (of.members[0] as HandoverWorld['members'][number]).state
    attempt.combining = 'busy'
    if (said.type === 'session') return null
    return said.type === 'share' ? { ...said, session: new Uint8Array(32) } : said
  }
  const of: HandoverWorld = world({ lies: { 0: elsewhere } })
  approveAll(of)
  of.run(8 * ATTEMPT_MS)
  expect(signedBy(of)).toEqual([message])
})

describe('an approval lapses, or the last to approve would end a term in the past (§11.2)', () => {
  /** Void after two windows of a world. */
  const late = someHandover({ activeFromMs: 1_000_000_000 + 2 * ATTEMPT_MS - APPROVAL_ENDS_MS })

  test('given one approval too few until long after its time, then the last one signs nothing', () => {
    const of = world({ delayMsMax: 1 })
    for (const index of [0, 1]) of.approve(index, late)
    of.run(2 * ATTEMPT_MS)
    of.approve(2, late)
    of.run(10 * ATTEMPT_MS)
    expect(signedBy(of)).toEqual(['nothing'])
    expect(of.members.map(({ disk }) => disk.locks.size)).toEqual([0, 0, 0, 0])
    expect(of.members.map(({ lapsed }) => lapsed)).toEqual([[2], [2], [2], []])
  })

  test('given all approve before, then it is signed after its time as well', () => {
    const of = world()
    approveAll(of, late)
    of.run(2 * ATTEMPT_MS)
    expect(signedBy(of)).not.toEqual(['nothing'])
  })

  const told = (isLocked: boolean) => {
    const { context } = world()
    const state = initialHandover(0, 4)
    const locks = isLocked ? [{ epoch: late.epoch, message: handoverMessageOf(keccak, late) }] : []
    const nowMs = late.activeFromMs
    stepHandover(context, state, { type: 'started', nowMs, locks, signed: null })
    stepHandover(context, state, { type: 'approved', nowMs, handover: late })
    const ticked = (afterMs: number) => {
      const effects = stepHandover(context, state, { type: 'ticked', nowMs: nowMs + afterMs })
      return effects.map(({ type }) => type)
    }
    const lastMs = APPROVAL_ENDS_MS - ATTEMPT_MS
    return [ticked(lastMs), ticked(APPROVAL_ENDS_MS), ticked(2 * APPROVAL_ENDS_MS)]
  }

  test('given nothing was locked, then it offers until then and says so once', () => {
    expect(told(false)).toEqual([['commit'], ['lapse'], []])
  })

  test('given it is locked, then it goes on: whoever has all shares may have signed it', () => {
    expect(told(true)).toEqual([['commit'], ['commit'], ['commit']])
  })
})
