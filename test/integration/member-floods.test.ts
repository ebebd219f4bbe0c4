import type { Libp2p } from 'libp2p'
import { afterEach, describe, expect, it } from 'vitest'
import { attemptAt } from '../../aggregator/handover/machine.ts'
import {
  digestOfStatement,
  type Statement,
  sealStatement,
} from '../../aggregator/handover/statements.ts'
import { PREFIX_BYTES } from '../../aggregator/messages/fields.ts'
import { limiterOptionsFor } from '../../node/gossip/limiter.ts'
import { signDigest } from '../support/committee.ts'
import {
  bring,
  connectFaulty,
  context,
  FAULTY,
  forge,
  gossip,
  type JudgingMember,
  NOW_MS,
  ROUND,
  startHonest,
} from './judging-members.ts'

const { committee } = context
const { roundMs } = committee.params.timing
/** What a member may pass on at once: the faulty one sends exactly that, so nobody cuts it. */
const { burst } = limiterOptionsFor({ members: committee.size, roundMs })

let honest: JudgingMember[] = []
let faulty: Libp2p | null = null
afterEach(async () => {
  await faulty?.stop()
  await Promise.all(honest.map(({ network }) => network.stop()))
  honest = []
})

/** Time stands still for the honest ones, so that no machine refills an allowance. */
async function start(nowMs = () => 1_000): Promise<JudgingMember> {
  honest = await startHonest(nowMs)
  const near = honest[1] as JudgingMember
  faulty = await connectFaulty(near)
  return near
}

/** Every honest member says something of the round that is on, and all others take it. */
async function expectRoundGoesOn(): Promise<void> {
  const pair = { expected: committee.all, signing: 0b111 }
  for (const { index, network } of honest) {
    const observation = forge.observation({ round: ROUND, sender: index, pair })
    await network.publish('protocol', observation.bytes)
  }
  for (const { index, watch, heard } of honest) {
    const others = [0, 1, 2].filter((each) => each !== index)
    await watch.until(() => others.every((each) => heard.includes(`observation of ${each}`)))
  }
}

function expectNobodyHonestIsBlamed(): void {
  for (const { network, changes } of honest) {
    const banned = changes.filter(({ change }) => change === 'banned')
    expect(banned.filter(({ member }) => member !== FAULTY)).toEqual([])
    const others = network.peers().filter(({ member }) => member !== FAULTY)
    expect(others.map(({ surplus, rejects }) => surplus + rejects)).toEqual([0, 0])
  }
}

function offers(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, nth) => {
    const statement: Statement = {
      ...{ type: 'offer', sender: FAULTY, attempt: attemptAt(NOW_MS) },
      message: Uint8Array.from({ length: 32 }, (_, place) => (place < 2 ? nth >> (8 * place) : 0)),
      commitment: { hiding: new Uint8Array(33), binding: new Uint8Array(33) },
    }
    const key = forge.test.identityKeys[FAULTY] as Uint8Array
    const signature = signDigest(key, digestOfStatement(context, statement))
    return sealStatement(context, statement, signature).bytes
  })
}

/** Sound ones, each of another round, older than anybody keeps. */
function oldCertificates(count: number): Uint8Array[] {
  const given = { signingSet: 0b111, expectedNext: committee.all }
  return Array.from({ length: count }, (_, nth) =>
    forge.certificate({ round: 1 + nth, ...given }),
  ).map(({ bytes }) => bytes)
}

/** The same certificate of a round that counts still, which nobody signed. */
function forged(bytes: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(bytes)
  new DataView(changed.buffer).setBigUint64(PREFIX_BYTES, BigInt(ROUND))
  return changed
}

describe('a member that says what is valid, as much of it as it may send', () => {
  it('uses up nothing of others by offers of a hand-over (§11.2)', async () => {
    const messages = offers(burst)
    const near = await start()
    await gossip(faulty as Libp2p, { topic: 'protocol', messages })
    await near.watch.until(() => near.judged === burst)
    await expectRoundGoesOn()
    expectNobodyHonestIsBlamed()
    expect(near.network.counters().judged.get('ignore:SURPLUS')).toBe(burst - 1)
  })

  it('uses up nothing of others by the certificates of old rounds (§4.2)', async () => {
    const messages = oldCertificates(burst)
    const near = await start()
    await gossip(faulty as Libp2p, { topic: 'reports', messages })
    await near.watch.until(() => near.judged === burst)
    await expectRoundGoesOn()
    expectNobodyHonestIsBlamed()
    expect(near.network.counters().judged.get('ignore:ROUND_PAST')).toBe(burst)
  })
})

describe('a member that brings what is invalid over direct streams', () => {
  it('has one message judged each time, and is banned at the twentieth', async () => {
    const messages = oldCertificates(64).map(forged)
    let nowMs = 1_000
    const near = await start(() => nowMs)
    let brought = 0
    while (await bring(faulty as Libp2p, messages)) {
      brought += 1
      // Sixteen requests a second are read (§13): the next comes in another one.
      if (brought % 16 === 0) nowMs += 1_000
    }
    // The twentieth is not answered any more.
    expect(brought).toBe(19)
    expect(near.network.counters().judged.get('reject:CERTIFICATE_INVALID')).toBe(20)
    expect(near.changes).toContainEqual({ member: FAULTY, change: 'banned', because: 'rejects' })
    await expectRoundGoesOn()
    expectNobodyHonestIsBlamed()
  })
})
