import { type Context, orderOf } from '../context.ts'
import type { Certificate } from '../messages/messages.ts'
import type { FeedIndex, MemberIndex, Round } from '../values/ids.ts'
import type { DurationMs, UnixMs } from '../values/time.ts'
import {
  canSettle,
  type ExpirySchedule,
  SETTLEMENT_WINDOW_MS,
  type SettlementRounds,
} from './settlement.ts'

/**
 * What happens after the window of an expiry that nobody settled: the round of the expiry alone
 * settles it, at any later time (ADR 0125), and members go on with it at growing distances.
 */

const DAY_SECONDS = 86_400
/** After so long an expiry without a price is void (ADR 0045), and nobody waits for it. */
const LATE_SETTLEMENT_MS: DurationMs = 30 * DAY_SECONDS * 1_000

/** Attempts are an eighth of the age apart: after an hour minutes, later this long. */
const DISTANCE_MS_MAX: DurationMs = 3_600_000
const DISTANCE_MS_MIN: DurationMs = 60_000
const AGE_SHARE = 8

/** Whether the window of an expiry is over, and somebody may still wait for its price. */
export function isLate(expirySeconds: number, nowMs: UnixMs): boolean {
  const ageMs = nowMs - expirySeconds * 1_000
  return ageMs > SETTLEMENT_WINDOW_MS && ageMs <= LATE_SETTLEMENT_MS
}

/**
 * The late expiries of a schedule, the newest first.
 *
 * @param asked `before`: only those before that time, in seconds; `countMax`: no more
 */
export function lateExpiries(
  { stepSeconds, offsetSeconds }: ExpirySchedule,
  asked: { readonly nowMs: UnixMs; readonly before: number; readonly countMax: number },
): readonly number[] {
  const { nowMs, before, countMax } = asked
  const nowSeconds = (nowMs - (nowMs % 1_000)) / 1_000
  const until = before < nowSeconds ? before - 1 : nowSeconds
  let expiry = until - ((until - offsetSeconds) % stepSeconds)
  const late: number[] = []
  while (expiry > 0 && expiry * 1_000 + LATE_SETTLEMENT_MS >= nowMs && late.length < countMax) {
    if (isLate(expiry, nowMs)) late.push(expiry)
    expiry -= stepSeconds
  }
  return late
}

/** What settles a late expiry; null when it is not there, or has no value of the feed. */
export function lateSettlementOf(asked: {
  readonly feed: FeedIndex
  readonly rounds: SettlementRounds
  readonly certificateOf: (round: Round) => Certificate | null
}): Certificate | null {
  const certificate = asked.certificateOf(asked.rounds.first)
  return certificate !== null && canSettle(certificate, asked.feed) ? certificate : null
}

/** When whoever has no turn looks at a late expiry again, after it looked now. */
export function lateAgainMs(expirySeconds: number, nowMs: UnixMs): UnixMs {
  return nowMs + distanceMs(nowMs - expirySeconds * 1_000, DISTANCE_MS_MIN)
}

interface Expiry {
  readonly expirySeconds: number
  readonly first: Round
}

/**
 * The next turn of a member at a late expiry, after a moment. The moments at which turns begin
 * follow from the expiry alone: all members have the same, also after a restart. At each of them
 * another member is the first, the others a stage apart, so that one pays and a member that cannot
 * send keeps nobody from it.
 */
export function lateTurnMs(
  context: Context,
  self: MemberIndex,
  { expirySeconds, first, afterMs }: Expiry & { readonly afterMs: UnixMs },
): UnixMs {
  const { size, params } = context.committee
  const { stageMs } = params.timing
  const turnsMs = size * stageMs
  const distanceMsMin = turnsMs < DISTANCE_MS_MIN ? DISTANCE_MS_MIN : turnsMs
  const turnOf = (attempt: number, ageMs: DurationMs) =>
    expirySeconds * 1_000 + ageMs + stageOf(context, self, first + attempt) * stageMs
  let ageMs = SETTLEMENT_WINDOW_MS
  let nextMs = ageMs + distanceMs(ageMs, distanceMsMin)
  let attempt = 0
  while (expirySeconds * 1_000 + nextMs <= afterMs) {
    ageMs = nextMs
    nextMs += distanceMs(ageMs, distanceMsMin)
    attempt += 1
  }
  const turnMs = turnOf(attempt, ageMs)
  return turnMs > afterMs ? turnMs : turnOf(attempt + 1, nextMs)
}

/**
 * The turn of a member that could not look at its time, for the chain was out of reach: from now
 * on, in the order of the expiry. All see the chain come back at once, and one is to pay.
 */
export function turnAfterSilenceMs(
  context: Context,
  self: MemberIndex,
  { first, nowMs }: Pick<Expiry, 'first'> & { readonly nowMs: UnixMs },
): UnixMs {
  return nowMs + stageOf(context, self, first) * context.committee.params.timing.stageMs
}

function stageOf(context: Context, self: MemberIndex, round: Round): number {
  return orderOf(context, round).indexOf(self)
}

function distanceMs(ageMs: DurationMs, distanceMsMin: DurationMs): DurationMs {
  const shareMs = (ageMs - (ageMs % AGE_SHARE)) / AGE_SHARE
  const cappedMs = shareMs > DISTANCE_MS_MAX ? DISTANCE_MS_MAX : shareMs
  return cappedMs < distanceMsMin ? distanceMsMin : cappedMs
}
