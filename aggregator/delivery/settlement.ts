import { type Committee, roundAt } from '../committee/committee.ts'
import { type Context, orderOf } from '../context.ts'
import type { Certificate } from '../messages/messages.ts'
import { FEED_STATUS } from '../report/feed-report.ts'
import { decodeWord } from '../report/words.ts'
import type { FeedIndex, MemberIndex, Round } from '../values/ids.ts'
import type { DurationMs, UnixMs } from '../values/time.ts'

const WINDOW_SECONDS = 600
/** How long after an expiry `Settlement` takes a round (ADR 0025). */
export const SETTLEMENT_WINDOW_MS: DurationMs = WINDOW_SECONDS * 1_000

/** Expiries at every multiple of the step, shifted by the offset: Unix times in whole seconds. */
export interface ExpirySchedule {
  /** From `EXPIRY_STEP_SECONDS_MIN` on. */
  readonly stepSeconds: number
  /** From 0 to below the step. */
  readonly offsetSeconds: number
}

/** A shorter step would have more than eleven expiries open at once. */
export const EXPIRY_STEP_SECONDS_MIN = 60

/** Whether an expiry may be settled now: it is reached, and its window is not over. */
export function isOpen(expirySeconds: number, nowMs: UnixMs): boolean {
  return expirySeconds * 1_000 <= nowMs && nowMs <= expirySeconds * 1_000 + SETTLEMENT_WINDOW_MS
}

/** The expiries of a schedule that may be settled now, ascending. */
export function openExpiries(
  { stepSeconds, offsetSeconds }: ExpirySchedule,
  nowMs: UnixMs,
): readonly number[] {
  const now = (nowMs - (nowMs % 1_000)) / 1_000
  let expiry = now - ((now - offsetSeconds) % stepSeconds)
  const open: number[] = []
  for (; isOpen(expiry, nowMs); expiry -= stepSeconds) open.unshift(expiry)
  return open
}

/** The first expiry of a schedule after a moment. */
export function nextExpiry({ stepSeconds, offsetSeconds }: ExpirySchedule, nowMs: UnixMs): number {
  const now = (nowMs - (nowMs % 1_000)) / 1_000
  return now - ((now - offsetSeconds) % stepSeconds) + stepSeconds
}

/** The rounds that may settle an expiry. */
export interface SettlementRounds {
  /** The first that opens at or after the expiry: brought, it is final at once. */
  readonly first: Round
  readonly last: Round
}

/** As `Settlement.settlementRound` counts them; null for an expiry before the genesis. */
export function settlementRoundsOf(
  { params }: Pick<Committee, 'params'>,
  expirySeconds: number,
): SettlementRounds | null {
  const { genesisMs, timing } = params
  const sinceMs = expirySeconds * 1_000 - genesisMs
  if (sinceMs < 0) return null
  const { roundMs } = timing
  // Ceil: a round that opened before the expiry settles nothing.
  const first = (sinceMs + roundMs - 1 - ((sinceMs + roundMs - 1) % roundMs)) / roundMs
  const lastsMs = SETTLEMENT_WINDOW_MS - (SETTLEMENT_WINDOW_MS % roundMs)
  return { first, last: first + lastsMs / roundMs }
}

/**
 * Newest rounds of which whoever serves certificates keeps one, so that the round of an expiry is
 * there until its window closes.
 */
export function roundsServed({ params }: Pick<Committee, 'params'>): number {
  const { roundMs } = params.timing
  const lastsMs = SETTLEMENT_WINDOW_MS + roundMs - 1
  return (lastsMs - (lastsMs % roundMs)) / roundMs + params.limits.roundsKept
}

/** Whether a certificate has a value of the feed: one without settles nothing. */
export function canSettle(certificate: Pick<Certificate, 'words'>, feed: FeedIndex): boolean {
  const word = certificate.words[feed]
  const report = word === undefined ? null : decodeWord(word)
  return report !== null && report.status === FEED_STATUS.ok
}

/**
 * Whether no earlier round than this one can be certified any more, or none would count: the first
 * round may be brought at once, a later one when the network has forgotten those before it. Who
 * brings one earlier may have to pay again for a lower one.
 */
function isDecided(
  { params }: Pick<Committee, 'params'>,
  round: Round,
  at: { readonly first: Round; readonly current: Round },
): boolean {
  return round === at.first || at.current >= round + params.limits.roundsKept
}

/** What settles an expiry as of now, by what the asker holds; null while it should wait. */
export function settlementOf(
  committee: Committee,
  asked: {
    readonly feed: FeedIndex
    readonly rounds: SettlementRounds
    readonly nowMs: UnixMs
    /** The certificate of a round that the asker holds, or null. */
    readonly certificateOf: (round: Round) => Certificate | null
  },
): Certificate | null {
  const { feed, rounds, nowMs, certificateOf } = asked
  const current = roundAt(committee, nowMs)
  const last = current < rounds.last ? current : rounds.last
  for (let round = rounds.first; round <= last; round++) {
    const certificate = certificateOf(round)
    if (certificate === null || !canSettle(certificate, feed)) continue
    return isDecided(committee, round, { first: rounds.first, current }) ? certificate : null
  }
  return null
}

/**
 * When a member first settles an expiry that nobody has settled: in the turn order of its round,
 * a stage apart, as deliveries are (protocol §8.2).
 */
export function settlementTurnMs(
  context: Context,
  self: MemberIndex,
  expiry: { readonly expirySeconds: number; readonly first: Round },
): UnixMs {
  const { timing } = context.committee.params
  const stage = orderOf(context, expiry.first).indexOf(self)
  return expiry.expirySeconds * 1_000 + stage * timing.stageMs
}

/** How long a member waits after an attempt that shows nothing: the others' turns, or a tenth. */
export function settlementAgainMs({ size, params }: Committee): DurationMs {
  const turnsMs = size * params.timing.stageMs
  const tenthMs = SETTLEMENT_WINDOW_MS / 10
  return turnsMs < tenthMs ? turnsMs : tenthMs
}

/** From when on an open expiry without a price is somebody's fault: all had two turns. */
export function isOverdue(committee: Committee, expirySeconds: number, nowMs: UnixMs): boolean {
  const { roundMs } = committee.params.timing
  const { roundsKept } = committee.params.limits
  const graceMs = 2 * settlementAgainMs(committee) + roundsKept * roundMs
  return nowMs > expirySeconds * 1_000 + graceMs
}

/** Seconds until the window of an expiry closes; 0 when it is over. */
export function closesInSeconds(expirySeconds: number, nowMs: UnixMs): number {
  const now = (nowMs - (nowMs % 1_000)) / 1_000
  const left = expirySeconds + WINDOW_SECONDS - now
  return left < 0 ? 0 : left
}
