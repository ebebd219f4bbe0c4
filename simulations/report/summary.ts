import { OURS } from '../protocols.ts'
import type { LatencySummary } from '../statistics/histogram.ts'
import type { SimulationResult } from '../statistics/result.ts'
import { absenceText } from './absence.ts'
import { attackLines } from './attack-summary.ts'
import { fixed, percent } from './text.ts'

/** Feeds without a value that are named; a page and --json have all of them. */
const FEEDS_SHOWN = 8

/** What a person reads in the terminal after a run. */
export function textSummary(result: SimulationResult): string {
  const { rounds, latencyMs, committee, violations, errorBps, wire } = result
  const withoutPercent = result.withoutResult === null ? null : 100 * result.withoutResult
  const share = (part: number) => percent(part, rounds.opened)
  const { members, f } = committee
  const ends = (['fast', 'proposed', 'lost'] as const).map((end) => `${end} ${share(rounds[end])}`)
  const stopped = result.isComplete ? '' : ' (stopped before its end)'
  const protocol = result.protocol === OURS ? '' : `, protocol ${result.protocol}`
  const lines = [
    `${result.scenario}, seed ${result.seed}${protocol}${stopped}`,
    `  committee  ${members} members, f = ${f}, faulty: ${listed(committee.faulty)}`,
    `  rounds     ${rounds.opened}: ${ends.join(', ')}`,
    `  latency    first member ${latencyLine(latencyMs.first)}`,
    `             a member     ${latencyLine(latencyMs.all)}`,
    `             last member  ${latencyLine(latencyMs.last)}`,
    `             from observations ${latencyLine(latencyMs.observed)}`,
    `             none after two rounds: ${fixed(withoutPercent, 2)} % of members and rounds ` +
      'with one',
    `  value      off the true price at the opening by ${fixed(errorBps.meanBps, 2)} bps on ` +
      `average, at most ${fixed(errorBps.maxBps, 2)}; members differ in ${result.differing} rounds`,
    ...unavailableLines(result),
    `  wire       ${wire.messages} messages, ${wire.bytes} bytes`,
    ...chainLines(result.chain),
    ...attackLines(result),
    `  convicted  ${listed(result.convicted)}`,
    `  trace      ${result.traceHash}`,
    `  checked    ${checkedLine(result)}`,
  ]
  for (const { rule, round, message } of violations) {
    lines.push(`  BROKEN     ${rule} in round ${round}: ${message}`)
  }
  return lines.join('\n')
}

/** Feeds that rounds were certified without, and why. */
function unavailableLines({ unavailable, rounds }: SimulationResult): readonly string[] {
  const shown = unavailable.feeds.slice(0, FEEDS_SHOWN)
  const more = unavailable.feeds.length - shown.length
  const texts = shown.map((each) => absenceText(each, rounds.opened))
  return [...texts, ...(more > 0 ? [`and ${more} more feeds`] : [])].map(
    (text, at) => `  ${(at === 0 ? 'no value' : '').padEnd(10)} ${text}`,
  )
}

function chainLines(chain: SimulationResult['chain']): readonly string[] {
  if (chain === undefined) return []
  const { transactions: sent, gas, age, blocks, fullBlocks, reorgs } = chain
  const [due, certified] = [chain.dueToChainMs, chain.certifiedToChainMs]
  const seconds = (ms: number | null) => fixed(ms === null ? null : ms / 1_000, 1)
  const share = age.aboveHeartbeat === null ? null : 100 * age.aboveHeartbeat
  const feesBy = gas.feeGweiBy.map((gwei) => fixed(gwei, 0)).join(', ')
  return [
    `  chain      ${blocks} blocks, ${fullBlocks} of them full, ${reorgs} reorganisation(s)`,
    `             due → on chain p50 ${seconds(due.p50Ms)}, p99 ${seconds(due.p99Ms)} s; ` +
      `certified → on chain p50 ${seconds(certified.p50Ms)}, p99 ${seconds(certified.p99Ms)} s`,
    `             value at most ${seconds(age.maxMs)} s old, above its heartbeat ` +
      `${fixed(share, 1)} % of the time`,
    `             ${sent.stored} deliveries stored (${sent.needless} for nothing), ` +
      `${sent.lostToRace} lost to a race, ${sent.refused} refused, ` +
      `${sent.undone} undone, ${sent.evicted} evicted`,
    `             ${gas.used} gas for ${fixed(gas.feeGwei, 0)} gwei, by member ${feesBy}`,
  ]
}

function latencyLine({ meanMs, p50Ms, p99Ms, maxMs }: LatencySummary): string {
  const [mean, p50, p99, max] = [meanMs, p50Ms, p99Ms, maxMs].map((value) => fixed(value, 1))
  return `mean ${mean}, p50 ${p50}, p99 ${p99}, max ${max} ms`
}

function checkedLine({ checked, violationCount }: SimulationResult): string {
  // The rules are those of ours: a protocol of others is measured, not judged.
  if (checked.length === 0) return 'nothing'
  const verdict = violationCount === 0 ? 'all held' : `${violationCount} violation(s)`
  const isTimed = checked.some((rule) => rule.startsWith('L'))
  const aside = isTimed ? '' : '; no L: loss, delays beyond hopMs or clocks break the timing'
  return `${checked.join(', ')}: ${verdict}${aside}`
}

function listed(members: readonly number[]): string {
  return members.length === 0 ? 'none' : members.join(', ')
}
