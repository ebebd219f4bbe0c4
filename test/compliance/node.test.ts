import { setTimeout as delay } from 'node:timers/promises'
import { roundAt } from '../../aggregator/committee/committee.ts'
import type { Effect } from '../../aggregator/effects.ts'
import type { Event } from '../../aggregator/events.ts'
import { type TestCommittee, testCommittee } from '../support/committee.ts'
import { Forge } from '../support/forge.ts'
import { NodeCluster } from '../support/node-cluster.ts'
import { complies, type Seen, type Situation } from './suite.ts'

const SELF = 0
/** As wide as a local network's: this machine may be busy with other tests. */
const TIMING = {
  roundMs: 500,
  hopMs: 40,
  includeMs: 120,
  fastMs: 170,
  cutMs: 220,
  backupMs: 50,
  voteMs: 360,
}
const ROUND_MS = TIMING.roundMs
/** Rounds of its own that a life lasts at least; on a busy machine they come later, not fewer. */
const ROUNDS = 6
const LIFE_MS_MAX = 60_000
const DAY_MS = 86_400_000
const LOOK_EVERY_MS = 10

/** The node as it runs, on the wall clock: this host lives in real time. */
async function live(situation: Situation): Promise<readonly Seen[]> {
  const seen: Seen[] = []
  const test = testCommittee({
    genesisMs: ROUND_MS * (Math.floor(Date.now() / ROUND_MS) - 10),
    timing: TIMING,
  })
  const cluster: NodeCluster = new NodeCluster({
    test,
    refuses: situation === 'refused' ? [0, 1, 2, 3] : [],
    watch: (member, each) => {
      if (member === SELF) seen.push(each)
    },
  })
  try {
    const members = situation === 'alone' ? [SELF] : [0, 1, 2, 3]
    for (const member of members) await cluster.start(member)
    await untilLived(seen, { from: 0, asked: ASKED[situation] })
    if (situation === 'restarted') {
      const from = seen.length
      await cluster.stop(SELF)
      await cluster.start(SELF)
      await untilLived(seen, { from, asked: ['sample'] })
    }
    if (situation === 'astray') {
      cluster.shift(SELF, DAY_MS)
      await until(() => heardBehind(seen) > 1)
    }
    if (situation === 'twin') await meetTwin(cluster, test, seen)
    if (situation === 'astray' || situation === 'twin') await delay(2 * ROUND_MS)
    return seen
  } finally {
    await cluster.stopAll()
  }
}

/** What a life is full of: three of each, and six rounds of its own. */
const ASKED: Readonly<Record<Situation, readonly Effect['type'][]>> = {
  steady: ['sample', 'signShare', 'certified'],
  restarted: ['sample', 'signShare', 'certified'],
  astray: ['sample', 'certified'],
  twin: ['sample'],
  refused: ['sample', 'signShare'],
  alone: ['sample'],
}

/** How many members the machine was told of in rounds long past. */
function heardBehind(seen: readonly Seen[]): number {
  const members = seen.flatMap((each) =>
    each.type === 'event' && each.event.type === 'memberBehind' ? [each.event.member] : [],
  )
  return new Set(members).size
}

async function untilLived(
  seen: readonly Seen[],
  life: { readonly from: number; readonly asked: readonly Effect['type'][] },
): Promise<void> {
  await until(() => {
    const lived = seen.slice(life.from)
    const isFull = life.asked.every(
      (type) => asked(lived, type) >= (type === 'sample' ? ROUNDS : 3),
    )
    return isFull && isAnswered(lived)
  })
}

/** A moment at which nothing that was asked for is under way. */
function isAnswered(lived: readonly Seen[]): boolean {
  const told = (type: Event['type']) =>
    lived.filter((each) => each.type === 'event' && each.event.type === type).length
  const count = (holds: (each: Seen) => boolean) => lived.filter(holds).length
  const broadcasts = asked(lived, 'broadcast')
  return (
    asked(lived, 'sample') === told('sampled') &&
    asked(lived, 'signShare') === told('shareSigned') &&
    asked(lived, 'combine') === told('combined') &&
    asked(lived, 'persist') === count(({ type }) => type === 'durable') &&
    broadcasts === count((each) => each.type === 'visible' && 'sender' in each.message.message) &&
    broadcasts === count((each) => isOwn(each))
  )
}

const asked = (lived: readonly Seen[], type: Effect['type']) =>
  lived.filter((each) => each.type === 'effect' && each.effect.type === type).length

const isOwn = (each: Seen) =>
  each.type === 'event' && each.event.type === 'received' && each.event.origin === 'self'

/** Ends after a while all the same: what did not come is then missed by the obligations. */
async function until(holds: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + LIFE_MS_MAX
  while (!holds() && performance.now() < deadlineMs) await delay(LOOK_EVERY_MS)
}

async function meetTwin(cluster: NodeCluster, test: TestCommittee, seen: readonly Seen[]) {
  const forge = new Forge(test, cluster.context)
  const pair = { expected: 0b1111, signing: 0b111 }
  const round = roundAt(test.committee, Date.now())
  cluster.deliver(SELF, forge.observation({ round, sender: SELF, pair, values: [1n] }).bytes)
  await until(() => seen.some((each) => each.type === 'effect' && each.effect.type === 'halt'))
}

// How late is a matter of the machine; that it is answered, and never early, is the obligation.
complies({ name: 'the node', latenessMsMax: 60_000, live })
