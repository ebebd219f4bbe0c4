import { existsSync } from 'node:fs'
import { faultyMax } from '../../aggregator/committee/quorum.ts'
import { readArgs } from '../input/options.ts'
import { InputError, type Problem } from '../input/problems.ts'
import { BUILT_IN, impossibleWaits, loadProtocol } from '../input/protocol-file.ts'
import { MEMBERS_MAX, placementOf } from '../input/topology.ts'
import { callOf } from '../origin/call.ts'
import { commitOf } from '../origin/commit.ts'
import { type Estimate, type EstimateOptions, estimate } from '../reference/estimator.ts'
import type { ReferenceProtocol } from '../reference/protocol.ts'

const TRIALS_MAX = 1_000_000

/** An estimate, and all that makes it again. */
export interface Estimated extends Estimate {
  readonly topology: string
  readonly silent: number
  readonly crashed: number
  readonly sigma?: number
  readonly seed: number
  readonly commit: string
  readonly command: string
}

/**
 * The estimate that a command line asks for.
 *
 * @throws {InputError} ESTIMATE_INVALID with everything that is wrong with it
 */
export function estimateOf(args: readonly string[]): {
  readonly result: Estimated
  readonly isJson: boolean
} {
  const { values } = readArgs({
    args: [...args],
    options: {
      topology: { type: 'string', default: '' },
      protocol: { type: 'string', default: '' },
      seed: { type: 'string', default: '1' },
      trials: { type: 'string' },
      f: { type: 'string' },
      silent: { type: 'string', default: '0' },
      crashed: { type: 'string', default: '0' },
      sigma: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const problems: Problem[] = []
  const placement = attempt(problems, () => placementOf(values.topology)) ?? []
  const protocol = attempt(problems, () => protocolOf(values.protocol))
  const n = placement.length
  const count = (option: string, text: string, [min, max]: readonly [number, number]): number => {
    const number = Number(text)
    const isGood = /^\d{1,10}$/.test(text) && number >= min && number <= max
    const message = `must be a whole number from ${min} to ${max}`
    if (!isGood) problems.push({ path: `--${option}`, message })
    return number
  }
  // Without a committee there is no f that anything could be measured by.
  const fMax = n === 0 ? MEMBERS_MAX : faultyMax(n)
  const f = values.f === undefined ? fMax : count('f', values.f, [0, fMax])
  const seed = count('seed', values.seed, [0, 0xffffffff])
  const faulty = Number.isInteger(f) ? Math.min(f, fMax) : fMax
  const silent = count('silent', values.silent, [0, faulty])
  const crashed = count('crashed', values.crashed, [0, Math.max(0, faulty - (silent || 0))])
  const trials =
    values.trials === undefined ? {} : { trials: count('trials', values.trials, [1, TRIALS_MAX]) }
  const tails = values.sigma === undefined ? {} : { sigma: sigmaOf(values.sigma, problems) }
  if (protocol !== null && n > 0) {
    const impossible = impossibleWaits(protocol, { n, f: faulty })
    problems.push(...impossible.map((each) => inProtocol(each)))
  }
  if (problems.length > 0 || protocol === null) {
    throw new InputError('ESTIMATE_INVALID', 'what is to be estimated', problems)
  }
  const options: EstimateOptions = {
    protocol,
    placement,
    f,
    seed,
    silent,
    crashed,
    ...tails,
    ...trials,
  }
  const { topology } = values
  const again = { commit: commitOf(), command: callOf(['estimate', ...args]) }
  const result = { ...estimate(options), topology, silent, crashed, seed, ...tails, ...again }
  return { result, isJson: values.json }
}

/** Of lognormal delays, as in a scenario. */
function sigmaOf(text: string, problems: Problem[]): number {
  const sigma = Number(text)
  const isGood = /^\d{1,2}(\.\d{1,4})?$/.test(text) && sigma >= 0.01 && sigma <= 3
  if (!isGood) problems.push({ path: '--sigma', message: 'must be a number from 0.01 to 3' })
  return sigma
}

function protocolOf(nameOrPath: string): ReferenceProtocol {
  const isBuiltIn = BUILT_IN.some((name) => name === nameOrPath)
  const isFile = existsSync(nameOrPath) || /[./\\]/.test(nameOrPath)
  if (!isBuiltIn && !isFile) {
    const message = `must be one of ${BUILT_IN.join(', ')}, or a file that describes one`
    throw new InputError('ESTIMATE_INVALID', 'the protocol', [{ path: '--protocol', message }])
  }
  return loadProtocol(nameOrPath)
}

/** What is made, or null with its problems in the list. */
function attempt<T>(problems: Problem[], make: () => T): T | null {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const isFile = error.code === 'PROTOCOL_INVALID'
    problems.push(...(isFile ? error.problems.map(inProtocol) : error.problems))
    return null
  }
}

function inProtocol({ path, message }: Problem): Problem {
  return { path: path === '' ? '--protocol' : `--protocol ${path}`, message }
}
