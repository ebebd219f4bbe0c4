import type { LatencySummary } from '../histogram.ts'
import type { SimulationResult } from '../result.ts'
import { fixed, percent } from './text.ts'

/** What a person reads in the terminal after a run. */
export function textSummary(result: SimulationResult): string {
  const { rounds, latencyMs, committee, violations, violationCount } = result
  const share = (part: number) => percent(part, rounds.opened)
  const { members, f } = committee
  const ends = (['fast', 'proposed', 'lost'] as const).map((end) => `${end} ${share(rounds[end])}`)
  const stopped = result.isComplete ? '' : ' (stopped before its end)'
  const lines = [
    `${result.scenario}, seed ${result.seed}${stopped}`,
    `  committee  ${members} members, f = ${f}, faulty: ${listed(committee.faulty)}`,
    `  rounds     ${rounds.opened}: ${ends.join(', ')}`,
    `  latency    first member ${latencyLine(latencyMs.first)}`,
    `             all members  ${latencyLine(latencyMs.all)}`,
    `  convicted  ${listed(result.convicted)}`,
    `  trace      ${result.traceHash}`,
    `  checked    ${result.checked.join(', ')}: ${
      violationCount === 0 ? 'all held' : `${violationCount} violation(s)`
    }`,
  ]
  for (const { rule, round, message } of violations) {
    lines.push(`  BROKEN     ${rule} in round ${round}: ${message}`)
  }
  return lines.join('\n')
}

function latencyLine({ meanMs, p50Ms, p99Ms, maxMs }: LatencySummary): string {
  const [mean, p50, p99, max] = [meanMs, p50Ms, p99Ms, maxMs].map((value) => fixed(value, 1))
  return `mean ${mean}, p50 ${p50}, p99 ${p99}, max ${max} ms`
}

function listed(members: readonly number[]): string {
  return members.length === 0 ? 'none' : members.join(', ')
}
