import { describe, expect, test } from 'vitest'
import { contextOf, orderOf } from '../../../aggregator/context.ts'
import type { StatementsTaken } from '../../../aggregator/handover/admission.ts'
import { APPROVAL_ENDS_MS, type Handover } from '../../../aggregator/handover/handover.ts'
import { ATTEMPT_MS } from '../../../aggregator/handover/machine.ts'
import {
  digestOfStatement,
  type Offer,
  sealStatement,
} from '../../../aggregator/handover/statements.ts'
import { idealScheme } from '../../../aggregator/signing/ideal.ts'
import { listMembers, membersOf, withoutMember } from '../../../aggregator/values/ids.ts'
import { Cluster, type ClusterOptions } from '../../support/cluster.ts'
import { referenceCrypto, signDigest, testCommittee } from '../../support/committee.ts'
import { type Core, coreWithout, type Edit, WHOLE_CORE } from '../../support/edited-core.ts'
import { Forge } from '../../support/forge.ts'
import { dividedSession, HandoverWorld, someHandover } from '../../support/handover.ts'
import { opened, ROUND, Script } from '../../support/script.ts'

// Rules of the protocol marked †, of which a story of one member or one round says more than runs
// of whole committees (the file of this name in test/simulation): the attack with it and without.

const committee = testCommittee()
const { context } = new Cluster({ test: committee })
const ALL = 0b1111
const FAULTY = 3
/** No fast path: nobody's own pair. */
const OTHER = { expected: ALL, signing: 0 }
/** A round in which the faulty one proposes at no rank, and the one before it in turn order. */
const STAGE = [10, 11, 12, 13, 14, 15].find(
  (round) => !orderOf(context, round).slice(0, 2).includes(FAULTY),
) as number
const [RANK_ZERO, RANK_ONE] = orderOf(context, STAGE) as [number, number]
const VICTIM = [0, 1, 2].find((each) => each !== RANK_ZERO && each !== RANK_ONE) as number

/** What an attack comes to: what is seen with the rule, and without it. */
interface Story {
  readonly rule: string
  readonly about: string
  readonly off: readonly Edit[]
  readonly told: (core: Core) => unknown
  readonly ends: readonly [withRule: unknown, without: unknown]
}

/** How the staged round ends at each honest member: its slot, or '-'. */
function endings(given: Omit<ClusterOptions, 'test'>, act?: (cluster: Cluster) => void): string {
  const { roundMs } = committee.committee.params.timing
  const cluster = new Cluster({ test: committee, ...given })
  cluster.start((STAGE - 2) * roundMs + 1)
  cluster.runTo(STAGE * roundMs)
  act?.(cluster)
  cluster.runTo((STAGE + 1) * roundMs - 1)
  const certified = cluster.effectsOf('certified')
  return [0, 1, 2]
    .map((member) => {
      const own = certified.find(
        (each) => each.member === member && each.effect.certificate.message.round === STAGE,
      )
      return own?.effect.certificate.message.slot ?? '-'
    })
    .join('')
}

/** Proposals of one member, made of observations that nobody holds. */
function forged(cluster: Cluster, sender: number, ranks: readonly (0 | 1)[]): void {
  const forge = new Forge(committee, cluster.context)
  const pair = cluster.machines[0]?.state.rounds.get(STAGE)?.pair ?? OTHER
  const observations = [0, 1, 2, 3].map((each) =>
    forge.observation({ round: STAGE, sender: each, pair }),
  )
  const sets = { observers: 0b0111, signingSet: 0b0111, expectedNext: 0b0111 }
  for (const rank of ranks) {
    const proposal = forge.proposal(observations, { round: STAGE, sender, rank, ...sets })
    for (const to of [0, 1, 2]) if (to !== sender) cluster.deliver(to, proposal, 0)
  }
}

/** A member that holds everybody's observation in time, and no fast path. */
function heard({ createMachine }: Core, pair = OTHER): Script {
  const script = new Script({ self: FAULTY, createMachine }).starts(STAGE).waits(0, STAGE)
  for (const sender of [0, 1, 2]) {
    script.receives(script.forge.observation({ round: STAGE, sender, pair }))
  }
  return script
}

/** Whether a member signs what the first proposer puts. */
function isSigned(script: Script, sets: { observers?: number; expectedNext?: number }): boolean {
  const signingSet = withoutMember(ALL, VICTIM)
  const choice = { observers: ALL, signingSet, expectedNext: ALL, ...sets }
  const about = { round: STAGE, sender: RANK_ZERO, rank: 0 as const, ...choice }
  const proposal = script.forge.proposal(script.observations(STAGE), about)
  script.waits(130, STAGE).receives(proposal)
  return script.all('signShare').some(({ slot }) => slot === 1)
}

const accused = (script: Script, round: number) =>
  script.sent('late').find((late) => late.round === round)?.members ?? 0

