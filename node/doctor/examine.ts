import { once } from 'node:events'
import type { Check, Facts, Outcome, Tools } from './check.ts'
import { checkConfiguration } from './checks/configuration.ts'
import { STAGES } from './checks.ts'
import type { Finding } from './finding.ts'
import { fault, findingOf, unchecked } from './finding.ts'

export interface ExamineOptions {
  /** The node's configuration. */
  readonly file: string
  /** Whether to ask others than this machine. */
  readonly reach: Check['reach']
  /** Why the signal of the tools aborted, when it has: the operator, or the time. */
  readonly isStopped: () => boolean
  /** Told when checks begin. */
  readonly onStage: (names: readonly string[]) => void
}

/**
 * Looks at everything an operator can get wrong, and yields what it finds, each as soon as what
 * stands before it is known. Changes nothing, and takes nothing that a running node holds.
 */
export async function* examine(
  { file, reach, isStopped, onStage }: ExamineOptions,
  tools: Tools,
): AsyncGenerator<Finding> {
  onStage(['configuration'])
  const { findings, facts: known } = await checkConfiguration(file)
  yield* findings
  if (known === null) {
    yield unchecked('everything else', 'it needs a configuration without problems')
    return
  }
  let facts: Facts = { ...START, ...known }
  for (const stage of STAGES) {
    const checks = stage.filter((check) => reach === 'network' || check.reach === 'machine')
    if (checks.length === 0 || isStopped()) continue
    onStage(checks.map(({ name }) => name))
    const begun = facts
    const outcomes = checks.map((check) => outcomeOf(check, begun, tools))
    for (const [index, check] of checks.entries()) {
      const outcome = await outcomes[index]
      if (isStopped()) return
      yield* outcome?.findings ?? [overdue(check)]
      facts = { ...facts, ...outcome?.facts }
    }
  }
}

const START = {
  self: null,
  wallet: null,
  isHeld: false,
  quotes: new Map(),
  readings: [],
} satisfies Partial<Facts>

/** Null when the time was over first. */
async function outcomeOf(check: Check, facts: Facts, tools: Tools): Promise<Outcome | null> {
  const { signal } = tools
  if (signal.aborted) return null
  const controller = new AbortController()
  const over = once(signal, 'abort', { signal: controller.signal }).then(
    () => null,
    () => null,
  )
  const examined = check
    .examine(facts, tools)
    .catch((error: unknown) => ({ findings: [findingOf(check.name, 'fault', error)] }))
  return await Promise.race([examined, over]).finally(() => controller.abort())
}

function overdue({ name }: Check): Finding {
  return fault(name, {
    code: 'DOCTOR_TIME_OVER',
    seen: 'the time was over before this was known',
    advice: 'give it more: --timeout SECONDS',
  })
}
