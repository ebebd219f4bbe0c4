/** A part of the code and the tests that alone must notice any change of it. */
export interface Target {
  readonly name: string
  readonly mutate: readonly string[]
  readonly tests: readonly string[]
  /** Smallest share of mutants, in per cent, that the tests must notice. */
  readonly floorPercent: number
}

const unit = (path: string) => `test/unit/${path}`
const property = (name: string) => `test/property/${name}.test.ts`

/**
 * What decides alone about who agrees, at which value, in which bytes: every mutant is noticed, or
 * stands in equivalents.json with the reason why none could be.
 */
export const TARGETS: readonly Target[] = [
  {
    name: 'quorum',
    mutate: ['aggregator/committee/quorum.ts'],
    tests: [unit('aggregator/committee/quorum.test.ts')],
    floorPercent: 100,
  },
  {
    name: 'median',
    mutate: ['aggregator/aggregation/median.ts'],
    tests: [unit('aggregator/aggregation/median.test.ts'), property('median')],
    floorPercent: 100,
  },
  {
    name: 'values',
    mutate: ['aggregator/values/{bytes,codec,decimal,ids}.ts'],
    tests: [unit('aggregator/values/**/*.test.ts'), property('codec'), property('decimal')],
    floorPercent: 100,
  },
  {
    name: 'messages',
    mutate: ['aggregator/messages/*.ts', 'aggregator/promises/promise.ts'],
    tests: [unit('aggregator/messages/**/*.test.ts'), property('codec'), property('validate')],
    floorPercent: 100,
  },
  {
    name: 'report',
    mutate: ['aggregator/report/*.ts', 'aggregator/candidate/report.ts'],
    tests: [
      unit('aggregator/{candidate,report}/**/*.test.ts'),
      property('report'),
      property('lanes'),
    ],
    floorPercent: 100,
  },
  {
    name: 'signing',
    mutate: ['aggregator/signing/{frost,threshold}.ts'],
    tests: [unit('aggregator/signing/**/*.test.ts')],
    floorPercent: 100,
  },
  {
    name: 'core',
    mutate: ['aggregator/**/*.ts'],
    tests: [unit('aggregator/**/*.test.ts'), 'test/property/**/*.test.ts'],
    floorPercent: 90,
  },
]
