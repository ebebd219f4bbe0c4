import { type JournalQuality, journalQuality } from '../../replay/journal-quality.ts'
import { offlineContext } from '../../replay/offline.ts'
import { columns } from '../columns.ts'
import { command } from '../command.ts'
import { EXIT_DONE, EXIT_INTERRUPTED } from '../exit-codes.ts'
import { JOURNAL_OPTIONS, journalFilesOf, roundsOf } from '../journal-files.ts'

const NAME = 'journal quality'

/** Counts how feeds and members did over the rounds of a journal. */
export const journalQualityCommand = command({
  name: NAME,
  summary: 'Show how feeds and members did over the rounds of a journal.',
  options: {
    ...JOURNAL_OPTIONS,
    from: { type: 'string', value: 'R', describe: 'first round' },
    to: { type: 'string', value: 'R', describe: 'last round' },
  },
  run: async ({ json, from, to, ...named }, { stdout, signal }) => {
    const range = roundsOf(NAME, { from, to })
    const files = await journalFilesOf(NAME, named)
    const context = await offlineContext(files.committee)
    const quality = await journalQuality(context, { path: files.journal, range, signal })
    const isInterrupted = signal.aborted
    const rest = isInterrupted ? 'interrupted: the rest is not counted\n' : ''
    const facts = { ...quality, isInterrupted }
    stdout.write(json ? `${JSON.stringify(facts)}\n` : `${textOf(quality)}${rest}`)
    return isInterrupted ? EXIT_INTERRUPTED : EXIT_DONE
  },
})

function textOf({ from, to, rounds, latencyMs, feeds, members }: JournalQuality): string {
  const { fast, proposed, missed, unseen } = rounds
  const certified = fast + proposed
  const ended = `${fast} fast, ${proposed} proposed, ${missed} missed, ${unseen} unseen`
  const latency = latencyMs === null ? '–' : `p50 ${latencyMs.p50} ms, p99 ${latencyMs.p99} ms`
  const feedRows = feeds.map((each) => [
    each.feed,
    ...[each.certified, each.unavailable, each.missed].map(String),
    ...[each.spread?.p50 ?? '–', each.spread?.p99 ?? '–'],
    each.observersMean?.toFixed(2) ?? '–',
    `${(each.gapMsMax / 1_000).toFixed(1)} s`,
  ])
  const memberRows = members.map(({ member, heard, observed, signed }) => [
    String(member),
    share(heard, certified + missed),
    share(observed, certified),
    share(signed, certified),
  ])
  return `${[
    `rounds ${from} to ${to}: ${ended}`,
    `certificates held after the opening of their round: ${latency}`,
    '',
    columns([FEED_HEADS, ...feedRows]),
    '',
    columns([MEMBER_HEADS, ...memberRows]),
  ].join('\n')}\n`
}

const FEED_HEADS = [
  ...['FEED', 'CERTIFIED', 'UNAVAILABLE', 'MISSED'],
  ...['SPREAD P50', 'SPREAD P99', 'OBSERVERS', 'LARGEST GAP'],
]
const MEMBER_HEADS = ['MEMBER', 'HEARD', 'OBSERVED', 'SIGNED']

function share(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(2)} %`
}
