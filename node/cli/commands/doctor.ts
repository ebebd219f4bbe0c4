import { WallClock } from '../../clock.ts'
import { examine } from '../../doctor/examine.ts'
import type { Finding } from '../../doctor/finding.ts'
import { OracleError } from '../../errors.ts'
import { HOST_SOURCES } from '../../sources/host.ts'
import { command, usageError } from '../command.ts'
import { EXIT_DONE, EXIT_INTERRUPTED, exitCodeOf } from '../exit-codes.ts'
import { countFindings, countsText, findingText } from '../finding-text.ts'

const SECONDS = 45
const SECONDS_MAX = 600

/** Looks at everything an operator can get wrong, and says what to do. */
export const doctor = command({
  name: 'doctor',
  summary: 'Check everything that can be wrong around a node, and say what to do.',
  options: {
    config: {
      type: 'string',
      value: 'FILE',
      required: true,
      describe: "the node's configuration; it may run or not",
    },
    offline: { type: 'boolean', describe: 'ask this machine alone' },
    timeout: {
      type: 'string',
      value: 'SECONDS',
      describe: `how long it may take in all; default ${SECONDS}`,
    },
  },
  run: async ({ config: file, offline, timeout, json }, { stdout, stderr, terminal, signal }) => {
    const timeoutMs = 1_000 * secondsOf(timeout)
    const findings: Finding[] = []
    const tools = {
      ...HOST_SOURCES,
      clock: new WallClock(),
      terminal,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    }
    const options = {
      file,
      reach: offline ? 'machine' : 'network',
      isStopped: () => signal.aborted,
      onStage: (names: readonly string[]) => stderr.write(`checking ${names.join(', ')}\n`),
    } as const
    for await (const finding of examine(options, tools)) {
      findings.push(finding)
      if (!json) stdout.write(findingText(finding))
    }
    const counts = countFindings(findings)
    if (json) stdout.write(`${JSON.stringify({ file, isSound: counts.fault === 0, findings })}\n`)
    else stdout.write(countsText(counts))
    if (signal.aborted) return EXIT_INTERRUPTED
    if (counts.fault === 0) return EXIT_DONE
    return exitCodeOf(new OracleError('DOCTOR_FAULTS_FOUND', 'something has to be set right'))
  },
})

function secondsOf(text: string | undefined): number {
  if (text === undefined) return SECONDS
  const seconds = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (seconds >= 1 && seconds <= SECONDS_MAX) return seconds
  throw usageError(`--timeout must be 1 to ${SECONDS_MAX} seconds`, 'doctor')
}
