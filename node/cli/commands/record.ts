import { WallClock } from '../../clock.ts'
import { loadConfig, sourcesAsWritten } from '../../config/load.ts'
import { createLog } from '../../logging.ts'
import type { Asked } from '../../recording/asked.ts'
import { askedAsWritten, askedByName } from '../../recording/asked.ts'
import { quoteLines } from '../../recording/quotes.ts'
import { RECORDING_BYTES_MAX, readRecording } from '../../recording/reader.ts'
import type { RecordOutcome, RecordProgress } from '../../recording/recorder.ts'
import { record as recordTraffic } from '../../recording/recorder.ts'
import type { RecordingSummary, VenueSummary } from '../../recording/summary.ts'
import { summarize } from '../../recording/summary.ts'
import { HOST_SOURCES } from '../../sources/host.ts'
import { clockAt } from '../../sources/source-clock.ts'
import { columns } from '../columns.ts'
import { command, type Output, usageError } from '../command.ts'
import { EXIT_DONE } from '../exit-codes.ts'
import { durationMsOf } from '../minutes.ts'
import { newFile } from '../new-file.ts'

const NAME = 'record'
const MEGABYTE = 1_048_576
const MEGABYTES = 256
const MEGABYTES_MAX = RECORDING_BYTES_MAX / MEGABYTE
const SAY_EVERY_MS = 5_000

/** Asks venues as a node does and stores what they say, raw. */
export const record = command({
  name: NAME,
  summary: 'Ask venues as a node does and store all they say in a file (Ctrl-C ends it).',
  options: {
    config: { type: 'string', value: 'FILE', describe: "ask as this node's configuration says" },
    venues: { type: 'string', value: 'A,B', describe: 'without --config: only these venues' },
    feeds: { type: 'string', value: 'F,G', describe: 'without --config: only these feeds' },
    out: { type: 'string', value: 'FILE', describe: 'new file', required: true },
    minutes: { type: 'string', value: 'N', describe: 'end after so long, such as 0.5' },
    megabytes: {
      type: 'string',
      value: 'N',
      describe: `end before it holds more, unpacked; default ${MEGABYTES}`,
    },
  },
  run: async ({ out, json, minutes, megabytes, ...named }, { stdout, stderr, signal }) => {
    const durationMs = minutes === undefined ? null : durationMsOf(minutes, NAME)
    const bytesMax = megabytesOf(megabytes ?? String(MEGABYTES)) * MEGABYTE
    const asked = await askedBy(named)
    const outcome = await recordTraffic(
      { asked, path: out, bytesMax, durationMs },
      {
        ...HOST_SOURCES,
        clock: clockAt(new WallClock(), asked.sources.clockOffsetMs),
        log: createLog({ level: 'warn', format: 'text' }, stderr),
        signal,
        onProgress: progressTo(stderr, asked),
      },
    )
    const { values, ...counts } = outcome
    const facts = { file: out, ...counts, values: values.map((value) => value?.toString() ?? null) }
    stdout.write(json ? `${JSON.stringify(facts)}\n` : `${outcomeText(out, outcome)}\n`)
    return EXIT_DONE
  },
})

/** Says what a recording holds. */
export const recordShow = command({
  name: 'record show',
  summary: 'Show what a recording holds: answers, failures, silences, prices.',
  argument: 'FILE',
  options: {
    quotes: {
      type: 'string',
      value: 'FILE',
      describe: 'write every price that it holds to a new CSV file, for simulations',
    },
  },
  run: async ({ json, quotes }, { argument, stdout }) => {
    const recording = await readRecording(argument)
    if (quotes !== undefined) {
      await using file = await newFile(quotes)
      await file.writeFile(quoteLines(recording))
    }
    const summary = summarize(recording)
    stdout.write(json ? `${JSON.stringify(summary)}\n` : summaryText(summary))
    return EXIT_DONE
  },
})

