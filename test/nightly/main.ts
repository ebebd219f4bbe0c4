// `npm run nightly`: what strains the contracts for longer than a gate may.
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
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

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '1000000' },
      'invariant-runs': { type: 'string', default: '10000' },
      depth: { type: 'string', default: '500' },
      count: { type: 'string', default: '1000000' },
      from: { type: 'string', default: '0' },
      values: { type: 'string', default: '9000' },
      only: { type: 'string', default: '' },
      seed: { type: 'string', default: String(randomInt(1, 2 ** 47)) },
      fresh: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const [runs, invariantRuns, depth, count, historyValues, from, seed] = [
    ...[values.runs, values['invariant-runs'], values.depth],
    ...[values.count, values.values, values.from, values.seed],
  ].map(Number) as [number, number, number, number, number, number, number]
  const isUsable = [runs, invariantRuns, depth, count, historyValues, seed].every(
    (number) => Number.isSafeInteger(number) && number > 0,
  )
  const stopping = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort())
  const { only, fresh, json } = values
  const signal = stopping.signal
  if (isUsable && Number.isSafeInteger(from) && from >= 0) {
    if (positionals[0] === 'solidity') {
      const limits = { runs, invariantRuns, depth }
      return await soliditySuites({ limits, seed, only, isFresh: fresh, signal })
    }
    if (positionals[0] === 'differential') {
      return await differential({ count, from, seed, isJson: json, signal })
    }
    if (positionals[0] === 'libraries') {
      return await libraries({ count, from, seed, values: historyValues, isJson: json, signal })
    }
  }
  process.stderr.write(`${USAGE}\n`)
  return 2
}

process.exitCode = await main()
