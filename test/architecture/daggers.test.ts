import { describe, expect, test } from 'vitest'
import { read } from './source-files.ts'

// Rules of the protocol are marked † when an attack worked without them. Each is attacked with the
// rule and without it, or the mark would be a claim (ADR 0133).

interface Dagger {
  /** Words beside the mark. */
  readonly words: string
  /** The test that attacks, and words of it. */
  readonly test: string
  readonly says: string
  /** A contract has no copy without the rule: that the attack is refused is all that is shown. */
  readonly isRefusalOnly?: true
}

const RUNS = 'test/simulation/switched-off.test.ts'
const STORIES = 'test/unit/aggregator/switched-off.test.ts'
const PLANTED = 'test/simulation/planted-bugs.test.ts'

const DAGGERS: Readonly<Record<string, readonly Dagger[]>> = {
  '2.4': [
    {
      words: '† The signer refuses, whatever the core asks',
      test: 'test/simulation/stops.test.ts',
      says: 'would contradict themselves without barrier and signer',
    },
  ],
  '4.2': [
    {
      words: '† Certificates, evidence and sync messages are exempt',
      test: STORIES,
      says: '§4.2 certificates of any round',
    },
  ],
  '4.3': [
    { words: '† *Best certificate* of a node', test: RUNS, says: '§4.3 best certificate' },
    {
      words: '† If round r−1 ended without a certificate',
      test: RUNS,
      says: '§4.3 absent after a lost round',
    },
    {
      words: '† A certificate that becomes a node',
      test: RUNS,
      says: '§4.3 brought by one alone',
    },
  ],
  '4.4': [
    {
      words: '† The fast path of r uses the pair',
      test: RUNS,
      says: '§4.4 the pair that all name',
    },
    {
      words: '† An observation whose basis (§5.1) is higher',
      test: RUNS,
      says: '§4.4 asked for its basis',
    },
  ],
  '4.5': [
    {
      words: '† Excluded members come back in probe rounds',
      test: RUNS,
      says: '§4.5 seen to be there',
    },
  ],
  '4.6': [
    {
      words: '† A clock that passed over rounds is *doubted*',
      test: 'test/simulation/clock-ahead.test.ts',
      says: 'silences its key for the whole day where every clock is believed',
    },
  ],
  '6.5': [
    { words: '† LATE: at T_r + includeMs', test: PLANTED, says: 'no-late-notices' },
    {
      words: '† The basis that is compared is the one',
      test: STORIES,
      says: '§6.5 the basis of the frozen pair',
    },
    {
      words: '† A pair other than mine is wrong if',
      test: RUNS,
      says: '§6.5 settled for hopMs + skew',
    },
    {
      words: '† A node whose clock has passed',
      test: STORIES,
      says: '§6.5 a node that stood still',
    },
  ],
  '6.6': [
    { words: '† That is every slot', test: PLANTED, says: 'fast-path-needs-no-answer' },
    {
      words: '† Its proposer knows what it proposed',
      test: STORIES,
      says: '§6.6 the proposer knows what it proposed',
    },
    {
      words: '† In a round of which there is evidence',
      test: RUNS,
      says: '§6.6 bound elsewhere',
    },
    {
      words: '† Silence is remembered only once',
      test: RUNS,
      says: '§6.6 once an answer was due',
    },
    {
      words: '† A wrong share is no answer',
      test: STORIES,
      says: '§6.6 a wrong share is no answer',
    },
  ],
  '6.7': [
    { words: '(keep it until then) †', test: STORIES, says: '§6.7 own clock' },
    {
      words: '(else answer with it) †',
      test: RUNS,
      says: '§6.7 answers with its certificate',
    },
    {
      words: '† if a complete pair of §4.4 was held',
      test: STORIES,
      says: '§6.7 by fastMs, on the own clock',
    },
    { words: '† so is, unless the observers', test: PLANTED, says: 'who-returns-may-be-left-out' },
    {
      words: 'n−f late notices †',
      test: STORIES,
      says: '§6.7 nobody against whom n−f late notices are held',
    },
    {
      words: '† A proposal is kept only from the member',
      test: STORIES,
      says: '§6.7 the member whose turn it is',
    },
  ],
  '6.8': [{ words: 'arrives within hopMs †', test: RUNS, says: '§6.8 as good as its own' }],
  '8.2': [
    {
      words: '† A turn stays until it comes',
      test: 'test/simulation/chain.test.ts',
      says: 'turns-lapse',
    },
  ],
  '8.3': [
    {
      words: '† A contract accepts a report as the latest',
      test: 'test/simulation/chain.test.ts',
      says: 'contract-takes-older-rounds',
    },
  ],
  '9.3': [
    {
      words: '† A process that opens a round after',
      test: STORIES,
      says: '§9.3 back from a pause',
    },
  ],
  '10.3': [{ words: '† At EVERY start', test: PLANTED, says: 'no-silence-after-a-start' }],
  '11.2': [
    {
      words: '† Where a coordinator signed two sessions',
      test: STORIES,
      says: '§11.2 two sessions of a window',
    },
    {
      words: 'before a signature is checked †',
      test: STORIES,
      says: '§11.2 one of a type, before a signature is checked',
    },
    { words: '† It lapses ten minutes', test: STORIES, says: '§11.2 an approval lapses' },
    {
      words: 'and not stored †',
      test: 'test/contracts/hub/OwnerHandover.t.sol',
      says: 'test_update_byTheOneThatTheOwnerReplaced_isRefused',
      isRefusalOnly: true,
    },
  ],
}

/** The text of each rule, by its number. */
function rulesIn(protocol: string): ReadonlyMap<string, string> {
  const starts = [...protocol.matchAll(/^(?:## |\*\*)(\d+(?:\.\d+)?)\b/gm)]
  return new Map(
    starts.map((start, at) => [start[1] ?? '', protocol.slice(start.index, starts[at + 1]?.index)]),
  )
}

const rules = rulesIn(read('docs/protocol.md'))

describe('rules marked † (docs/protocol.md)', () => {
  test.each([...rules])('§%s has an attack for each mark', (rule, text) => {
    const marks = text.split('†').length - 1
    const attacks = DAGGERS[rule] ?? []
    expect(attacks.filter(({ words }) => !text.includes(words))).toEqual([])
    expect(attacks, `marks in §${rule}`).toHaveLength(marks)
  })

  test('every attack stands in its test', () => {
    const lacking = Object.values(DAGGERS)
      .flat()
      .filter((each) => !read(each.test).includes(each.says))
    expect(lacking).toEqual([])
  })
})
