import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { InputError } from '../../../simulations/input/problems.ts'
import { loadScenario, ScenarioError } from '../../../simulations/scenario/load.ts'
import { scenarioText } from '../../../simulations/scenario/scenario-text.ts'
import { loadSweep } from '../../../simulations/sweep/sweep-file.ts'

/** Four members: two share a city, three a cloud; an order of one country reaches two. */
const SEATS = `
name: four
sourcesMin: 1
members:
  - { name: a, operator: Ann, region: us-east-1, jurisdiction: US, cloud: aws, venues: [x] }
  - { name: b, operator: Bob, region: eu-west-1, jurisdiction: [IE, US], cloud: aws, venues: [x] }
  - { name: c, operator: Cleo, region: us-east-1, jurisdiction: CA, cloud: gcp, venues: [x] }
  - { name: d, operator: Ann, region: ap-northeast-1, jurisdiction: JP, cloud: aws, venues: [x] }
`

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'seats-'))
  writeFileSync(join(folder, 'four.yaml'), SEATS)
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A scenario file beside the seats, with more lines. */
function written(lines: string, committee = '{ seats: four.yaml }'): string {
  const path = join(folder, 'scenario.yaml')
  writeFileSync(path, `name: scenario\nrounds: 10\ncommittee: ${committee}\n${lines}`)
  return path
}

function problemsOf(lines: string, committee?: string): readonly string[] {
  try {
    loadScenario(written(lines, committee))
    return []
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error
    return error.problems.map(({ path, message }) => `${path}: ${message}`)
  }
}

