import { secp256k1 } from '@noble/curves/secp256k1.js'
import { afterEach, describe, expect, test } from 'vitest'
import { encodeEvidence, openEvidence } from '../../aggregator/keygen/evidence.ts'
import { decodeHandover, encodeHandover } from '../../aggregator/keygen/exchange.ts'
import type { KeygenOutcome } from '../../aggregator/keygen/machine.ts'
import { openStatement, statementTypeOf } from '../../aggregator/keygen/statements.ts'
import { concat } from '../../aggregator/values/bytes.ts'
import { seededBytes } from '../../contracts/testing/committee-box.ts'
import type { KeygenNetwork } from '../../node/keygen/ports.ts'
import { openShare, SEALED_TAG, sealShare } from '../../node/keygen/seal.ts'
import { KeygenCluster, keygenCrypto, signStatement } from '../support/keygen.ts'
import { type StreamCommittee, type StreamMember, streamCommittee } from './dkg-support.ts'

const LIAR = 3
const VICTIM = 1

let committee: StreamCommittee | null = null
afterEach(async () => {
  await committee?.stop()
  committee = null
})

async function start(
  network: (honest: KeygenNetwork, member: StreamMember) => KeygenNetwork,
  phaseMs = 20_000,
): Promise<StreamCommittee> {
  committee = await streamCommittee({ size: 4, phaseMs, malice: { [LIAR]: { network } } })
  return committee
}

/** Changes what the liar hands over to its victim. */
function handingOver(
  honest: KeygenNetwork,
  member: StreamMember,
  change: (item: Uint8Array) => Uint8Array | null,
): KeygenNetwork {
  return {
    ...honest,
    answer: (to, answer) => {
      const items = decodeHandover(member.context, answer) ?? []
      const changed = items.flatMap((item) => (to === VICTIM ? (change(item) ?? []) : item))
      honest.answer(to, encodeHandover(member.context, changed))
    },
  }
}

/** A share of the liar's own making, in an envelope that opens. */
function badShare({ context, identityKey }: StreamMember, sealed: Uint8Array): Uint8Array {
  const route = { context, sender: LIAR, recipient: VICTIM }
  const victimKey = committee?.members[VICTIM]?.identityKey ?? new Uint8Array(0)
  const inside = openShare({ ...route, privateKey: victimKey }, sealed)
  const opened = inside === null ? null : openStatement(context, inside)
  if (opened?.type !== 'opened' || opened.signed.statement.type !== 'share') {
    throw new Error('the right share is replaced')
  }
  const share = opened.signed.statement.share.map((byte, index) => (index === 31 ? byte ^ 1 : byte))
  const signed = signStatement(context, { ...opened.signed.statement, share }, identityKey)
  const random = seededBytes('bad share')
  return sealShare({ ...route, privateKey: identityKey, random }, signed.bytes)
}

function expectLiarConvicted(outcomes: readonly KeygenOutcome[], kind: string): void {
  for (const outcome of outcomes.slice(0, LIAR)) {
    expect(outcome).toMatchObject({ type: 'convicted', evidence: { accused: LIAR, kind } })
    const context = committee?.members[0]?.context
    if (outcome.type !== 'convicted' || context === undefined) continue
    expect(openEvidence(context, encodeEvidence(context, outcome.evidence))?.accused).toBe(LIAR)
  }
}

describe('key generation over real streams', () => {
  test('four members end with one key, each with its own share', async () => {
    const { run, members } = await start((honest) => honest)
    const outcomes = await run()
    const [first] = outcomes
    expect(first?.type).toBe('generated')
    for (const outcome of outcomes) expect(outcome).toEqual(first)
    const shares = members.map(({ disk }) => disk.share?.use((bytes) => String(bytes)))
    expect(new Set(shares).size).toBe(4)
  })

  test('a bad share for one victim convicts its sender before all', async () => {
    const { run, members } = await start((honest, member) =>
      handingOver(honest, member, (item) =>
        item[0] === SEALED_TAG ? badShare(member, item) : item,
      ),
    )
    expectLiarConvicted(await run(), 'share')
    expect(members[VICTIM]?.disk.result).toBeNull()
  })

  test('different packages for different members convict; no share leaves', async () => {
    const elsewhere = new KeygenCluster({ size: 4, attempt: 5 }).run().at(LIAR)
    const other = elsewhere.state.packages[LIAR]?.statement
    if (other === undefined) throw new Error('no other package')
    const { run, members } = await start((honest, member) => ({
      ...handingOver(honest, member, (item) =>
        statementTypeOf(item) === 'package' && item[34] === LIAR
          ? signStatement(member.context, other, member.identityKey).bytes
          : item,
      ),
      // Not by gossip: everybody would hear both at once.
      publish: async (bytes) => {
        if (statementTypeOf(bytes) !== 'package') await honest.publish(bytes)
      },
    }))
    expectLiarConvicted(await run(), 'contradiction')
    expect(members.slice(0, LIAR).map(({ vault }) => vault.isAgreed)).toEqual([false, false, false])
  })

  test('a withheld share is named by its victim and no key comes of it', async () => {
    const { run, members } = await start(
      (honest, member) =>
        handingOver(honest, member, (item) => (item[0] === SEALED_TAG ? null : item)),
      5_000,
    )
    const outcomes = await run()
    // The liar may complain first: its victim still says whom it waited for.
    expect(outcomes[VICTIM]).toMatchObject({ phase: 'shares', missing: 1 << LIAR })
    for (const index of [0, 2]) {
      expect(['late', 'abandoned']).toContain(outcomes[index]?.type)
    }
    expect(members[VICTIM]?.disk.result).toBeNull()
  })

  test('what is not of this attempt is refused, and nothing else stops', async () => {
    const past = new KeygenCluster({ size: 4, attempt: 8 }).run().at(LIAR)
    const replayed = [past.state.packages[LIAR], past.state.echoes[LIAR], past.state.results[LIAR]]
    const { run } = await start((honest) => ({
      ...honest,
      publish: async (bytes) => {
        for (const each of replayed) if (each) await honest.publish(each.bytes)
        await honest.publish(bytes)
      },
    }))
    const outcomes = await run()
    expect(outcomes.map(({ type }) => type)).toEqual(Array(4).fill('generated'))
  })

  test('a statement that is signed anew again and again is passed on once', async () => {
    const { run, members } = await start((honest, member) => ({
      ...honest,
      publish: async (bytes) => {
        await honest.publish(bytes)
        for (const again of signedAnew(bytes, member.identityKey)) await honest.publish(again)
      },
    }))
    const outcomes = await run()
    expect(outcomes.map(({ type }) => type)).toEqual(Array(4).fill('generated'))
    for (const { network } of members.slice(0, LIAR)) {
      // A package, an echo, a share and a result of each of the three others, however it came.
      expect(network.counters().judged.get('accept:ACCEPTED')).toBeLessThanOrEqual(12)
    }
  })
})

/** The same statement with other valid signatures: an insider can make any number of them. */
function signedAnew(bytes: Uint8Array, key: Uint8Array): Uint8Array[] {
  const unsigned = bytes.subarray(0, bytes.length - 64)
  const digest = keygenCrypto.keccak256(unsigned)
  return Array.from({ length: 40 }, (_, nth) => {
    const extraEntropy = new Uint8Array(32).fill(nth)
    return concat(
      unsigned,
      secp256k1.sign(digest, key, { prehash: false, lowS: true, extraEntropy }),
    )
  })
}
