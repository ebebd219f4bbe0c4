import { describe, expect, test } from 'vitest'
import { contradicts, type Evidence, isConclusive } from '../../../../aggregator/keygen/evidence.ts'
import type { Signed, Statement } from '../../../../aggregator/keygen/statements.ts'
import { KeygenCluster, signStatement } from '../../../support/keygen.ts'

const cluster = new KeygenCluster({ size: 4 }).run()
const { context } = cluster
const guilty = cluster.at(3)
const filled = (fill: number) => new Uint8Array(32).fill(fill)

function sign(statement: Statement): Signed {
  return signStatement(context, statement, cluster.at(statement.sender).identityKey)
}

function held<S extends Signed>(signed: S | null | undefined): S {
  if (signed === null || signed === undefined) throw new Error('nothing held')
  return signed
}

const ownPackage = held(guilty.state.packages[3])
const ownEcho = held(guilty.state.echoes[3])
const ownResult = held(guilty.state.results[3])
const share = {
  type: 'share',
  sender: 3,
  recipient: 1,
  package: ownPackage.digest,
  share: filled(5),
} as const

const PAIRS: readonly (readonly [string, Signed, Signed])[] = [
  ['two packages', ownPackage, sign({ ...ownPackage.statement, proof: new Uint8Array(65) })],
  ['two echoes', ownEcho, sign({ ...ownEcho.statement, packages: Array(4).fill(filled(1)) })],
  ['two results', ownResult, sign({ ...ownResult.statement, result: filled(1) })],
  ['two shares for one member', sign(share), sign({ ...share, share: filled(6) })],
  [
    'an echo without its own package',
    ownPackage,
    sign({ ...ownEcho.statement, packages: Array(4).fill(filled(1)) }),
  ],
  ['a share of another package', ownPackage, sign({ ...share, package: filled(1) })],
  [
    'a result of other packages than it echoed',
    ownEcho,
    sign({ ...ownResult.statement, transcript: filled(1) }),
  ],
]

describe('statements that exclude each other', () => {
  test.each(PAIRS)('%s', (_, first, second) => {
    for (const statements of [
      [first, second],
      [second, first],
    ] as const) {
      expect(contradicts(context, ...statements)).toBe(true)
      const evidence: Evidence = { kind: 'contradiction', accused: 3, statements }
      expect(isConclusive(context, evidence)).toBe(true)
      expect(isConclusive(context, { ...evidence, accused: 2 })).toBe(false)
      expect(isConclusive(context, { ...evidence, kind: 'share' })).toBe(false)
      const longer = [...statements, ownPackage]
      expect(isConclusive(context, { ...evidence, statements: longer })).toBe(false)
    }
  })

  test('one statement twice, two accusations, and shares for two members do not', () => {
    const accusation = { type: 'accusation', sender: 3, phase: 'shares', against: 1 } as const
    const innocent = [
      [ownPackage, ownPackage],
      [sign(accusation), sign({ ...accusation, against: 2 })],
      [sign(share), sign({ ...share, recipient: 2, share: filled(6) })],
      [ownPackage, ownResult],
      [ownPackage, held(cluster.at(2).state.packages[2])],
    ] as const
    for (const [first, second] of innocent) {
      expect(contradicts(context, first, second)).toBe(false)
      expect(contradicts(context, second, first)).toBe(false)
    }
  })
})

test("evidence about a result needs all n packages, each in its member's place", () => {
  const packages = cluster.at(0).state.packages.map(held)
  const wrong = sign({ ...ownResult.statement, result: filled(1) })
  const evidence: Evidence = { kind: 'result', accused: 3, statements: [wrong, ...packages] }
  expect(isConclusive(context, evidence)).toBe(true)
  for (const statements of [
    [wrong, ...packages.toReversed()],
    [wrong, ...packages.slice(1)],
    [ownResult, ...packages],
    [wrong],
  ]) {
    expect(isConclusive(context, { ...evidence, statements })).toBe(false)
  }
})
