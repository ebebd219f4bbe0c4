import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'
import type { RecordedAnswer } from './entry.ts'
import { pathnameOf } from './venue-reader.ts'

/** What a request gets, and when: at once when that moment is over. */
export interface ReplayedAnswer {
  readonly answer: RecordedAnswer
  readonly atMs: UnixMs
}

/** The answers of one venue, by what was asked. */
export class ReplayedAnswers {
  /** Each in the order of their moments. */
  readonly #byPath: ReadonlyMap<string, readonly RecordedAnswer[]>
  readonly #byPathname: ReadonlyMap<string, readonly RecordedAnswer[]>

  constructor(answers: readonly RecordedAnswer[]) {
    this.#byPath = Map.groupBy(answers, ({ path }) => path)
    this.#byPathname = Map.groupBy(answers, ({ path }) => pathnameOf(path))
  }

  /**
   * The next answer that the recording has, when it came within `holdMs`: so a node that asks at
   * the recorded pace gets each answer at its moment. Else the newest one once more; before the
   * first one that one. Where nobody asked for exactly this, the answers about other markets at
   * the same place. Null when nobody asked there.
   */
  to(path: string, nowMs: UnixMs, holdMs: DurationMs): ReplayedAnswer | null {
    const answers = this.#byPath.get(path) ?? this.#byPathname.get(pathnameOf(path)) ?? []
    const next = firstFrom(answers, nowMs)
    const upcoming = answers[next]
    if (upcoming !== undefined && upcoming.atMs - nowMs <= holdMs) {
      return { answer: upcoming, atMs: upcoming.atMs }
    }
    const answer = answers[next - 1] ?? answers.find(({ ending }) => ending === 'whole')
    return answer === undefined ? null : { answer, atMs: nowMs }
  }
}

/** Index of the first answer at or after a moment; how many there are when all came before. */
function firstFrom(answers: readonly RecordedAnswer[], nowMs: UnixMs): number {
  let [low, high] = [0, answers.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const { atMs } = answers[middle] as RecordedAnswer
    if (atMs < nowMs) low = middle + 1
    else high = middle
  }
  return low
}
