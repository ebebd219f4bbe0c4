import type { MemberIndex, Members, Round } from '../../aggregator/values/ids.ts'
import { difference, hasMember, membersOf, withMember } from '../../aggregator/values/ids.ts'
import { Bins } from '../statistics/bins.ts'
import { OpenRounds } from '../statistics/open-rounds.ts'
import type { RoundEnd } from '../statistics/timeline.ts'
import { type LinkDelays, LinkMeter } from './link-meter.ts'

/**
 * What came of a member in a round: it signed the certificate; its observation counted; it said
 * one that did not count; it said none; its process was down.
 */
export const PARTS = ['signed', 'observed', 'late', 'absent', 'down'] as const

/** Rounds that are counted together. */
export interface MemberBin {
  readonly round: Round
  rounds: number
  /** By member, then by `PARTS`: in how many of the rounds. */
  readonly counts: Uint32Array
}

/** What can be seen of a round at its members. */
export const MARKS = [
  'observation',
  'heard',
  'late notice',
  'proposal',
  'share',
  'certificate',
] as const

export interface Mark {
  readonly type: (typeof MARKS)[number]
  /** Who did it, or heard it. */
  readonly member: MemberIndex
  /** Whose observation was heard. */
  readonly from?: MemberIndex
  /** Since the opening of the round. */
  readonly us: number
}

const REASONS = ['violation', 'first', 'proposed', 'lost', 'slowest'] as const

/** One round with all that happened in it. */
export interface RoundRecord {
  readonly round: Round
  readonly end: RoundEnd
  /** Why just this one is shown. */
  readonly because: (typeof REASONS)[number]
  readonly marks: readonly Mark[]
}

/** What a report shows besides the results of a run; its size does not grow with the run. */
export interface RunRecord {
  readonly members: number
  readonly bins: readonly MemberBin[]
  readonly links: LinkDelays
  /** At most one a reason, but for violations; by round. */
  readonly rounds: readonly RoundRecord[]
  /** The first round in which an honest member convicted each. */
  readonly convicted: ReadonlyMap<MemberIndex, Round>
}

type MarkAt = Omit<Mark, 'us'> & { readonly nowUs: number }

interface OpenRound {
  readonly round: Round
  /** Null until it opens by the true clock; a member whose clock is ahead begins before that. */
  openedUs: number | null
  readonly marks: MarkAt[]
  downAtOpening: Members
  end: RoundEnd
  firstUs: number
  certificate: Certified | null
}

/** Who counted and who signed; null of a protocol whose results do not say. */
interface Certified {
  readonly observers: Members | null
  readonly signers: Members
}

const BINS_MAX = 256
/** Closed rounds that a violation may still ask for. */
const ROUNDS_KEPT = 8
const VIOLATIONS_MAX = 3

/** Collects what a report shows of a run; a run without a report has none. */
export class RunRecorder {
  readonly links: LinkMeter
  readonly #members: number
  readonly #bins: Bins<MemberBin>
  readonly #rounds: OpenRounds<OpenRound>
  readonly #closed: OpenRound[] = []
  readonly #kept = new Map<string, OpenRound & { readonly because: RoundRecord['because'] }>()
  readonly #broken = new Set<Round>()
  readonly #convicted = new Map<MemberIndex, Round>()
  #down: Members = 0

