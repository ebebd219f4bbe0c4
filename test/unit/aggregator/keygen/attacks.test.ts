import { secp256k1 } from '@noble/curves/secp256k1.js'
import { describe, expect, test } from 'vitest'
import { encodeEvidence, openEvidence } from '../../../../aggregator/keygen/evidence.ts'
import type { KeygenOutcome } from '../../../../aggregator/keygen/machine.ts'
import { isSurplus } from '../../../../aggregator/keygen/receive.ts'
import { inventoryOf, lackingOf } from '../../../../aggregator/keygen/standing.ts'
import {
  openStatement,
  type PackageStatement,
  type Signed,
  type Statement,
} from '../../../../aggregator/keygen/statements.ts'
import { seededBytes } from '../../../../contracts/testing/committee-box.ts'
import { sealShare } from '../../../../node/keygen/seal.ts'
import { type ClusterHooks, KeygenCluster, signStatement } from '../../../support/keygen.ts'

const LIAR = 3
const VICTIM = 1

/** A committee of four whose last member lies; it is told what a hook needs to forge. */
function attack(hooksOf: (cluster: () => KeygenCluster) => ClusterHooks): KeygenCluster {
  const box: { cluster?: KeygenCluster } = {}
  const cluster = new KeygenCluster(
    { size: 4 },
    hooksOf(() => {
      if (box.cluster === undefined) throw new Error('the cluster is being made')
      return box.cluster
    }),
  )
  box.cluster = cluster
  return cluster
}

/** Signed by the liar, as it pleases. */
function forged(cluster: KeygenCluster, statement: Statement): Signed {
  return signStatement(cluster.context, statement, cluster.at(LIAR).identityKey)
}

const honest = (outcomes: readonly (KeygenOutcome | null)[]) => outcomes.slice(0, LIAR)

function expectLiarConvicted(cluster: KeygenCluster, kind: string): void {
  expectConvicted(cluster, kind)
  expectNoKey(cluster)
}

function expectConvicted(cluster: KeygenCluster, kind: string): void {
  for (const outcome of honest(cluster.outcomes())) {
    expect(outcome).toMatchObject({ type: 'convicted', evidence: { accused: LIAR, kind } })
    if (outcome?.type !== 'convicted') continue
    // Transferable: whoever knows the parameters judges the bytes alike.
    const bytes = encodeEvidence(cluster.context, outcome.evidence)
    expect(openEvidence(cluster.context, bytes)?.accused).toBe(LIAR)
  }
}

/** Nobody signed a result and kept a share that a key could come from at all members. */
function expectNoKey(cluster: KeygenCluster): void {
  expect(cluster.endings()).not.toContain('generated')
  const signed = cluster.members.filter(({ disk }) => disk.kept !== null).length
  expect(signed).toBeLessThan(cluster.members.length)
}

/** The liar seals this share for its victim in place of the right one. */
function sealing(cluster: () => KeygenCluster, change: (right: Statement) => Statement) {
  return (sealed: Uint8Array, from: number, to: number) => {
    if (from !== LIAR || to !== VICTIM) return sealed
    const { context } = cluster()
    const liar = cluster().at(LIAR)
    const held = liar.state.packages[LIAR]
    if (held === null || held === undefined) throw new Error('no package yet')
    const right = {
      type: 'share',
      sender: LIAR,
      recipient: VICTIM,
      package: held.digest,
      share: new Uint8Array(32).fill(5),
    } as const
    const signed = forged(cluster(), change(right))
    const route = { context, sender: LIAR, recipient: VICTIM, privateKey: liar.identityKey }
    return sealShare({ ...route, random: seededBytes('salt') }, signed.bytes)
  }
}

