import type { Rule } from '../checking/checker.ts'
import { readArgs, wholeNumber } from '../input/options.ts'
import { requirePlace } from '../report/place.ts'
import type { Answer } from '../research/commands.ts'
import { Simulation } from '../run/simulation.ts'
import { loadScenario } from '../scenario/load.ts'
import { recordingOf } from '../scenario/recording.ts'
import { WORKERS_MAX, workersOfMachine } from '../threads/pool.ts'
import { CAMPAIGNS, type Campaign, type CampaignOptions } from './report.ts'
import { drawnScenario, runCampaign, writeShrunk } from './run-campaign.ts'
import { type Failing, scenarioYaml, shrink } from './shrink.ts'

/** Seeds and rounds of a campaign that names none (threats G1 to G6). */
const DEFAULTS: Readonly<Record<Campaign, { readonly seeds: number; readonly rounds: number }>> = {
  canary: { seeds: 10_000, rounds: 120 },
  // Fifteen minutes with a second between rounds.
  safety: { seeds: 20_000, rounds: 900 },
  liveness: { seeds: 10_000, rounds: 60 },
  coverage: { seeds: 2_000, rounds: 120 },
  // A million rounds.
  bias: { seeds: 5_000, rounds: 200 },
  blame: { seeds: 100_000, rounds: 20 },
}

/** `campaign NAME`. @throws {RangeError} for a wrong command line */
export async function printCampaign(args: readonly string[], signal: AbortSignal): Promise<Answer> {
  const options = campaignOptionsOf(args)
  // Before runs that may take hours: what they find must have somewhere to go.
  requirePlace(options.out, 'folder')
  const report = await runCampaign(options, signal)
  const { lines, ...data } = report
  const text = report.isComplete ? lines : [...lines, '(stopped before its end)']
  const output = options.isJson ? JSON.stringify(data) : text.join('\n')
  return { output, isHeld: report.isHeld }
}

function campaignOptionsOf(args: readonly string[]): CampaignOptions {
  const { values, positionals } = readArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seeds: { type: 'string' },
      from: { type: 'string' },
      rounds: { type: 'string' },
      workers: { type: 'string' },
      out: { type: 'string', default: 'campaign-failures' },
      json: { type: 'boolean', default: false },
    },
  })
  const campaign = CAMPAIGNS.find((name) => name === positionals[0])
  if (campaign === undefined || positionals.length > 1) {
    throw new RangeError(`name one campaign: ${CAMPAIGNS.join(', ')}`)
  }
  const { seeds, rounds } = DEFAULTS[campaign]
  return {
    campaign,
    seeds: wholeNumber('--seeds', values.seeds, { min: 1, max: 100_000_000 }) ?? seeds,
    from: wholeNumber('--from', values.from) ?? 1,
    rounds: wholeNumber('--rounds', values.rounds, { min: 20, max: 1_000_000 }) ?? rounds,
    workers:
      wholeNumber('--workers', values.workers, { min: 1, max: WORKERS_MAX }) ?? workersOfMachine(),
    out: values.out,
    isJson: values.json,
  }
}

/**
 * `shrink FILE` or `shrink safety|liveness`: the smallest run that breaks the same rule, as a
 * scenario file.
 *
 * @throws {RangeError} for a wrong command line, and when the run breaks nothing
 */
export function printShrink(args: readonly string[]): Answer {
  const { values, positionals } = readArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seed: { type: 'string' },
      rounds: { type: 'string' },
      rule: { type: 'string' },
      out: { type: 'string' },
    },
  })
  const [source] = positionals
  if (source === undefined || positionals.length > 1) {
    throw new RangeError('name one scenario file, safety or liveness')
  }
  if (values.out !== undefined) requirePlace(values.out, 'file')
  const failing = failingOf(source, {
    seed: wholeNumber('--seed', values.seed),
    rounds: wholeNumber('--rounds', values.rounds, { min: 1, max: 1_000_000 }),
    rule: values.rule ?? null,
  })
  const shrunk = shrink(failing)
  if (shrunk === null) throw new RangeError(`${source} does not break ${failing.rule}`)
  const text = scenarioYaml(shrunk)
  const output = values.out === undefined ? text.trimEnd() : writeShrunk(values.out, shrunk)
  return { output, isHeld: true }
}

function failingOf(
  source: string,
  given: {
    readonly seed: number | null
    readonly rounds: number | null
    readonly rule: string | null
  },
): Failing {
  const isDrawn = source === 'safety' || source === 'liveness'
  const loaded = isDrawn
    ? drawnScenario(source, given.seed ?? 1, given.rounds ?? DEFAULTS[source].rounds)
    : loadScenario(source)
  const scenario = { ...loaded, rounds: given.rounds ?? loaded.rounds }
  const seed = given.seed ?? scenario.seed
  const run = new Simulation({
    scenario: { ...scenario, stopAtViolation: false },
    seed,
    recording: recordingOf(scenario),
  }).run()
  const broken = run.violations.map(({ rule }) => rule)
  const rule: Rule | undefined =
    given.rule === null ? broken[0] : broken.find((each) => each === given.rule)
  if (rule === undefined) {
    throw new RangeError(`${source} with seed ${seed} does not break ${given.rule ?? 'any rule'}`)
  }
  return { scenario, seed, rule }
}
