import { type Committee, openingOf, roundAt } from '../committee/committee.ts'
import { isDerived } from '../committee/params.ts'
import type { Certificate, Observation } from '../messages/messages.ts'
import { FEED_STATUS, type FeedReport } from '../report/feed-report.ts'
import { decodeWord } from '../report/words.ts'
import type { FeedIndex, Round } from '../values/ids.ts'
import { RecentMap } from '../values/recent-map.ts'
import type { UnixMs } from '../values/time.ts'
import { feedsInTurn, likenessesOf, type Said, type SaidInRound } from './copying.ts'
import { figuresOf, type PeerFigures } from './figures.ts'
import { emptyTally, type Tally, tallyLikeness, tallyValues } from './tally.ts'

/** Figures are of the span that runs and the whole one before it: 256 to 512 counted rounds. */
export const SPAN_ROUNDS = 256
/** A round is counted when this many have opened after it: nobody signs for it any more. */
export const SETTLED_AFTER_ROUNDS = 2
/** A timestamp may be anything; one that is further off is not told apart. */
const LEAD_MS_MAX = 3_600_000
/** A round is counted when so many were heard in it: who hears nobody knows nothing of anybody. */
const HEARD_MIN = 2

type Observed = Pick<Observation, 'round' | 'sender' | 'timestampMs' | 'values'>
type Certified = Pick<Certificate, 'round' | 'words'>

interface Heard extends Said {
  readonly timestampMs: UnixMs
}

interface OpenRound {
  readonly round: Round
  readonly heard: (Heard | undefined)[]
  certificate: Certified | null
}

interface Span {
  rounds: number
  /** By member. */
  readonly tallies: readonly Tally[]
}

/**
 * What one node measures of each member of its committee (protocol §9.2): lateness, clock, absence,
 * values far from the certified ones, likeness to what others said before. It proves nothing, and
 * nothing is decided by it.
 *
 * What is heard is kept until its round is over, and counted then, so that nothing but times
 * depends on the order of arrival. Memory is bounded by members and feeds, work for an observation
 * by feeds and members.
 */
export class PeerStatistics {
  readonly #committee: Committee
  /** Feeds of which every member has a value of its own making. */
  readonly #sourced: readonly FeedIndex[]
  /** The rounds that are not counted yet, and the one to come (§4.2). */
  readonly #open = new RecentMap<Round, OpenRound>(SETTLED_AFTER_ROUNDS + 1)
  #current: Round = 0
  #before: { readonly round: Round; readonly said: SaidInRound } = { round: 0, said: [] }
  #last: Span | null = null
  #span: Span
  #figures: readonly PeerFigures[] | null = null

  constructor(committee: Committee) {
    this.#committee = committee
    const { feeds } = committee.params
    this.#sourced = feeds.flatMap(({ kind }, feed) => (isDerived(kind) ? [] : [feed]))
    this.#span = emptySpan(committee)
  }

  /** Counts the rounds that are over by now; a time before the last one changes nothing. */
  advance(nowMs: UnixMs): void {
    const current = roundAt(this.#committee, nowMs)
    if (current <= this.#current) return
    this.#current = current
    const over = this.#open.values().filter(({ round }) => this.#isOver(round))
    for (const open of over.toSorted((a, b) => a.round - b.round)) {
      this.#open.delete(open.round)
      this.#settle(open)
    }
  }

  /** Takes a verified observation; the first one of a member in a round counts. */
  hear(observation: Observed, arrivedMs: UnixMs): void {
    this.advance(arrivedMs)
    const { round, sender, values, timestampMs } = observation
    const heard = this.#openRound(round)?.heard
    if (heard !== undefined) heard[sender] ??= { values, timestampMs, arrivedMs }
  }

  /** Takes the certificate of a round, against which its values are held. */
  certify(certificate: Certified): void {
    const open = this.#openRound(certificate.round)
    if (open !== null) open.certificate ??= certificate
  }

  /** By member. */
  figures(): readonly PeerFigures[] {
    this.#figures ??= this.#measure()
    return this.#figures
  }

  #isOver(round: Round): boolean {
    return round + SETTLED_AFTER_ROUNDS <= this.#current
  }

  /** Null for a round that was counted already, or is none of now. */
  #openRound(round: Round): OpenRound | null {
    if (this.#isOver(round) || round > this.#current + 1) return null
    const known = this.#open.get(round)
    if (known !== undefined) return known
    const heard = new Array<Heard | undefined>(this.#committee.size).fill(undefined)
    const open = { round, heard, certificate: null }
    this.#open.set(round, open)
    return open
  }

  #settle({ round, heard, certificate }: OpenRound): void {
    if (heard.filter((each) => each !== undefined).length < HEARD_MIN) return
    if (this.#span.rounds === SPAN_ROUNDS) {
      this.#last = this.#span
      this.#span = emptySpan(this.#committee)
    }
    this.#figures = null
    this.#span.rounds += 1
    const certified = certificate?.words.map(decodeWord) ?? []
    const said = [...heard, certificate === null ? undefined : saidBy(certified)]
    const before = this.#before.round === round - 1 ? this.#before.said : []
    const feeds = feedsInTurn(this.#sourced, round)
    const likenesses = likenessesOf({ before, now: said, feeds })
    this.#before = { round, said }
    const { params } = this.#committee
    const openingMs = openingOf(this.#committee, round)
    for (const [member, tally] of this.#span.tallies.entries()) {
      const [each, likeness] = [heard[member], likenesses[member]]
      if (each === undefined || likeness === undefined) continue
      tally.latenessMs.push(each.arrivedMs - openingMs)
      tally.leadMs.push(bounded(each.timestampMs - each.arrivedMs))
      tallyValues(tally, each.values, { feeds: params.feeds, certified })
      tallyLikeness(tally, likeness)
    }
  }

  #measure(): readonly PeerFigures[] {
    const spans = this.#last === null ? [this.#span] : [this.#last, this.#span]
    const rounds = spans.reduce((sum, span) => sum + span.rounds, 0)
    return this.#span.tallies.map((_, member) =>
      figuresOf(
        spans.flatMap(({ tallies }) => tallies[member] ?? []),
        rounds,
      ),
    )
  }
}

function emptySpan({ size, params }: Committee): Span {
  const tallies = Array.from({ length: size }, () => emptyTally(size, params.feeds.length))
  return { rounds: 0, tallies }
}

/** The committee as one that speaks when all have spoken. */
function saidBy(certified: readonly (FeedReport | null)[]): Said {
  const values = certified.map((report) =>
    report?.status === FEED_STATUS.ok ? report.value : null,
  )
  return { values, arrivedMs: Number.MAX_SAFE_INTEGER }
}

function bounded(leadMs: number): number {
  if (leadMs > LEAD_MS_MAX) return LEAD_MS_MAX
  return leadMs < -LEAD_MS_MAX ? -LEAD_MS_MAX : leadMs
}
