// `npm run nightly`: what strains the contracts for longer than a gate may.
import { randomInt } from 'node:crypto'
import { runScript, scriptCommand, stopSignal } from '../../scripts/command-line.ts'
import { libraries } from './compare-libraries.ts'
import { differential } from './differential.ts'
import { soliditySuites } from './solidity.ts'

const USAGE = `npm run nightly -- solidity [--runs 1000000 --invariant-runs 10000 --depth 500]
                                   [--only Reads] [--seed N] [--fresh]
       npm run nightly -- differential [--count 1000000 --from 0] [--seed N] [--json]
       npm run nightly -- libraries [--count 1000000 --from 0 --values 9000] [--seed N] [--json]

solidity: every fuzz property and invariant of the contracts, file by file; a second call with the
same settings goes on where the first one stopped.
differential: certificates and mutated signatures, on which TypeScript and Solidity must agree.
libraries: calls to every library of the contracts, on which they must agree as well; history begins
with so many values, and wraps around beyond 8192.`

const COUNT_MAX = 1_000_000_000

const seed = {
  type: 'number',
  default: randomInt(1, 2 ** 47),
  min: 1,
  max: Number.MAX_SAFE_INTEGER,
} as const

/** Which cases of an endless sequence. */
const SPAN = {
  count: { type: 'number', default: 1_000_000, min: 1, max: COUNT_MAX },
  from: { type: 'number', default: 0, min: 0, max: Number.MAX_SAFE_INTEGER },
  seed,
  json: { type: 'flag' },
} as const

const commands = {
  solidity: scriptCommand({
    options: {
      runs: { type: 'number', default: 1_000_000, min: 1, max: COUNT_MAX },
      'invariant-runs': { type: 'number', default: 10_000, min: 1, max: COUNT_MAX },
      depth: { type: 'number', default: 500, min: 1, max: 1_000_000 },
      only: { type: 'text', default: '' },
      seed,
      fresh: { type: 'flag' },
    },
    run: ({ runs, 'invariant-runs': invariantRuns, depth, only, fresh, ...rest }) => {
      const limits = { runs, invariantRuns, depth }
      return soliditySuites({ limits, only, isFresh: fresh, signal: stopSignal(), ...rest })
    },
  }),
  differential: scriptCommand({
    options: SPAN,
    run: ({ json, ...span }) => differential({ ...span, isJson: json, signal: stopSignal() }),
  }),
  libraries: scriptCommand({
    options: {
      ...SPAN,
      values: { type: 'number', default: 9_000, min: 1, max: 1_000_000 },
    },
    run: ({ json, ...span }) => libraries({ ...span, isJson: json, signal: stopSignal() }),
  }),
}

await runScript({ call: 'npm run nightly', usage: USAGE, commands })
