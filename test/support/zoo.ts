import { contextOf } from '../../aggregator/context.ts'
import type {
  GossipMessage,
  Observation,
  Proposal,
  Verified,
} from '../../aggregator/messages/messages.ts'
import type { Topic } from '../../aggregator/messages/validate.ts'
import { cryptoOf, loadEcdsa } from '../../node/keys/native.ts'
import { type TestCommittee, testCommittee } from './committee.ts'
import { Forge } from './forge.ts'

/** Round of every message of a zoo. */
export const ZOO_ROUND = 40

export interface Specimen {
  readonly name: GossipMessage['type']
  readonly topic: Topic
  readonly message: Verified<GossipMessage>
}

/** One sound message of every type, with everything attached that can be. */
export function zooOf(test: TestCommittee = testCommittee()): {
  readonly forge: Forge
  readonly specimens: readonly Specimen[]
} {
  // Native verification: a zoo is for tests that judge thousands of mutants.
  const crypto = cryptoOf(loadEcdsa({ fallback: 'allow' }))
  const forge = new Forge(test, contextOf(crypto, test.committee))
  const { all, signingThreshold } = test.committee
  const signingSet = (1 << signingThreshold) - 1
  const pair: Observation['pair'] = { expected: all, signing: signingSet }
  const observations = test.identityKeys.map((_key, sender) =>
    forge.observation({ round: ZOO_ROUND, sender, pair }),
  )
  const choice = { observers: all, signingSet, expectedNext: all }
  const attached: Pick<Proposal, 'lates' | 'evidence'> = {
    lates: [forge.late({ round: ZOO_ROUND, sender: 1, members: 0b1000 })],
    evidence: [forge.evidence(3, 12)],
  }
  const of = { round: ZOO_ROUND, sender: 0 }
  const protocol = (message: Verified<GossipMessage>): Specimen => ({
    name: message.message.type,
    topic: 'protocol',
    message,
  })
  return {
    forge,
    specimens: [
      protocol(observations[0] as Verified<Observation>),
      protocol(forge.late({ ...of, members: 0b1010 })),
      protocol(forge.proposal(observations, { ...of, rank: 0, ...choice, ...attached })),
      protocol(forge.share(observations, { ...of, slot: 0, ...choice })),
      protocol(forge.evidence(2, 30)),
      {
        name: 'certificate',
        topic: 'reports',
        message: forge.certificate({ round: ZOO_ROUND, signingSet, expectedNext: all }),
      },
    ],
  }
}
