import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  EVIDENCE_KINDS,
  encodeEvidence,
  isConclusive,
  openEvidence,
} from '../../aggregator/keygen/evidence.ts'
import { decodeHandover, decodeInventory } from '../../aggregator/keygen/exchange.ts'
import type { SignedPackage } from '../../aggregator/keygen/machine.ts'
import { openStatement, type Signed } from '../../aggregator/keygen/statements.ts'
import { seededBytes } from '../../contracts/testing/committee-box.ts'
import { openShare, sealShare } from '../../node/keygen/seal.ts'
import { KeygenCluster } from '../support/keygen.ts'

const cluster = new KeygenCluster({ size: 4 }).run()
const { context } = cluster

/** Everything that honest members signed, the shares among it. */
const said: readonly Signed[] = cluster.members.flatMap((member) => {
  const { index, state, vault, identityKey } = member
  const shares = cluster.members.flatMap(({ index: recipient }) => {
    if (recipient === index) return []
    const route = { context, sender: index, recipient, privateKey: identityKey }
    // The sender opens its own envelope: both identity keys give the same secret.
    const other = cluster.at(recipient).identityKey
    const bytes = openShare({ ...route, privateKey: other }, vault.sealFor(recipient))
    const opened = bytes === null ? null : openStatement(context, bytes)
    return opened?.type === 'opened' ? [opened.signed] : []
  })
  const open = [state.packages[index], state.echoes[index], state.results[index]]
  return [...open.flatMap((each) => each ?? []), ...shares]
})
const packages = cluster.at(0).state.packages.filter((each): each is SignedPackage => each !== null)

describe('evidence of key generation', () => {
  test('no choice of what honest members signed convicts one of them', () => {
    expect(said).toHaveLength(4 * (3 + 3))
    const statement = fc.constantFrom(...said)
    const statements = fc.oneof(
      fc.array(statement, { maxLength: 3 }),
      statement.map((first) => [first, ...packages]),
    )
    fc.assert(
      fc.property(
        fc.constantFrom(...EVIDENCE_KINDS),
        fc.nat({ max: 3 }),
        statements,
        (kind, accused, chosen) => {
          const evidence = { kind, accused, statements: chosen }
          expect(isConclusive(context, evidence)).toBe(false)
          expect(openEvidence(context, encodeEvidence(context, evidence))).toBeNull()
        },
      ),
      { numRuns: 400 },
    )
  })

  test('no bit of a statement can be changed', () => {
    const some = fc.constantFrom(...said)
    fc.assert(
      fc.property(some, fc.nat(), fc.nat({ max: 7 }), ({ bytes }, at, bit) => {
        const changed = Uint8Array.from(bytes)
        const position = at % bytes.length
        changed[position] = (changed[position] ?? 0) ^ (1 << bit)
        expect(openStatement(context, changed).type).toBe('refused')
      }),
      { numRuns: 400 },
    )
  })

  test('no bytes make a reader throw or pass', () => {
    const prefix = fc.constantFrom(65, 66, 67, 68, 69, 70, 71, 72, 73)
    fc.assert(
      fc.property(prefix, fc.boolean(), fc.uint8Array({ maxLength: 400 }), (tag, isOurs, rest) => {
        const digest = isOurs ? context.digest : new Uint8Array(32)
        const bytes = Uint8Array.of(tag, 1, ...digest, ...rest)
        expect(openStatement(context, bytes).type).toBe('refused')
        expect(openEvidence(context, bytes)).toBeNull()
        decodeInventory(context, bytes)
        for (const item of decodeHandover(context, bytes) ?? []) {
          expect(item.length).toBeLessThan(400)
        }
      }),
    )
  })
})

describe('sealed shares', () => {
  const random = seededBytes('salts')
  const inside = new Uint8Array(164).fill(7)
  const route = { context, sender: 1, recipient: 2 }
  const keyOf = (index: number) => cluster.at(index).identityKey
  const sealed = sealShare({ ...route, privateKey: keyOf(1), random }, inside)

  test('open for their recipient, and for the sender, who knows the content anyway', () => {
    const opened = openShare({ ...route, privateKey: keyOf(2) }, sealed)
    expect(opened).toEqual(inside)
    const again = sealShare({ ...route, privateKey: keyOf(1), random }, inside)
    expect(again).not.toEqual(sealed)
  })

  test('open for nobody else, on no other route and in no other attempt', () => {
    const elsewhere = new KeygenCluster({ size: 4, attempt: 1 }).context
    expect(openShare({ ...route, privateKey: keyOf(0) }, sealed)).toBeNull()
    expect(openShare({ ...route, sender: 0, privateKey: keyOf(2) }, sealed)).toBeNull()
    expect(openShare({ ...route, context: elsewhere, privateKey: keyOf(2) }, sealed)).toBeNull()
    const moved = Uint8Array.from(sealed)
    moved.set(elsewhere.digest, 2)
    expect(openShare({ ...route, context: elsewhere, privateKey: keyOf(2) }, moved)).toBeNull()
  })

  test('open with no bit changed', () => {
    fc.assert(
      fc.property(fc.nat({ max: sealed.length - 1 }), fc.nat({ max: 7 }), (at, bit) => {
        const changed = Uint8Array.from(sealed)
        changed[at] = (changed[at] ?? 0) ^ (1 << bit)
        expect(openShare({ ...route, privateKey: keyOf(2) }, changed)).toBeNull()
      }),
    )
  })
})