  constructor(of: {
    readonly members: number
    readonly firstRound: Round
    readonly lastRound: Round
  }) {
    this.#members = of.members
    this.#rounds = new OpenRounds({ ...of, create: (round) => this.#openRound(round) })
    this.links = new LinkMeter(of.members)
    this.#bins = new Bins(BINS_MAX, (into, other) => {
      for (const [at, count] of other.counts.entries()) {
        into.counts[at] = (into.counts[at] as number) + count
      }
    })
  }

  /** Whether a round is one of those that the run is about. */
  counts(round: Round): boolean {
    return this.#rounds.counts(round)
  }

  open(round: Round, openedUs: number): void {
    const { opened, over } = this.#rounds.open(round)
    if (opened !== undefined) {
      opened.openedUs = openedUs
      opened.downAtOpening = this.#down
    }
    if (over !== undefined) this.#close(over)
  }

  mark(round: Round, mark: Omit<Mark, 'us'>, nowUs: number): void {
    this.#rounds.at(round)?.marks.push({ ...mark, nowUs })
  }

  /** An honest member holds its first certificate of a round. */
  certified(
    round: Round,
    of: Certified & { readonly end: RoundEnd; readonly nowUs: number },
  ): void {
    const open = this.#rounds.at(round)
    if (open === undefined || open.certificate !== null) return
    open.certificate = of
    open.end = of.end
    open.firstUs = of.nowUs
  }

  setDown(member: MemberIndex, isDown: boolean): void {
    this.#down = isDown
      ? withMember(this.#down, member)
      : difference(this.#down, membersOf([member]))
  }

  convicted(member: MemberIndex, round: Round): void {
    if (!this.#convicted.has(member)) this.#convicted.set(member, round)
  }

  /** An invariant broke in a round. */
  violated(round: Round): void {
    if (this.#broken.size >= VIOLATIONS_MAX) return
    this.#broken.add(round)
    const closed = this.#closed.find((each) => each.round === round)
    if (closed !== undefined) this.#keep(closed, 'violation')
  }

  /** What was collected so far; rounds that are open are as they stand. */
  record(): RunRecord {
    for (const open of this.#rounds.all) {
      if (this.#broken.has(open.round)) this.#keep(open, 'violation')
    }
    return {
      members: this.#members,
      bins: this.#bins.all,
      links: this.links.delays(),
      rounds: this.#records(),
      convicted: this.#convicted,
    }
  }

  #openRound(round: Round): OpenRound {
    return {
      round,
      openedUs: null,
      marks: [],
      downAtOpening: this.#down,
      end: 'lost',
      firstUs: Number.POSITIVE_INFINITY,
      certificate: null,
    }
  }

  #records(): readonly RoundRecord[] {
    const byRound = new Map<Round, RoundRecord>()
    // A round that is kept for several reasons is shown for the first of them.
    const kept = [...this.#kept.values()].sort(
      (a, b) => REASONS.indexOf(a.because) - REASONS.indexOf(b.because),
    )
    for (const { round, end, because, marks, openedUs } of kept) {
      if (byRound.has(round) || openedUs === null) continue
      const since = marks.map(({ nowUs, ...mark }) => ({ ...mark, us: nowUs - openedUs }))
      byRound.set(round, { round, end, because, marks: since })
    }
    return [...byRound.values()].sort((a, b) => a.round - b.round)
  }

  #close(open: OpenRound): void {
    this.#bins.add({ round: open.round, rounds: 1, counts: this.#countsOf(open) })
    this.#closed.push(open)
    if (this.#closed.length > ROUNDS_KEPT) this.#closed.shift()
    if (this.#broken.has(open.round)) this.#keep(open, 'violation')
    if (open.end !== 'fast' && !this.#kept.has(open.end)) this.#keep(open, open.end)
    if (!this.#kept.has('first')) this.#keep(open, 'first')
    const slowest = this.#kept.get('slowest')
    if (open.end === 'lost') return
    if (slowest === undefined || latencyUs(open) > latencyUs(slowest)) this.#keep(open, 'slowest')
  }

  #keep(open: OpenRound, because: RoundRecord['because']): void {
    const key = because === 'violation' ? `${because} ${open.round}` : because
    this.#kept.set(key, { ...open, because })
  }

  #countsOf({ marks, certificate, downAtOpening }: OpenRound): Uint32Array {
    const counts = new Uint32Array(this.#members * PARTS.length)
    const said = new Set(
      marks.flatMap(({ type, member }) => (type === 'observation' ? member : [])),
    )
    const { observers = null, signers = 0 } = certificate ?? {}
    for (let member = 0; member < this.#members; member++) {
      const part = (): (typeof PARTS)[number] => {
        if (hasMember(signers, member)) return 'signed'
        if (observers !== null && hasMember(observers, member)) return 'observed'
        if (said.has(member)) return observers === null ? 'observed' : 'late'
        return hasMember(downAtOpening, member) || hasMember(this.#down, member) ? 'down' : 'absent'
      }
      counts[member * PARTS.length + PARTS.indexOf(part())] = 1
    }
    return counts
  }
}

function latencyUs({ firstUs, openedUs }: Pick<OpenRound, 'firstUs' | 'openedUs'>): number {
  return firstUs - (openedUs ?? firstUs)
}
