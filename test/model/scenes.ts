import { orderOf } from '../../aggregator/context.ts'
import type { Effect } from '../../aggregator/effects.ts'
import type {
  GossipMessage,
  Observation,
  Proposal,
  Verified,
} from '../../aggregator/messages/messages.ts'
import { sealOwn } from '../../aggregator/messages/validate.ts'
import { idealScheme } from '../../aggregator/signing/ideal.ts'
import type { State } from '../../aggregator/state/state.ts'
import { referenceCrypto, signDigest, testCommittee } from '../support/committee.ts'
import { commitmentsOf, nonceOf } from '../support/forge.ts'
import { Script } from '../support/script.ts'
import type { Answer, Exploration, Happening } from './explore.ts'

const SELF = 0
/** Equivocates, and does whatever else the scene makes it do. */
const FAULTY = 3
const ALL = 0b1111

const test = testCommittee()
const crypto = { ...referenceCrypto, threshold: idealScheme(1) }

/** Rules that can be switched off, to show that their absence is found. */
const SPOILERS = {
  /** Forgets what it signed, so it signs whatever looks signable. */
  unlocked: (state: State, effects: readonly Effect[]) => {
    for (const round of state.rounds.values()) round.signed = null
    return effects
  },
  /** Acts in the round in which it was started anew. */
  forgetful: (state: State, effects: readonly Effect[], life: number) => {
    if (life > 0) state.barrier = 0
    return effects
  },
  /** Speaks before it is durable. */
  hasty: (_state: State, effects: readonly Effect[]) =>
    effects.filter(({ type }) => type !== 'persist'),
  /** Calls everybody late who is not there at once. */
  accusing: (state: State, effects: readonly Effect[]) => {
    for (const round of state.rounds.values()) round.counted &= 1 << state.self
    return effects
  },
} as const

export type Spoiler = keyof typeof SPOILERS

export type SceneName =
  | 'observing'
  | 'restarting'
  | 'equivocating'
  | 'proposed'
  | 'proposed-twice'
  | 'proposing'

/** Who proposes first in the round, and what may reach the member in it. */
interface Scene {
  readonly proposer: number
  readonly restarts: Exploration['restarts']
  readonly happenings: (bench: Bench) => readonly Happening[]
}

const SCENES: Readonly<Record<SceneName, Scene>> = {
  /** Observations, shares of the fast path, and the certificate that it makes. */
  observing: {
    proposer: 1,
    restarts: 'none',
    happenings: (bench) => [
      ...bench.observations('one-story'),
      bench.share('fast share of 1', 1),
      bench.share('fast share of 2', 2),
    ],
  },
  /** The process is killed at some moment, and what started in its place sees another market. */
  restarting: {
    proposer: 1,
    restarts: 'once',
    happenings: (bench) => [...bench.observations('one-story'), bench.proposalOfAll('proposal')],
  },
  /** The faulty member tells two stories and calls an honest one late. */
  equivocating: {
    proposer: 1,
    restarts: 'none',
    happenings: (bench) => [
      ...bench.observations('two-stories'),
      bench.late('late notice of 3 about 1', FAULTY, 0b0010),
    ],
  },
  /** The faulty member proposes, and another one after it proposes something else. */
  proposed: {
    proposer: FAULTY,
    restarts: 'none',
    happenings: (bench) => [
      ...bench.observations('one-story'),
      bench.proposal('proposal of 3 over 0, 1, 3', { observers: 0b1011, signingSet: 0b1011 }),
      bench.backup('next proposal over 0, 1, 2', { observers: 0b0111, signingSet: 0b0111 }),
    ],
  },
  /** The faulty member proposes two different things over two stories. */
  'proposed-twice': {
    proposer: FAULTY,
    restarts: 'none',
    happenings: (bench) => [
      ...bench.observations('two-stories'),
      bench.proposal('proposal of 3 over 0, 1, 3', { observers: 0b1011, signingSet: 0b1011 }),
      bench.proposal('proposal of 3 over 0, 2, 3', {
        observers: 0b1101,
        signingSet: 0b1101,
        version: 1,
      }),
    ],
  },
  /** The member itself proposes, once its time has come. */
  proposing: {
    proposer: SELF,
    restarts: 'none',
    happenings: (bench) => [
      ...bench.observations('one-story'),
      bench.late('late notice of 1 about 3', 1, 0b1000),
      bench.late('late notice of 2 about 3', 2, 0b1000),
    ],
  },
}

export const SCENE_NAMES = Object.keys(SCENES) as readonly SceneName[]

/** A scene ready to be explored, with a rule switched off if the caller says so. */
export function sceneOf(
  name: SceneName,
  given: { readonly spoiler?: Spoiler; readonly statesMax: number },
): Exploration {
  const { proposer, restarts, happenings } = SCENES[name]
  const bench = new Bench(proposer)
  const { spoiler, statesMax } = given
  return {
    context: bench.script.context,
    start: bench.script.state,
    round: bench.round,
    faulty: 1 << FAULTY,
    happenings: happenings(bench),
    restarts,
    answer: (effect, life) => bench.answer(effect, life),
    statesMax,
    ...(spoiler !== undefined && { spoil: SPOILERS[spoiler] }),
  }
}

