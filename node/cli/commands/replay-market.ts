import { setTimeout as pauseFor } from 'node:timers/promises'
import { stringify } from 'yaml'
import { WallClock } from '../../clock.ts'
import type { Recording } from '../../recording/reader.ts'
import { readRecording } from '../../recording/reader.ts'
import { replaySources } from '../../recording/replay-config.ts'
import { type ReplayServer, startReplay } from '../../recording/replay-server.ts'
import { command, type Output, usageError } from '../command.ts'
import { EXIT_DONE } from '../exit-codes.ts'
import { writeNewFile } from '../new-file.ts'

const NAME = 'replay-market'
/** Enough to put the configuration in its place and start a node. */
const LEAD_SECONDS = 30
const LEAD_SECONDS_MAX = 3_600
const SPEED_MAX = 100
const SAY_EVERY_MS = 5_000

/** Plays the venues of a recording on loopback, and says how a node reads them. */
export const replayMarket = command({
  name: NAME,
  summary: 'Say again what venues said in a recording, for nodes on this machine.',
  argument: 'FILE',
  options: {
    port: { type: 'string', value: 'NUMBER', describe: 'on 127.0.0.1; default 0, any free one' },
    from: {
      type: 'string',
      value: 'TIME',
      describe: 'begin there: seconds after the beginning, or a time such as 2026-11-29T21:50:40Z',
    },
    'lead-seconds': {
      type: 'string',
      value: 'N',
      describe: `begin so long from now, so that nodes can start; default ${LEAD_SECONDS}`,
    },
    speed: { type: 'string', value: 'N', describe: 'default 1, which is what a node needs' },
    'config-out': {
      type: 'string',
      value: 'FILE',
      describe: 'new file for the section sources of a node, in place of standard output',
    },
  },
  run: async (options, { argument, stdout, stderr, signal }) => {
    const { port = '0', 'config-out': configOut, json } = options
    const speed = numberOf('speed', options.speed ?? '1', { above: 0, max: SPEED_MAX })
    const lead = options['lead-seconds'] ?? String(LEAD_SECONDS)
    const leadMs = 1_000 * numberOf('lead-seconds', lead, { above: -1, max: LEAD_SECONDS_MAX })
    if (configOut !== undefined && speed !== 1) {
      throw usageError('a node reads a replay at --speed 1 alone; leave out --config-out', NAME)
    }
    const recording = await readRecording(argument)
    const fromMs = fromOf(options.from, recording)
    const clock = new WallClock()
    const startsMs = clock.nowMs() + Math.ceil(leadMs)
    const nowMs = () => fromMs + Math.floor((clock.nowMs() - startsMs) * speed)
    const server = await startReplay({ recording, nowMs, speed, port: portOf(port) })
    try {
      const clockOffsetMs = fromMs - startsMs
      const sources = replaySources(recording.header, { url: server.url, clockOffsetMs })
      const yaml = `${headText(recording, { startsMs, speed })}${stringify({ sources })}`
      if (configOut !== undefined) await writeNewFile(configOut, yaml)
      const facts = { address: server.url, startsMs, endedMs: recording.endedMs, sources }
      const shown = configOut === undefined ? yaml : `${server.url}\n`
      stdout.write(json ? `${JSON.stringify(facts)}\n` : shown)
      await untilOver({ server, recording, nowMs }, { stderr, signal })
    } finally {
      await server.stop()
    }
    return EXIT_DONE
  },
})

function headText(
  { header, endedMs }: Recording,
  { startsMs, speed }: { readonly startsMs: number; readonly speed: number },
): string {
  const time = (ms: number) => new Date(ms).toISOString()
  const lines = [
    `What venues said from ${time(header.startedMs)} to ${time(endedMs)},`,
    `said again from ${time(startsMs)}. Put it in place of the section sources of a node.`,
    ...(speed === 1 ? [] : [`At ${speed} times the pace no node can read it: ages are wrong.`]),
  ]
  return lines.map((line) => `# ${line}\n`).join('')
}

interface Playing {
  readonly server: ReplayServer
  readonly recording: Recording
  readonly nowMs: () => number
}

/** Waits until the recording is over or somebody asks to stop, and says how it goes. */
async function untilOver(
  { server, recording, nowMs }: Playing,
  { stderr, signal }: { readonly stderr: Output; readonly signal: AbortSignal },
): Promise<void> {
  const { header, endedMs } = recording
  while (!signal.aborted && nowMs() <= endedMs) {
    const { answers, listeners } = server.counts()
    const at = ((nowMs() - header.startedMs) / 1_000).toFixed(1)
    const of = ((endedMs - header.startedMs) / 1_000).toFixed(1)
    stderr.write(`at ${at} s of ${of} s: ${answers} answers given, ${listeners} streams heard\n`)
    const leftMs = Math.max(endedMs - nowMs() + 1, 1)
    const waitMs = Math.min(SAY_EVERY_MS, leftMs)
    await pauseFor(waitMs, undefined, { signal }).catch(() => undefined)
  }
  stderr.write(signal.aborted ? 'stopped\n' : 'the recording is over\n')
}

/** @throws {OracleError} USAGE_INVALID */
function fromOf(text: string | undefined, { header, endedMs }: Recording): number {
  const { startedMs } = header
  if (text === undefined) return startedMs
  const isSeconds = /^\d{1,7}(\.\d{1,3})?$/.test(text)
  const atMs = isSeconds ? startedMs + Math.round(Number(text) * 1_000) : Date.parse(text)
  if (atMs >= startedMs && atMs < endedMs) return atMs
  const ends = [startedMs, endedMs].map((ms) => new Date(ms).toISOString())
  throw usageError(`--from must be from ${ends.join(' to ')}, or seconds after it`, NAME)
}

function numberOf(
  option: string,
  text: string,
  { above, max }: { readonly above: number; readonly max: number },
): number {
  const value = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN
  if (value > above && value <= max) return value
  throw usageError(`--${option} must be a number ${above < 0 ? 'from' : 'above'} 0 to ${max}`, NAME)
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw usageError('--port must be a whole number from 0 to 65535', NAME)
}