describe('attacks on key generation', () => {
  test('a bad share for one victim convicts its sender before everybody', () => {
    const cluster = attack((of) => ({ onSealed: sealing(of, (right) => right) })).run()
    expectLiarConvicted(cluster, 'share')
    expect(honest(cluster.outcomes()).length).toBe(3)
    expect(
      cluster.members.filter(({ disk }) => disk.kept !== null).map((m) => m.index),
    ).not.toContain(VICTIM)
  })

  test.each([
    ['zero', new Uint8Array(32)],
    ['above the order', new Uint8Array(32).fill(255)],
  ])('a share that is %s convicts its sender', (_, share) => {
    const cluster = attack((of) => ({
      onSealed: sealing(of, (right) => ({ ...right, share }) as Statement),
    })).run()
    expectLiarConvicted(cluster, 'share')
  })

  test('a share for another package than the one all hold convicts its sender', () => {
    const other = new Uint8Array(32).fill(9)
    const cluster = attack((of) => ({
      onSealed: sealing(of, (right) => ({ ...right, package: other }) as Statement),
    })).run()
    expectLiarConvicted(cluster, 'contradiction')
  })

  test('two packages for different members convict whoever signed both', () => {
    const elsewhere = new KeygenCluster({ size: 4, attempt: 9 }).run().at(LIAR)
    const other = elsewhere.state.packages[LIAR]?.statement as PackageStatement
    const cluster = attack((of) => ({
      onStatement: (signed, from, to) => {
        const { statement } = signed
        if (from !== LIAR || to !== VICTIM) return signed
        const another = forged(of(), other)
        if (statement.type === 'package') return another
        if (statement.type !== 'echo') return signed
        const packages = [...statement.packages.slice(0, LIAR), another.digest]
        return forged(of(), { ...statement, packages })
      },
    })).run()
    // Each member alone saw nothing wrong, but the echoes differ: no share has left.
    expect(cluster.outcomes()).toEqual(Array(4).fill(null))
    expect(cluster.members.map(({ state }) => state.phase)).toEqual(Array(4).fill('echoes'))
    expect(cluster.members.some(({ vault }) => vault.isAgreed)).toBe(false)
    // The victim asks another for what differs, as `lackingOf` answers.
    const inventory = inventoryOf(cluster.at(VICTIM).state)
    const lacking = lackingOf(cluster.at(0).state, inventory)
    expect(lacking.map(({ statement }) => [statement.type, statement.sender])).toEqual([
      ['package', LIAR],
    ])
    for (const signed of lacking) cluster.receive(cluster.at(VICTIM), signed)
    cluster.settle()
    expectLiarConvicted(cluster, 'contradiction')
  })

  test('a member that lies in its echo is named, not convicted, and no share leaves', () => {
    const cluster = attack((of) => ({
      onStatement: (signed, from) => {
        const { statement } = signed
        if (from !== LIAR || statement.type !== 'echo') return signed
        const packages = [new Uint8Array(32), ...statement.packages.slice(1)]
        return forged(of(), { ...statement, packages })
      },
    })).run()
    cluster.pass(10_001)
    for (const outcome of honest(cluster.outcomes())) {
      const named = outcome?.type === 'late' ? outcome.missing : 0
      expect(named === 1 << LIAR || outcome?.type === 'abandoned').toBe(true)
    }
    expect(cluster.endings().slice(0, 3)).toContain('late')
    expect(cluster.members.some(({ vault, index }) => index < LIAR && vault.isAgreed)).toBe(false)
    expectNoKey(cluster)
  })

  test('an echo against its own package convicts', () => {
    const cluster = attack((of) => ({
      onStatement: (signed, from) => {
        const { statement } = signed
        if (from !== LIAR || statement.type !== 'echo') return signed
        const packages = [...statement.packages.slice(0, LIAR), new Uint8Array(32)]
        return forged(of(), { ...statement, packages })
      },
    })).run()
    expectLiarConvicted(cluster, 'contradiction')
  })

  test('a member that never comes is named, and nothing was revealed', () => {
    const cluster = new KeygenCluster({ size: 4 }).run({ absent: [LIAR] }).pass(60_001)
    for (const outcome of honest(cluster.outcomes())) {
      expect(outcome).toEqual({ type: 'late', phase: 'meeting', missing: 1 << LIAR })
    }
    expect(cluster.members.some(({ disk }) => disk.package !== null)).toBe(false)
  })

  test('a withheld share is missed by its victim, which says so to everybody', () => {
    const cluster = attack(() => ({
      onSealed: (sealed, from, to) => (from === LIAR && to === VICTIM ? null : sealed),
    })).run()
    cluster.pass(10_001)
    const missing = 1 << LIAR
    expect(cluster.at(VICTIM).state.outcome).toEqual({ type: 'late', phase: 'shares', missing })
    expect(cluster.at(VICTIM).disk.kept).toBeNull()
    expectNoKey(cluster)
  })

  test('an envelope that does not open is as good as none', () => {
    const cluster = attack(() => ({
      onSealed: (sealed, from, to) => {
        if (from !== LIAR || to !== VICTIM) return sealed
        return sealed.map((byte, index) => (index === 100 ? byte ^ 1 : byte))
      },
    })).run()
    cluster.pass(10_001)
    expect(cluster.at(VICTIM).state.outcome).toMatchObject({ type: 'late', missing: 1 << LIAR })
    expectNoKey(cluster)
  })

  test('a proof for another secret convicts', () => {
    const cluster = attack((of) => ({
      onStatement: (signed, from) => {
        const { statement } = signed
        if (from !== LIAR || statement.type !== 'package') return signed
        const proof = statement.proof.map((byte, index) => (index === 60 ? byte ^ 1 : byte))
        return forged(of(), { ...statement, proof })
      },
    })).run()
    expectLiarConvicted(cluster, 'package')
  })

  test('a rogue key, chosen to cancel the others, has no proof and convicts', () => {
    const { Point } = secp256k1
    const cluster = attack((of) => ({
      onStatement: (signed, from) => {
        const { statement } = signed
        if (from !== LIAR || statement.type !== 'package') return signed
        const wanted = Point.BASE.multiply(1_234_567n)
        const others = of().members.slice(0, LIAR)
        const sum = others.reduce((point, { state, index }) => {
          const [constant] = state.packages[index]?.statement.commitment ?? []
          return constant === undefined ? point : point.add(Point.fromBytes(constant))
        }, Point.ZERO)
        const rogue = wanted.subtract(sum).toBytes()
        return forged(of(), { ...statement, commitment: [rogue, ...statement.commitment.slice(1)] })
      },
    })).run()
    expectLiarConvicted(cluster, 'package')
  })

  test("another member's commitment and proof, copied, convict: a proof names its member", () => {
    const cluster = attack((of) => ({
      onStatement: (signed, from) => {
        if (from !== LIAR || signed.statement.type !== 'package') return signed
        const copied = of().at(0).state.packages[0]?.statement as PackageStatement
        return forged(of(), { ...copied, sender: LIAR })
      },
    })).run()
    expectLiarConvicted(cluster, 'package')
  })

  test('what was said in another attempt is refused by its first bytes', () => {
    const before = new KeygenCluster({ size: 4, attempt: 0 }).run()
    const now = new KeygenCluster({ size: 4, attempt: 1 })
    const said = before.members.flatMap(({ state, index }) => [
      state.packages[index],
      state.echoes[index],
      state.results[index],
    ])
    expect(said.length).toBe(12)
    for (const signed of said) {
      if (signed === null || signed === undefined) throw new Error('the first attempt succeeded')
      expect(openStatement(now.context, signed.bytes)).toMatchObject({ code: 'ATTEMPT_FOREIGN' })
      const moved = Uint8Array.from(signed.bytes)
      moved.set(now.context.digest, 2)
      expect(openStatement(now.context, moved)).toMatchObject({ code: 'SIGNATURE_INVALID' })
    }
    const sealed = before.at(LIAR).vault
    expect(sealed.isAgreed).toBe(true)
    now.run()
    expect(now.at(VICTIM).vault.open(LIAR, sealed.sealFor(VICTIM))).toEqual({ type: 'unreadable' })
  })

  test('a result that does not follow from the packages convicts, and no committee exists', () => {
    const cluster = attack((of) => ({
      onStatement: (signed, from) => {
        const { statement } = signed
        if (from !== LIAR || statement.type !== 'result') return signed
        return forged(of(), { ...statement, result: new Uint8Array(32).fill(1) })
      },
    })).run()
    expectConvicted(cluster, 'result')
  })

  test('a wrong result that comes before the own one is judged when the own one is there', () => {
    const box: { late?: Uint8Array } = {}
    const cluster = attack((of) => ({
      onSealed: (sealed, from, to) => {
        if (from !== 0 || to !== VICTIM) return sealed
        box.late = sealed
        return null
      },
      onStatement: (signed, from) => {
        const { statement } = signed
        if (from !== LIAR || statement.type !== 'result') return signed
        return forged(of(), { ...statement, result: new Uint8Array(32).fill(1) })
      },
      onEvidence: () => 'lose',
    })).run()
    const { state, vault } = cluster.at(VICTIM)
    expect(state.results[LIAR]).not.toBeNull()
    expect(state.outcome).toBeNull()
    expect(vault.open(0, box.late ?? new Uint8Array(0))).toEqual({ type: 'good' })
    cluster.report(cluster.at(VICTIM), { type: 'shareOpened', nowMs: cluster.nowMs, from: 0 })
    cluster.settle()
    expect(state.outcome).toMatchObject({ type: 'convicted', evidence: { kind: 'result' } })
    expect(cluster.at(VICTIM).disk.kept).toBeNull()
  })

  test('different results for different members end in no committee at any of them', () => {
    const cluster = attack((of) => ({
      onStatement: (signed, from, to) => {
        const { statement } = signed
        if (from !== LIAR || statement.type !== 'result' || to === 0) return signed
        return forged(of(), { ...statement, transcript: new Uint8Array(32).fill(to) })
      },
    })).run()
    const outcomes = honest(cluster.outcomes())
    // Member 0 alone was told the truth: it holds n equal signatures, and only those make a key.
    expect(outcomes[0]?.type).toBe('generated')
    for (const outcome of outcomes.slice(1)) {
      expect(outcome).toMatchObject({ type: 'convicted', evidence: { accused: LIAR } })
    }
  })

  test('a member that withholds a share and complains first is still named by its victim', () => {
    const cluster = attack(() => ({
      onSealed: (sealed, from, to) => (from === LIAR && to === VICTIM ? null : sealed),
    })).run()
    cluster.report(cluster.at(LIAR), { type: 'ticked', nowMs: cluster.nowMs + 10_001 })
    cluster.settle()
    expect(cluster.at(VICTIM).state.outcome).toEqual({
      type: 'abandoned',
      by: LIAR,
      phase: 'shares',
      against: 1 << VICTIM,
      missing: 1 << LIAR,
    })
  })

  test('a member that stops on purpose says so at once', () => {
    const cluster = attack(() => ({
      onSealed: (sealed, from, to) => (from === LIAR && to === VICTIM ? null : sealed),
    })).run()
    cluster.report(cluster.at(VICTIM), { type: 'stopped', nowMs: cluster.nowMs })
    cluster.settle()
    expect(cluster.at(VICTIM).state.outcome).toEqual({ type: 'stopped' })
    for (const index of [0, 2]) {
      expect(cluster.at(index).state.outcome).toMatchObject({ type: 'abandoned', by: VICTIM })
    }
  })

  test('a member that has its result may say once more that it gives up, and no more', () => {
    const cluster = attack(() => ({
      onStatement: (signed, from) =>
        from !== LIAR && signed.statement.type === 'result' ? null : signed,
    })).run()
    const { state } = cluster.at(VICTIM)
    const accusations = [1, 2, 3].map((against) =>
      forged(cluster, { type: 'accusation', sender: LIAR, phase: 'results', against }),
    )
    const isPassedOn = accusations.map((signed) => {
      const isNew = !isSurplus(state, signed)
      cluster.receive(cluster.at(VICTIM), signed)
      cluster.settle()
      return isNew
    })
    expect(isPassedOn).toEqual([true, false, false])
    expect(state.outcome).toBeNull()
  })

  test('what is held is surplus, whatever its signature; what contradicts it is none', () => {
    const cluster = attack(() => ({
      onStatement: (signed) => (signed.statement.type === 'echo' ? null : signed),
    })).run()
    const { state } = cluster.at(VICTIM)
    const held = state.packages[LIAR]
    if (held === null || held === undefined) throw new Error('no package yet')
    const { statement } = held
    const other = { ...statement, proof: new Uint8Array(statement.proof.length) }
    expect(isSurplus(state, held)).toBe(true)
    expect(isSurplus(state, forged(cluster, other))).toBe(false)
  })
})
