import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  checkScenario,
  loadScenario,
  parseScenario,
  ScenarioError,
} from '../../../simulations/scenario/load.ts'
import { scenarioText } from '../../../simulations/scenario/scenario-text.ts'

const FOLDER = new URL('../../../simulations/scenarios/', import.meta.url)

function problemsIn(text: string): readonly string[] {
  try {
    parseScenario(text)
    return []
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error
    return error.problems.map(({ path }) => path)
  }
}

describe('scenario files', () => {
  test.each(readdirSync(FOLDER))('%s is sound and named like its file', (file) => {
    const scenario = loadScenario(new URL(file, FOLDER).pathname)
    expect(`${scenario.name}.yaml`).toBe(file)
    expect(scenario.about).not.toBe('')
  })

  test('every problem is listed at once, with its path', () => {
    const text = `
name: Wrong Name
rounds: 0
committee: { members: 40 }
network: { latency: { type: constant, ms: -1 }, lossPpm: 2000000 }
adversaries: [{ strategy: mute, members: [] }]
surprise: 1
`
    expect(problemsIn(text)).toEqual([
      'name',
      'rounds',
      'committee.members',
      'network.latency.ms',
      'network.lossPpm',
      'adversaries.0.members',
      'surprise',
    ])
  })

  test('problems of a chain are listed with those of its faults', () => {
    const text = `
name: wrong-chain
rounds: 10
committee: { members: 4 }
chain:
  blockMs: 1000
  jitterMs: 1000
  mempoolMs: { min: 2, max: 1 }
  priorityFeePerGasGweiMax: 200
  endpoints: 2
  faults:
    - { type: feeSpike, factor: 2, fromMs: 5, toMs: 5 }
    - { type: rpcDown, members: [4], endpoints: [2], fromMs: 0, toMs: 1 }
`
    expect(problemsIn(text)).toEqual([
      'chain.jitterMs',
      'chain.mempoolMs',
      'chain.priorityFeePerGasGweiMax',
      'chain.faults.0',
      'chain.faults.1.members',
      'chain.faults.1.endpoints',
    ])
    expect(
      problemsIn('name: x\nrounds: 1\nprotocol: ocr2\nchain: {}\ncommittee: { members: 4 }'),
    ).toEqual(['chain'])
  })

  test('problems of attacks on venues and of a book are listed together', () => {
    const text = `
name: wrong-attack
rounds: 10
committee: { members: 4 }
prices:
  sourcesMin: 2
  venues: [{ name: alder, depth: { usdPerPercent: 1000000 } }, { name: birch }]
  manipulations:
    - { fromMs: 5, toMs: 5, moveBps: 0, budgetUsd: 1, venues: [alder, birch] }
    - { fromMs: 0, toMs: 5, budgetUsd: 1, market: USDC/USD }
    - { fromMs: 0, toMs: 5, moveBps: 10, targetUsd: 10, budgetUsd: 1, venues: [alder, alder] }
book:
  markedBy: chain
  perpetuals:
    - { side: long, notionalUsd: 1, marginBps: 60, marginBpsMax: 50, openMs: 9, closeMs: 9 }
    - { side: long, notionalUsd: 1, marginBps: 100, openMs: 1000000 }
  options:
    - { type: call, strikeUsd: 1, contracts: 1, volatility: 0.5, openMs: 500, expiryMs: 1000 }
`
    expect(problemsIn(text)).toEqual([
      'prices.manipulations.0',
      'prices.manipulations.0.moveBps',
      'prices.manipulations.0.venues',
      'prices.manipulations.1',
      'prices.manipulations.1.market',
      'prices.manipulations.1.venues',
      'prices.manipulations.2',
      'prices.manipulations.2.venues',
      'prices.manipulations.2.venues',
      'book.markedBy',
      'book.perpetuals.0.closeMs',
      'book.perpetuals.0.marginBpsMax',
      'book.perpetuals.0.marginBps',
      'book.perpetuals.1.openMs',
      'book.options.0.expiryMs',
    ])
    const late = `name: x
rounds: 10
committee: { members: 4 }
prices:
  sourcesMin: 1
  venues: [{ name: a, depth: { usdPerPercent: 1000000 } }]
  manipulations: [{ fromMs: 900000, toMs: 910000, moveBps: 10, budgetUsd: 1 }]
`
    expect(problemsIn(late)).toEqual(['prices.manipulations.0.fromMs'])
    expect(problemsIn(late.replace('900000', '500'))).toEqual([])
    const bare = 'name: x\nrounds: 1\ncommittee: { members: 4 }\nbook: {}\n'
    expect(problemsIn(bare)).toEqual(['book'])
    expect(problemsIn(`${bare}protocol: ocr2`)).toEqual(['book', 'book'])
  })

  test('what is missing, unknown or of another type is said in words', () => {
    const text = 'name: wrong\ncommittee: { members: four, timing: soon }\nround: 1\n'
    expect(() => parseScenario(text)).toThrow(
      [
        'rounds: is missing; must be of type number',
        'committee.members: is of type string; must be of type number',
        'committee.timing: must be region, worldwide or local, or all values of protocol §3',
        'round: is no key that is known here; did you mean rounds?',
      ].join('\n  '),
    )
  })

  test('keys and kinds that are none are told with the nearest that is known there', () => {
    const text = `
name: wrong
rounds: 10
commitee: { members: 4 }
network: { losPpm: 3, colour: red }
faults: [{ type: crsh, members: [1], atMs: 3 }, { members: [1] }]
prices: { model: { type: bates, volatilty: 1 }, venues: [{ nme: a }] }
`
    const lines = (given: string): readonly string[] => {
      try {
        parseScenario(given)
        return []
      } catch (error) {
        return (error as ScenarioError).problems.map(({ path, message }) => `${path}: ${message}`)
      }
    }
    expect(lines(text)).toEqual([
      'committee: is missing; must be of type object',
      'network.losPpm: is no key that is known here; did you mean lossPpm?',
      'network.colour: is no key that is known here',
      'prices.model.volatilty: is no key that is known here; did you mean volatility?',
      'prices.venues.0.name: is missing; must be of type string',
      'prices.venues.0.nme: is no key that is known here; did you mean name?',
      'faults.0.type: must be one of crash, stop, clockShift, clockDrift; did you mean crash?',
      'faults.1.type: must be one of crash, stop, clockShift, clockDrift',
      'commitee: is no key that is known here; did you mean committee?',
    ])
  })

  test('a strategy and a variant that are none are told beside all else, and bounds in words', () => {
    const text = `
name: wrong
rounds: 0
committee: { members: 40 }
adversaries: [{ strategy: mut, members: [3] }]
variant: no-late
`
    expect(() => parseScenario(text)).toThrow(
      /rounds: must be at least 1\n {2}committee\.members: must be at most 31\n/,
    )
    const names = ['rounds', 'committee.members', 'adversaries.0.strategy', 'variant']
    expect(problemsIn(text)).toEqual(names)
    expect(() => parseScenario(text)).toThrow(/strategy: did you mean mute\? It must be one of /)
    expect(() => parseScenario(text)).toThrow(/variant: did you mean no-late-notices\?/)
    expect(problemsIn(`${text}clocks: 3\n`.replace('mut,', '[mute],'))).toContain('clocks')
  })

  test.each(readdirSync(FOLDER))('%s as a text is the same scenario', (file) => {
    const scenario = loadScenario(new URL(file, FOLDER).pathname)
    expect(parseScenario(scenarioText(scenario))).toEqual(scenario)
  })

  test('latencies of the default type with other bounds keep their type in a text', () => {
    const latency = { type: 'uniform', minMs: 2, maxMs: 30 }
    const scenario = checkScenario({
      name: 'wide',
      rounds: 10,
      committee: { members: 4 },
      network: { latency },
    })
    expect(parseScenario(scenarioText(scenario))).toEqual(scenario)
  })

  test('rules between fields are checked, the protocol’s own too', () => {
    const text = `
name: crossed
rounds: 10
committee: { members: 4 }
network:
  latency: { type: regions, placement: { us-east-1: 3 } }
  cuts: [{ fromMs: 5, toMs: 5, senders: [0], receivers: [9] }]
adversaries: [{ strategy: telepathy, members: [1, 1] }]
faults: [{ type: crash, members: [0], atMs: 10, restartMs: 5 }]
`
    expect(problemsIn(text).toSorted()).toEqual([
      'adversaries.0.members',
      'adversaries.0.strategy',
      'faults.0',
      'network.cuts.0',
      'network.cuts.0.receivers',
      'network.latency.placement',
    ])
    const tooFaulty = 'name: f\nrounds: 1\ncommittee: { members: 4, f: 2 }'
    expect(problemsIn(tooFaulty)).toEqual(['committee.f'])
  })

  test('a venue that quotes in a coin needs the coin’s market, and a coin venues that agree', () => {
    const venue = (name: string, quote: string) => `{ name: ${name}, quote: ${quote} }`
    const text = (conversions: string) => `
name: coins
rounds: 10
committee: { members: 4 }
prices:
  venues: [${venue('a', 'USDT')}, ${venue('b', 'USDC')}, ${venue('c', 'USD')}]
  conversions: ${conversions}
`
    const usdt = '{ market: USDT/USD, venues: [{ name: d }, { name: e }] }'
    const early = '{ fromMs: 10, depthBps: 100, rampMs: 10, toMs: 19 }'
    expect(problemsIn(text('[]'))).toEqual(['prices.venues.0.quote', 'prices.venues.1.quote'])
    expect(problemsIn(text(`[${usdt}, { market: USDC/USD, use: par }]`))).toEqual([])
    expect(problemsIn(text(`[${usdt}, ${usdt}]`))).toEqual([
      'prices.conversions',
      'prices.venues.1.quote',
    ])
    const alone = `{ market: USDC/USD, venues: [{ name: d }], depeg: ${early} }`
    expect(problemsIn(text(`[${usdt}, ${alone}]`))).toEqual([
      'prices.conversions.1.sourcesMin',
      'prices.conversions.1.depeg.toMs',
    ])
  })

  test('what is no YAML, and a file that is not there, are problems and no surprises', () => {
    expect(problemsIn('name: [')).not.toEqual([])
    expect(() => loadScenario('/nowhere.yaml')).toThrow(ScenarioError)
  })
})