/** The better certificate, from which all others started, comes when the pair is frozen already. */
function accusedWhenBehind({ createMachine }: Core): number {
  const script = opened({ createMachine }).waits(100)
  script.receives(script.forge.certificate({ round: ROUND, signingSet: 0b0111, expectedNext: ALL }))
  script.waits(1, ROUND + 1)
  const sets = { signingSet: 0b1110, expectedNext: 0b1110 }
  const pair = { expected: sets.expectedNext, signing: sets.signingSet }
  const basis = { round: ROUND, slot: 2 }
  for (const sender of [1, 2, 3]) {
    script.receives(script.forge.observation({ round: ROUND + 1, sender, pair, basis }))
  }
  script.receives(script.forge.certificate({ ...basis, ...sets }))
  return accused(script.waits(60, ROUND + 1), ROUND + 1)
}

/** Whom a proposer remembers when one of its signers answers with a share on something else. */
function rememberedByProposer({ createMachine }: Core): readonly number[] {
  const script = new Script({ self: RANK_ZERO, createMachine }).starts(STAGE).waits(0, STAGE)
  const others = [0, 1, 2, 3].filter((each) => each !== RANK_ZERO)
  for (const sender of others) {
    script.receives(script.forge.observation({ round: STAGE, sender, pair: OTHER }))
  }
  script.waits(125, STAGE)
  const [proposal] = script.sent('proposal')
  if (proposal === undefined) throw new Error('it was to propose')
  const { observers, signingSet } = proposal
  const signers = listMembers(signingSet).filter((each) => each !== RANK_ZERO)
  for (const sender of signers) {
    const expectedNext = sender === signers[0] ? withoutMember(ALL, FAULTY) : ALL
    const sets = { observers, signingSet, expectedNext }
    const about = { round: STAGE, sender, slot: 1, ...sets }
    script.receives(script.forge.share(script.observations(STAGE), about))
  }
  script.waits(240, STAGE)
  return signers.map((each) => Number((script.state.unansweredUntil[each] ?? 0) > STAGE))
}

/** The signers of eight rounds in which one of the first listed sends wrong shares. */
function failedAttempts({ createMachine }: Core): number {
  const { roundMs } = committee.committee.params.timing
  const cluster = new Cluster({
    test: committee,
    createMachine,
    signs: (member, share) => (member === 0 ? share.fill(7) : share),
  })
  cluster.start(8 * roundMs + 1)
  cluster.runTo(18 * roundMs - 1)
  const notes = cluster.effectsOf('note').filter(({ effect }) => effect.code === 'SHARE_INVALID')
  return new Set(notes.map(({ effect }) => effect.round)).size
}

/** A certificate of rounds that are far ahead of a node whose clock is behind. */
function verdictOnCertificate({ validate }: Core): string {
  const forge = new Forge(committee, context)
  const { bytes } = forge.certificate({ round: 500, signingSet: 0b0111, expectedNext: ALL })
  return validate(context, bytes, { topic: 'reports', currentRound: 10 }).verdict
}

const handover = someHandover()
const signedBy = (of: HandoverWorld) =>
  of.members.filter(({ index, disk }) => of.isHonest(index) && disk.signed !== null).length

/** How many honest members hold a hand-over that one coordinator divides them over. */
function signedWhenDivided(core: Core): number {
  const liars = [0, 3, 6]
  const of: HandoverWorld = new HandoverWorld({
    ...{ test: testCommittee({ size: 10 }), scheme: idealScheme(1), seed: 'step', core },
    // What it says itself comes before what others pass on.
    delayMsMax: 1,
    lies: Object.fromEntries(liars.map((liar) => [liar, dividedSession(liar, liars, () => of)])),
  })
  for (const { index } of of.members) of.approve(index, handover)
  of.run(30 * ATTEMPT_MS)
  return signedBy(of)
}

/** How many hold a hand-over whose last approval comes long after its time. */
function signedAfterItsTime(core: Core): number {
  const of = new HandoverWorld({
    ...{ test: committee, scheme: idealScheme(1), seed: 'step', core, delayMsMax: 1 },
  })
  const activeFromMs = 1_000_000_000 + 2 * ATTEMPT_MS - APPROVAL_ENDS_MS
  const late: Handover = someHandover({ activeFromMs })
  for (const index of [0, 1]) of.approve(index, late)
  of.run(2 * ATTEMPT_MS)
  of.approve(2, late)
  of.run(10 * ATTEMPT_MS)
  return signedBy(of)
}