type Chosen = Pick<Proposal, 'observers' | 'signingSet'> & { readonly version?: 0 | 1 }

/** The member in its open round, everyone else's messages, and its host. */
class Bench {
  readonly round: number
  readonly script: Script
  /** Of each member; the faulty one's in two versions. */
  readonly #told: readonly (readonly Verified<Observation>[])[]
  readonly #sealed = new Map<string, Verified<GossipMessage>>()

  constructor(proposer: number) {
    this.script = new Script({ test, crypto, self: SELF })
    const { context } = this.script
    this.round = 10
    // Not in a probe round: what signs there is another test's matter.
    while (orderOf(context, this.round)[0] !== proposer || this.round % 32 === 0) this.round += 1
    this.script.starts(this.round).waits(0, this.round)
    const { round, script } = this
    const pair = script.pair(round)
    const others = [1, 2].map((sender) => [script.forge.observation({ round, sender, pair })])
    const own = script.cluster.sent.find(
      ({ message }) => message.type === 'observation' && message.round === round,
    ) as Verified<Observation>
    const told = [1n, 10n ** 15n].map((value) =>
      script.forge.observation({ round, sender: FAULTY, pair, values: [value] }),
    )
    this.#told = [[own], ...others, told]
  }

  observations(faulty: 'one-story' | 'two-stories'): readonly Happening[] {
    const count = faulty === 'one-story' ? 1 : 2
    return this.#told
      .flatMap((versions, member) => (member === SELF ? [] : versions.slice(0, count)))
      .map((message) => this.#received(`observation of ${message.message.sender}`, message))
  }

  late(name: string, sender: number, members: number): Happening {
    const { round } = this
    return this.#received(name, this.script.forge.late({ round, sender, members }))
  }

  /** Of the fast path over the first version of everybody. */
  share(name: string, sender: number): Happening {
    const { expected, signing } = this.script.pair(this.round)
    return this.#received(
      name,
      this.script.forge.share(this.#all(0), {
        round: this.round,
        sender,
        slot: 0,
        observers: expected,
        signingSet: signing,
        expectedNext: expected,
      }),
    )
  }

  proposal(name: string, chosen: Chosen): Happening {
    return this.#proposed(name, { ...chosen, rank: 0 })
  }

  proposalOfAll(name: string): Happening {
    return this.#proposed(name, { observers: ALL, signingSet: 0b0111, rank: 0 })
  }

  backup(name: string, chosen: Chosen): Happening {
    return this.#proposed(name, { ...chosen, rank: 1 })
  }

  /** What the member's host says to an effect, and when. */
  answer(effect: Effect, life: number): Answer | null {
    switch (effect.type) {
      case 'sample':
        return { when: 'at-once', event: this.#sampled(effect.round, life) }
      case 'broadcast':
        return {
          when: 'later',
          event: { type: 'received', message: this.#seal(effect.message), origin: 'self' },
        }
      case 'signShare': {
        const { round, slot, session } = effect
        const { secret } = nonceOf(test, this.script.context, { member: SELF, round, slot })
        const share = test.shares[SELF]
        if (share === undefined) throw new Error('a member has a share')
        const signed = crypto.threshold.sign(test.committee.groupKey, share, secret, session)
        return { when: 'later', event: { type: 'shareSigned', round, slot, share: signed } }
      }
      case 'combine': {
        const { round, attempt, session, shares } = effect
        const outcome = crypto.threshold.combine(test.committee.groupKey, session, shares)
        const signature = outcome.type === 'combined' ? outcome.signature : null
        const culprits = outcome.type === 'refused' ? outcome.culprits : 0
        return { when: 'later', event: { type: 'combined', round, attempt, signature, culprits } }
      }
      default:
        return null
    }
  }

  /** Another process observes something else: the market has moved. */
  #sampled(round: number, life: number) {
    return {
      type: 'sampled',
      round,
      values: [6_000_000_000_000n + BigInt(life)],
      sourceCommitment: new Uint8Array(32),
      commitments: commitmentsOf(test, this.script.context, { member: SELF, round }),
    } as const
  }

  #seal(message: Extract<Effect, { type: 'broadcast' }>['message']): Verified<GossipMessage> {
    const id = Buffer.from(message.digest).toString('hex')
    const known = this.#sealed.get(id)
    if (known !== undefined) return known
    const key = test.identityKeys[SELF]
    if (key === undefined) throw new Error('a member has a key')
    const sealed = sealOwn(message, signDigest(key, message.digest))
    this.#sealed.set(id, sealed)
    return sealed
  }

  #all(version: 0 | 1): readonly (Verified<Observation> | undefined)[] {
    return this.#told.map((versions) => versions[version] ?? versions[0])
  }

  #proposed(name: string, chosen: Chosen & { readonly rank: 0 | 1 }): Happening {
    const { version = 0, ...rest } = chosen
    const { round, script } = this
    const sender = orderOf(script.context, round)[chosen.rank] ?? SELF
    const all = this.#all(version)
    return this.#received(
      name,
      script.forge.proposal(all, { ...rest, round, sender, expectedNext: ALL }),
    )
  }

  #received(name: string, message: Verified<GossipMessage>): Happening {
    return { name, event: { type: 'received', message, origin: 'peer' } }
  }
}
