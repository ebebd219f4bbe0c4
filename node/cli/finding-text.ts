import type { Finding, Verdict } from '../doctor/finding.ts'

const VERDICTS = {
  ok: 'ok',
  warning: 'WARNING',
  fault: 'FAULT',
  unchecked: '-',
} as const satisfies Readonly<Record<Verdict, string>>

const VERDICT_WIDTH = 9
const CHECK_WIDTH = 22

/** What is in order has one line; what is not says in the next ones what to do. */
export function findingText({ check, verdict, code, seen, advice }: Finding): string {
  const head = `${VERDICTS[verdict].padEnd(VERDICT_WIDTH)}${check.padEnd(CHECK_WIDTH)}`
  const isQuiet = verdict === 'ok' || verdict === 'unchecked'
  const indent = ' '.repeat(VERDICT_WIDTH + CHECK_WIDTH + 1)
  const lines = [
    `${head} ${isQuiet ? seen : code}`,
    ...(isQuiet ? [] : [`${indent}${seen}`]),
    ...(advice === null ? [] : [`${indent}→ ${advice}`]),
  ]
  return `${lines.join('\n')}\n`
}

export type FindingCounts = Readonly<Record<Verdict, number>>

/** How many findings there are of each verdict. */
export function countFindings(findings: readonly Finding[]): FindingCounts {
  const of = (verdict: Verdict) => findings.filter((each) => each.verdict === verdict).length
  return { ok: of('ok'), warning: of('warning'), fault: of('fault'), unchecked: of('unchecked') }
}

/** The last line under findings. */
export function countsText({ ok, warning, fault, unchecked }: FindingCounts): string {
  return `\nfaults ${fault}, warnings ${warning}, ok ${ok}, not checked ${unchecked}\n`
}