/** Signatures that are checked of twenty offers of one member for one attempt. */
function checkedOfOffers({ judgeStatement }: Core): number {
  let checked = 0
  const counting = contextOf(
    {
      ...referenceCrypto,
      verifyMessage: (...given) => {
        checked += 1
        return referenceCrypto.verifyMessage(...given)
      },
    },
    committee.committee,
  )
  const point = Uint8Array.of(2, ...new Uint8Array(31), 1)
  const taken: StatementsTaken = new Map()
  for (let nth = 0; nth < 20; nth++) {
    const commitment = { hiding: point, binding: point }
    const message = new Uint8Array(32).fill(nth)
    const offer: Offer = { type: 'offer', sender: 1, attempt: 400, message, commitment }
    const key = committee.identityKeys[1] as Uint8Array
    const signature = signDigest(key, digestOfStatement(counting, offer))
    const { bytes } = sealStatement(counting, offer, signature)
    judgeStatement(counting, taken, { bytes, nowMs: 400 * ATTEMPT_MS })
  }
  return checked
}

const STORIES: readonly Story[] = [
  {
    rule: '§4.2 certificates of any round',
    about: 'a node whose clock is behind could follow nothing',
    off: [
      {
        file: 'messages/validate.ts',
        rule: '    const { bestRound = 0 } = arrival\n',
        without:
          '    const { bestRound = 0, currentRound } = arrival\n' +
          "    if (decoded.round > currentRound + 1) return ignore('ROUND_AHEAD')\n",
      },
    ],
    told: verdictOnCertificate,
    ends: ['accept', 'ignore'],
  },
  {
    rule: '§6.5 the basis of the frozen pair',
    about: 'a node that caught up since accuses everybody',
    off: [
      {
        file: 'agreement/late.ts',
        rule: 'message.basis, round.basis)) higher += 1',
        without: 'message.basis, turn.state.best?.message ?? round.basis)) higher += 1',
      },
      {
        file: 'agreement/late.ts',
        rule: '|| isHigher(named.basis, round.basis))',
        without: ')',
      },
    ],
    told: accusedWhenBehind,
    ends: [0, 0b1110],
  },
  {
    rule: '§6.5 a node that stood still',
    about: 'it finds everybody missing, and adds its voice to slander',
    off: [
      {
        file: 'phases/agree.ts',
        rule: 'if (turn.nowMs > round.openingMs + includeMs + hopMs) return',
        without: '',
      },
    ],
    told: ({ createMachine }) => {
      const script = opened({ createMachine }).sleeps(85)
      for (const sender of [1, 2, 3]) script.receives(script.observation(sender))
      return accused(script, ROUND)
    },
    ends: [0, 0b1110],
  },
  {
    rule: '§6.6 the proposer knows what it proposed',
    about: 'any share excuses whoever spoils the attempt',
    off: [
      {
        file: 'agreement/silence.ts',
        rule: 'proposer === turn.state.self\n',
        without: 'false\n',
      },
    ],
    told: rememberedByProposer,
    ends: [
      [1, 0],
      [0, 0],
    ],
  },
  {
    rule: '§6.6 a wrong share is no answer',
    about: 'its sender is named again, and fails attempt after attempt',
    off: [
      {
        file: 'phases/certify.ts',
        rule: 'rankLast(turn, event.round, event.culprits)',
        without: '',
      },
    ],
    told: (core) => failedAttempts(core) > 2,
    ends: [false, true],
  },
  {
    rule: '§6.7 own clock',
    about: 'a proposal before its time takes the round from the fast path',
    off: [
      {
        file: 'phases/agree.ts',
        rule: 'return round.openingMs + cutMs + rank * backupMs - clockSkewMsMax',
        without: 'return round.openingMs',
      },
    ],
    told: ({ createMachine }) => {
      const script = new Script({ self: VICTIM, createMachine }).starts(STAGE).waits(0, STAGE)
      const others = [0, 1, 2].filter((each) => each !== VICTIM)
      for (const sender of others) {
        const pair = script.pair(STAGE)
        script.receives(script.forge.observation({ round: STAGE, sender, pair }))
      }
      const sets = { observers: 0b0111, signingSet: 0b0111, expectedNext: ALL }
      const about = { round: STAGE, sender: RANK_ZERO, rank: 0 as const, ...sets }
      // Three are here and the fourth is on its way: signed now, this binds to less than everybody.
      script.receives(script.forge.proposal(script.observations(STAGE), about)).waits(10, STAGE)
      return bindsTo(script, 10)
    },
    ends: ['fast', 'early'],
  },
  {
    rule: '§6.7 a complete pair held by fastMs binds, and who was here in time is included',
    about: 'a proposer leaves out whom it likes',
    off: [
      {
        file: 'agreement/judge.ts',
        rule: 'if (round.isCompleteInTime && round.completePair !== null)',
        without: 'if (false)',
      },
      {
        file: 'agreement/judge.ts',
        rule: 'return isSubset(mustInclude, observers)',
        without: 'return true',
      },
    ],
    told: (core) => {
      const pair = { expected: ALL, signing: 0b0111 }
      return isSigned(heard(core, pair), { observers: withoutMember(ALL, VICTIM) })
    },
    ends: [false, true],
  },
  {
    rule: '§6.7 by fastMs, on the own clock',
    about: 'one observation after fastMs to one signer, and never to proposers, loses the round',
    off: [
      {
        file: 'agreement/judge.ts',
        rule: 'if (round.isCompleteInTime && round.completePair !== null)',
        without: 'if (round.completePair !== null)',
      },
    ],
    told: ({ createMachine }) =>
      endings({
        createMachine,
        delayMs: (from, to, message) => {
          if (from !== FAULTY || message.type !== 'observation' || message.round !== STAGE) return 1
          return to === VICTIM ? 100 : null
        },
      }),
    ends: ['111', '---'],
  },
  {
    rule: '§6.7 nobody against whom n−f late notices are held',
    about: 'a proposer keeps who is late for everybody, so that each round is slow',
    off: [
      {
        file: 'agreement/expected-next.ts',
        rule: ' && (proposed & lateForAll) === 0',
        without: '',
      },
    ],
    told: (core) => {
      const script = heard(core).waits(65, STAGE)
      for (const sender of [0, 1, 2]) {
        const members = membersOf([VICTIM])
        script.receives(script.forge.late({ round: STAGE, sender, members }))
      }
      return isSigned(script, {})
    },
    ends: [false, true],
  },
  {
    rule: '§6.7 the member whose turn it is',
    about: 'anybody takes the places of the right proposers, and the round is lost',
    off: [
      {
        file: 'phases/collect.ts',
        rule: "if (orderOf(turn.context, round.round)[rank] !== sender) return 'nothing'",
        without: '',
      },
    ],
    told: ({ createMachine }) =>
      endings({ createMachine, silent: [FAULTY] }, (cluster) => forged(cluster, FAULTY, [0, 1])),
    ends: ['111', '---'],
  },
  {
    rule: '§9.3 back from a pause',
    about: 'a member whose key another took over contradicts itself when it wakes',
    off: [
      {
        file: 'phases/observe.ts',
        rule: 'if (isBackFromPause(before, round))',
        without: 'if (false)',
      },
    ],
    told: ({ createMachine }) => {
      const round = ROUND + 3
      const script = opened({ createMachine }).sleeps(1, round)
      script.reports({ type: 'alarmFired', nowMs: script.cluster.nowMs })
      // What the other process said in this round is read only now.
      const pair = { expected: ALL, signing: 0b0111 }
      script.receives(script.forge.observation({ round, sender: 0, pair, values: [1n] }))
      return script.sent('observation').filter((each) => each.round === round).length
    },
    ends: [0, 1],
  },
  {
    rule: '§11.2 two sessions of a window',
    about: 'one coordinator makes honest members rank each other last, for ever',
    off: [
      {
        file: 'handover/ranking.ts',
        rule: 'if (isContradicted) return [session.statement.sender]',
        without: '',
      },
    ],
    told: signedWhenDivided,
    ends: [7, 0],
  },
  {
    rule: '§11.2 one of a type, before a signature is checked',
    about: 'one member signs statements without end, and all are checked and passed on',
    off: [
      {
        file: 'handover/admission.ts',
        rule: 'const isSecond = hasMember(ofAttempt[type], sender)',
        without: 'const isSecond = false',
      },
    ],
    told: checkedOfOffers,
    ends: [1, 20],
  },
  {
    rule: '§11.2 an approval lapses',
    about: 'whoever approves last has it signed long after its time',
    off: [
      {
        file: 'handover/step.ts',
        rule: 'if (!hasLapsed(approved.handover, nowMs)) return',
        without: 'return',
      },
    ],
    told: signedAfterItsTime,
    ends: [0, 4],
  },
]

/** Whether a member is bound to the report over everybody, or to what was proposed too soon. */
function bindsTo(script: Script, atMs: number): 'fast' | 'early' {
  const pair = script.pair(STAGE)
  script.waits(atMs + 1, STAGE)
  script.receives(script.forge.observation({ round: STAGE, sender: FAULTY, pair }))
  const slots = script
    .all('signShare')
    .flatMap(({ round, slot }) => (round === STAGE ? [slot] : []))
  return slots[0] === 0 ? 'fast' : 'early'
}

describe('† an attack that its rule stops works when the rule is switched off', () => {
  test.each(STORIES)('$rule: $about', async ({ off, told, ends }) => {
    expect(told(WHOLE_CORE)).toEqual(ends[0])
    expect(told(await coreWithout(off))).toEqual(ends[1])
  })

  test('a rule that has moved is said to have, or its attack would show nothing', async () => {
    const off = [{ file: 'step.ts', rule: 'no such rule', without: '' }]
    await expect(coreWithout(off)).rejects.toThrow('does not say this once')
  })
})
