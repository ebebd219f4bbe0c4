import { Cluster } from '../support/cluster.ts'
import { testCommittee } from '../support/committee.ts'
import { Forge } from '../support/forge.ts'
import { complies, type Seen, type Situation } from './suite.ts'

// A signer of the first fast round, and so of those that follow.
const SELF = 0
const START_MS = 4_001
const ROUND_MS = 500
const FIRST = 10
const DAY_MS = 86_400_000

/** The bench that the unit tests of the core run on obeys the suite like any other host. */
function live(situation: Situation): Promise<readonly Seen[]> {
  const seen: Seen[] = []
  const test = testCommittee()
  const cluster = new Cluster({
    test,
    silent: situation === 'alone' ? [1, 2, 3] : [],
    refuses: (member) => situation === 'refused' && member === SELF,
    watch: (member, each) => {
      if (member === SELF) seen.push(each)
    },
  })
  cluster.start(START_MS)
  cluster.runTo((FIRST + 4) * ROUND_MS)
  if (situation === 'restarted') cluster.restart(SELF, 'kept')
  if (situation === 'astray') cluster.shift(SELF, DAY_MS)
  if (situation === 'twin') {
    const pair = { expected: 0b1111, signing: 0b111 }
    const forge = new Forge(test, cluster.context)
    cluster.deliver(
      SELF,
      forge.observation({ round: FIRST + 4, sender: SELF, pair, values: [1n] }),
      1,
    )
  }
  cluster.runTo((FIRST + 10) * ROUND_MS)
  return Promise.resolve(seen)
}

complies({ name: 'the test cluster', latenessMsMax: 0, live })