async function askedBy(named: {
  readonly config: string | undefined
  readonly venues: string | undefined
  readonly feeds: string | undefined
}): Promise<Asked> {
  const { config, venues, feeds } = named
  if (config === undefined) return askedByName(namesIn(venues), namesIn(feeds))
  if (venues !== undefined || feeds !== undefined) {
    throw usageError('give --config, or --venues and --feeds', NAME)
  }
  const loaded = await loadConfig(config)
  return askedAsWritten(await sourcesAsWritten(loaded), loaded.committee.params.feeds)
}

function namesIn(text: string | undefined): readonly string[] {
  if (text === undefined) return []
  return text.split(',').map((name) => name.trim())
}

function megabytesOf(text: string): number {
  const megabytes = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (megabytes >= 1 && megabytes <= MEGABYTES_MAX) return megabytes
  throw usageError(`--megabytes must be a whole number from 1 to ${MEGABYTES_MAX}`, NAME)
}

function progressTo(stderr: Output, { feeds }: Asked): (progress: RecordProgress) => void {
  let saidMs = 0
  return (progress) => {
    if (progress.elapsedMs - saidMs < SAY_EVERY_MS) return
    saidMs = progress.elapsedMs
    const absent = feeds.filter((_, index) => progress.values[index] === null)
    const names = absent.map(({ name }) => name).join(', ')
    stderr.write(`${countsText(progress)}${names === '' ? '' : `; no value of ${names}`}\n`)
  }
}

const REASONS: Readonly<Record<RecordOutcome['reason'], string>> = {
  asked: 'ended when asked',
  time: 'ended after --minutes',
  full: 'ended because it is full; --megabytes allows more',
}

function outcomeText(file: string, outcome: RecordOutcome): string {
  return `${file} holds ${countsText(outcome)}; ${REASONS[outcome.reason]}`
}

function countsText({ elapsedMs, answers, failed, frames, fileBytes }: RecordProgress): string {
  const size = `${(fileBytes / MEGABYTE).toFixed(2)} MB`
  const came = `${answers} answers (${failed} failed), ${frames} frames`
  return `${secondsText(elapsedMs)}: ${came}, ${size}`
}

const secondsText = (ms: number) => `${(ms / 1_000).toFixed(1)} s`

function summaryText(summary: RecordingSummary): string {
  const { startedMs, durationMs, ended, tornBytes, venues, markets, feeds } = summary
  const killed = `none: its recorder was killed, and ${tornBytes} bytes are no whole block`
  const facts = [
    ['from', new Date(startedMs).toISOString()],
    ['for', secondsText(durationMs)],
    ['end', ended === null ? killed : REASONS[ended]],
  ]
  const venueRows = venues.map((venue) => [
    venue.venue,
    String(venue.answers),
    failuresText(venue),
    String(venue.connections),
    String(venue.frames),
    secondsText(venue.silenceMsMax),
  ])
  const marketRows = markets.map(({ venue, market, quotes, silenceMsMax, first, last }) =>
    [venue, market, String(quotes), secondsText(silenceMsMax), first ?? '-'].concat(last ?? '-'),
  )
  const feedRows = feeds.map(({ feed, present, absent, first, last }) =>
    [feed, String(present), String(absent), first ?? '-'].concat(last ?? '-'),
  )
  const heads = {
    venues: ['VENUE', 'ANSWERS', 'FAILED', 'STREAMS', 'FRAMES', 'SILENT'],
    markets: ['VENUE', 'MARKET', 'QUOTES', 'SILENT', 'FIRST', 'LAST'],
    feeds: ['FEED', 'VALUES', 'ABSENT', 'FIRST', 'LAST'],
  }
  return [
    columns(facts),
    columns([heads.venues, ...venueRows]),
    columns([heads.markets, ...marketRows]),
    `${columns([heads.feeds, ...feedRows])}\n`,
  ].join('\n\n')
}

function failuresText({ failures }: VenueSummary): string {
  const found = Object.entries(failures)
  return found.length === 0 ? '-' : found.map(([what, times]) => `${what} ×${times}`).join(' ')
}