describe('a scenario with seats', () => {
  test.each([
    ['region: us-east-1', [0, 2]],
    ['jurisdiction: US', [0, 1]],
    ['cloud: aws', [0, 1, 3]],
    ['operator: Ann', [0, 3]],
  ])('loses whoever shares %s', (group, members) => {
    const { faults } = loadScenario(
      written(`faults: [{ type: outage, of: { ${group} }, atMs: 1000, restartMs: 2000 }]`),
    )
    const crash = { type: 'crash', disk: 'kept', atMs: 1_000, restartMs: 2_000 }
    expect(faults).toEqual([{ ...crash, members }])
  })

  test('has a group follow a strategy, and other faults as well', () => {
    const { adversaries, faults } = loadScenario(
      written(`
adversaries: [{ strategy: mute, of: { operator: Cleo } }]
faults: [{ type: clockShift, of: { cloud: aws }, atMs: 5, byMs: 7 }]
`),
    )
    expect(adversaries).toEqual([{ strategy: 'mute', members: [2] }])
    expect(faults).toEqual([{ type: 'clockShift', members: [0, 1, 3], atMs: 5, byMs: 7 }])
  })

  test('says by group whose transmitters, endpoints, clocks and ways to venues fail', () => {
    const span = 'fromMs: 1, toMs: 2'
    const { chain, clocks, prices } = loadScenario(
      written(`
clocks: [{ of: { operator: Bob }, offsetMs: 2 }]
prices:
  sourcesMin: 1
  venues: [{ name: x }]
  unreachable: [{ of: { jurisdiction: US }, venues: [x] }]
chain:
  faults:
    - { type: transmitters, how: withhold, of: { cloud: aws }, ${span} }
    - { type: rpcDown, endpoints: [0], of: { region: us-east-1 }, ${span} }
    - { type: rpcDown, endpoints: [0], members: [3], ${span} }
    - { type: reorg, atMs: 5, depth: 1 }
`),
    )
    const members = chain?.faults.map((fault) => ('members' in fault ? fault.members : null))
    expect(members).toEqual([[0, 1, 3], [0, 2], [3], null])
    expect(clocks[0]?.members).toEqual([1])
    expect(prices.unreachable[0]?.members).toEqual([0, 1])
  })

  test('has no outage of a chain', () => {
    const lines = 'chain: { faults: [{ type: outage, of: { cloud: aws }, fromMs: 1, toMs: 2 }] }'
    expect(problemsOf(lines).join()).toContain('chain.faults.0.type: ')
  })

  test('has its members, f and regions from the file, and stands for itself then', () => {
    const scenario = loadScenario(written('network: { latency: { type: seats } }'))
    expect(scenario.committee).toMatchObject({ members: 4, f: 1 })
    expect(scenario.network.latency).toEqual({
      type: 'placed',
      regions: ['us-east-1', 'eu-west-1', 'us-east-1', 'ap-northeast-1'],
    })
    const alone = join(folder, 'alone.yaml')
    writeFileSync(alone, scenarioText(scenario))
    expect(loadScenario(alone)).toEqual(scenario)
    expect(scenarioText(scenario)).not.toContain('four.yaml')
  })

  test('says everything that is wrong with its groups at once', () => {
    const lines = `
faults:
  - { type: outage, of: { cloud: azure }, atMs: 1 }
  - { type: outage, of: { cloud: aws, region: us-east-1 }, atMs: 1 }
  - { type: outage, of: { venue: x }, atMs: 1 }
  - { type: crash, of: { cloud: aws }, members: [2], atMs: 1 }
chain: { faults: [{ type: rpcDown, endpoints: [0], of: { cloud: ovh }, fromMs: 1, toMs: 2 }] }
`
    const one = 'must name one of region, jurisdiction, cloud, operator, as { cloud: aws }'
    expect(problemsOf(lines, '{ seats: four.yaml, members: 7 }')).toEqual([
      'committee.members: must be 4, or left out: so many have a seat',
      'faults.0.of.cloud: must be one of aws, gcp',
      `faults.1.of: ${one}`,
      `faults.2.of: ${one}`,
      'faults.3.members: must be left out beside of',
      'chain.faults.0.of.cloud: must be one of aws, gcp',
    ])
  })

  test('is refused without the file, or with one that is none', () => {
    const needs = 'needs committee.seats, the file that says where members stand'
    const lines = `
network: { latency: { type: seats } }
faults: [{ type: outage, of: { cloud: aws }, atMs: 1 }]
chain: { faults: [{ type: rpcDown, endpoints: [0], of: { cloud: aws }, fromMs: 1, toMs: 2 }] }
`
    expect(problemsOf(lines, '{ members: 4 }')).toEqual([
      `faults.0: ${needs}`,
      `chain.faults.0: ${needs}`,
      `network.latency: ${needs}`,
    ])
    const missing = problemsOf('', '{ seats: nowhere.yaml }').join()
    expect(missing).toContain('committee.seats: is not there; looked for ')
    expect(problemsOf('', '{ seats: 7 }')).toEqual([
      'committee.seats: must be the path of a committee file',
    ])
    expect(problemsOf('', '{ seats: scenario.yaml }').join()).toContain('committee.seats: ')
  })

  test('keeps the rules of what its groups become', () => {
    const lines = 'faults: [{ type: outage, of: { cloud: gcp }, atMs: 9, restartMs: 3 }]'
    expect(problemsOf(lines)).toEqual(['faults.0: restartMs must be after atMs'])
  })
})

describe('a sweep over seats', () => {
  const sweep = (axes: string) => {
    const path = join(folder, 'sweep.yaml')
    const faults = '[{ type: outage, of: { cloud: aws }, atMs: 1 }]'
    const scenario = `{ rounds: 10, committee: { seats: four.yaml }, faults: ${faults} }`
    writeFileSync(path, `name: s\nseeds: { count: 1 }\nscenario: ${scenario}\naxes: ${axes}\n`)
    return () => loadSweep(path).points.map((each) => each.scenario)
  }

  test('varies which group is lost', () => {
    const scenarios = sweep('[{ axis: faults.0.of.cloud, values: [aws, gcp] }]')()
    expect(scenarios.map(({ faults }) => faults[0]?.members)).toEqual([[0, 1, 3], [2]])
  })

  test('counts the members that follow a strategy from the seats', () => {
    const [scenario] = sweep('[{ axis: strategy, values: [mute] }]')()
    expect(scenario?.adversaries).toEqual([{ strategy: 'mute', members: [3] }])
  })

  test('names a group that nobody is in', () => {
    expect(sweep('[{ axis: faults.0.of.cloud, values: [aws, azure] }]')).toThrow(InputError)
    expect(sweep('[{ axis: faults.0.of.cloud, values: [aws, azure] }]')).toThrow('aws, gcp')
  })
})
