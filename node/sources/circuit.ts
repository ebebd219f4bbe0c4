import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'

/** When a venue that fails is left alone. */
export interface CircuitRules {
  /** Failures in a row from which it is left alone. */
  readonly failuresMax: number
  /** The first pause; each failed trial after it doubles the next. */
  readonly pauseMs: DurationMs
  readonly pauseMsMax: DurationMs
}

/** Two missed polls are bad luck, three are an outage; a minute keeps a dead venue cheap. */
export const CIRCUIT_RULES: CircuitRules = {
  failuresMax: 3,
  pauseMs: 1_000,
  pauseMsMax: 60_000,
}

/** Plain data: what is known about a venue's failures. */
export interface Circuit {
  readonly failures: number
  /** Not to be asked before; 0 when nothing is in the way. */
  readonly openUntilMs: UnixMs
}

export const CIRCUIT_CLOSED: Circuit = { failures: 0, openUntilMs: 0 }

export function isOpen(circuit: Circuit, nowMs: UnixMs): boolean {
  return nowMs < circuit.openUntilMs
}

/** A good answer forgets every failure; a pause that the venue asked for stays. */
export function recovered(circuit: Circuit): Circuit {
  return { failures: 0, openUntilMs: circuit.openUntilMs }
}

/**
 * One more failure in a row. After a pause the next request is a trial: if it fails, the pause
 * doubles up to its limit.
 */
export function afterFailure(
  circuit: Circuit,
  { nowMs, rules }: { readonly nowMs: UnixMs; readonly rules: CircuitRules },
): Circuit {
  const failures = circuit.failures + 1
  const doublings = failures - rules.failuresMax
  if (doublings < 0) return { failures, openUntilMs: circuit.openUntilMs }
  // 2^30 pauses are beyond every limit; more would leave the safe integers.
  const pauseMs = Math.min(rules.pauseMs * 2 ** Math.min(doublings, 30), rules.pauseMsMax)
  return { failures, openUntilMs: Math.max(circuit.openUntilMs, nowMs + pauseMs) }
}

/** The venue itself asked to be left alone until a moment. */
export function pausedUntil(circuit: Circuit, untilMs: UnixMs): Circuit {
  return { ...circuit, openUntilMs: Math.max(circuit.openUntilMs, untilMs) }
}
