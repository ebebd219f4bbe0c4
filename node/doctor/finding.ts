import { codeOf } from '../errors.ts'

/**
 * `ok`; `warning`: the node works, but something should be set right; `fault`: it will not start or
 * cannot do its part; `unchecked`: nobody knows, and `seen` says why.
 */
export type Verdict = 'ok' | 'warning' | 'fault' | 'unchecked'

/** What one look at one thing found. */
export interface Finding {
  /** What was looked at, such as `venue kraken`. */
  readonly check: string
  readonly verdict: Verdict
  /** `OK`, or a code of docs/errors.md. */
  readonly code: string
  readonly seen: string
  /** What to do; null when there is nothing to do. */
  readonly advice: string | null
}

export interface Told {
  readonly code: string
  readonly seen: string
  readonly advice: string
}

/** Venues, endpoints and files of others have their say in these texts, and no more than this. */
const TEXT_LENGTH_MAX = 600

export function ok(check: string, seen: string): Finding {
  return finding({ check, verdict: 'ok', code: 'OK', seen, advice: null })
}

export function warning(check: string, told: Told): Finding {
  return finding({ check, verdict: 'warning', ...told })
}

export function fault(check: string, told: Told): Finding {
  return finding({ check, verdict: 'fault', ...told })
}

/** @param why ends the sentence "not checked: …" */
export function unchecked(check: string, why: string): Finding {
  const seen = `not checked: ${why}`
  return finding({ check, verdict: 'unchecked', code: 'DOCTOR_UNCHECKED', seen, advice: null })
}

/** An error as a finding: its message says what is wrong, and after a semicolon what to do. */
export function findingOf(
  check: string,
  verdict: Exclude<Verdict, 'ok' | 'unchecked'>,
  error: unknown,
): Finding {
  const message = error instanceof Error ? error.message : String(error)
  const [seen = '', ...advice] = message.split('; ')
  const code = codeOf(error)
  const otherwise = `look ${code} up in docs/errors.md`
  return finding({ check, verdict, code, seen, advice: advice.join('; ') || otherwise })
}

function finding({ check, verdict, code, seen, advice }: Finding): Finding {
  return {
    check,
    verdict,
    code: printable(code),
    seen: printable(seen),
    advice: advice === null ? null : printable(advice),
  }
}

/** One line without anything that a terminal would obey. */
function printable(text: string): string {
  return text
    .slice(0, TEXT_LENGTH_MAX)
    .replace(/\s+/gu, ' ')
    .replace(/[\p{C}]/gu, '?')
    .trim()
}
