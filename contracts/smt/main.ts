// `npm run smt`: proves every assert of the proof contracts here with the compiler's model checker.
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, posix } from 'node:path'
import { runScript, scriptCommand, UsageError } from '../../scripts/command-line.ts'

// The compiler of the lockfile carries z3; with a `timeout` setting its solver cannot start.
const require = createRequire(import.meta.url)
const solc: { compile: (input: string, callbacks: object) => string } = require('solc')

const FOLDER = import.meta.dirname
const ROOT = join(FOLDER, '..', '..')
/** The one that must be refuted: a solver that proves it proves nothing. */
const CONTROL = 'Control'

/** Codes of the compiler: an assert that fails or may fail; one that is proven. */
const UNPROVEN = '6328'
const PROVEN = '9576'

interface Diagnostic {
  readonly severity: string
  readonly errorCode?: string
  readonly message: string
  readonly formattedMessage: string
}

interface Proof {
  readonly file: string
  readonly contract: string
  /** Asserts in its source. */
  readonly asserts: number
}

interface Verdict extends Proof {
  readonly proven: number
  readonly refuted: number
  /** Whether it ended as it must. */
  readonly holds: boolean
  readonly seconds: number
  readonly said: readonly string[]
}

/** Every contract of the folder; the solver takes one at a time, all at once it gives up. */
function proofs(): readonly Proof[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.sol'))
  return files.toSorted().flatMap((file) => {
    const parts = readFileSync(join(FOLDER, file), 'utf8').split(/^contract (?=\w+)/m)
    return parts.slice(1).map((part) => ({
      file,
      contract: /^\w+/.exec(part)?.[0] ?? '',
      asserts: [...part.matchAll(/^\s+assert\(/gm)].length,
    }))
  })
}

function judge(proof: Proof): Verdict {
  const started = performance.now()
  const said = check(proof)
  const proven = said.filter(({ errorCode }) => errorCode === PROVEN).length
  const failed = said.filter(({ errorCode }) => errorCode === UNPROVEN)
  // `happens` comes with a counterexample, `might happen` is a solver that gave up.
  const refuted = failed.filter(({ message }) => message.includes('happens here')).length
  const isRight = proof.contract === CONTROL ? refuted > 0 : proven > 0
  const isWhole = (proof.contract === CONTROL ? refuted : proven) === proof.asserts
  const others = said.filter(
    ({ errorCode, severity }) => errorCode !== PROVEN && severity !== 'info',
  )
  return {
    ...proof,
    proven,
    refuted,
    holds: isRight && isWhole,
    seconds: Math.round((performance.now() - started) / 100) / 10,
    said: others.map(({ formattedMessage }) => formattedMessage),
  }
}

function check({ file, contract }: Proof): readonly Diagnostic[] {
  const name = posix.join('contracts/smt', file)
  const input = {
    language: 'Solidity',
    sources: { [name]: { content: readFileSync(join(FOLDER, file), 'utf8') } },
    settings: {
      modelChecker: {
        engine: 'chc',
        solvers: ['z3'],
        targets: ['assert'],
        showProvedSafe: true,
        showUnproved: true,
        contracts: { [name]: [contract] },
      },
    },
  }
  const read = (path: string) => ({ contents: readFileSync(join(ROOT, path), 'utf8') })
  return JSON.parse(solc.compile(JSON.stringify(input), { import: read })).errors ?? []
}

const smt = scriptCommand({
  options: { only: { type: 'text', default: '' }, json: { type: 'flag' } },
  run: ({ only, json }) => {
    const chosen = proofs().filter(({ contract }) => contract.includes(only))
    // A name that fits nothing proves nothing.
    if (chosen.length === 0) throw new UsageError(`no proof has "${only}" in its name`)
    const verdicts = chosen.map((proof) => {
      const verdict = judge(proof)
      if (!json) process.stdout.write(`${verdictText(verdict)}\n`)
      return verdict
    })
    if (json) process.stdout.write(`${JSON.stringify(verdicts)}\n`)
    return verdicts.every(({ holds }) => holds) ? 0 : 1
  },
})

function verdictText({
  contract,
  asserts,
  proven,
  refuted,
  holds,
  seconds,
  said,
}: Verdict): string {
  const found = `${proven} of ${asserts} proven, ${refuted} refuted`
  const line = `${holds ? 'ok  ' : 'FAIL'} ${contract}: ${found}, ${seconds} s`
  return holds ? line : [line, ...said].join('\n')
}

await runScript({
  call: 'npm run smt',
  usage: `npm run smt [-- --only TEXT --json]

Proves every assert of the proof contracts in contracts/smt with the compiler's model checker; with
--only those with this text in their name.`,
  commands: { '': smt },
})
