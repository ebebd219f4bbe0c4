import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, watch, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { request } from 'undici'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { execute } from '../../node/cli/execute.ts'
import { formatCommittee } from '../../node/config/committee-file.ts'
import { parseYaml } from '../../node/config/yaml.ts'
import { MARKET_VENUES } from '../../node/devnet/market/model.ts'
import type { MarketServer } from '../../node/devnet/market/server.ts'
import { startMarketServer } from '../../node/devnet/market/server.ts'
import { readRecording } from '../../node/recording/reader.ts'
import type { RecordingSummary } from '../../node/recording/summary.ts'
import { importPrices } from '../../simulations/import/import-prices.ts'
import { Folder, recordingHeader, recordingOf } from '../support/recording.ts'
import { venuesAt } from '../support/venues.ts'
import { committeeOfFour } from '../unit/node/config/fixtures.ts'

const MAIN = fileURLToPath(new URL('../../node/cli/main.ts', import.meta.url))

let folder: Folder
let market: MarketServer
beforeEach(async () => {
  folder = await Folder.create()
  market = await startMarketServer({ seed: 3 })
})
afterEach(async () => {
  await market.stop()
  await folder[Symbol.asyncDispose]()
})

/** A node's configuration that asks the market; two venues stream. */
async function configFile(): Promise<string> {
  const file = folder.at('node.json')
  await mkdir(folder.at('keys'))
  await writeFile(folder.at('committee.json'), formatCommittee(committeeOfFour()))
  const config = {
    committee: 'committee.json',
    keys: { identity: 'keys/i', signingShare: 'keys/s', passphrase: { prompt: true } },
    network: { listen: ['/ip4/127.0.0.1/tcp/9000'], members: [] },
    sources: venuesAt(market, {}, ['kraken', 'okx']),
  }
  await writeFile(file, JSON.stringify(config))
  return file
}

function start(...args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const texts = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => {
    texts.stdout += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    texts.stderr += chunk.toString()
  })
  const ended = once(child, 'close').then(([exitCode]) => ({ exitCode, ...texts }))
  return { child, ended }
}

/** The same in this process. */
async function executed(...args: readonly string[]) {
  const texts = { stdout: '', stderr: '' }
  const into = (name: keyof typeof texts) => ({
    write: (text: string) => {
      texts[name] += text
    },
  })
  const terminal = { input: process.stdin, output: process.stderr }
  const output = { stdout: into('stdout'), stderr: into('stderr'), terminal }
  const exitCode = await execute(args, { ...output, signal: AbortSignal.abort() })
  return { exitCode, ...texts }
}

/** Resolves when the file has something of every venue, and a value. */
async function recorded(file: string): Promise<void> {
  for await (const _ of watch(folder.path)) {
    const entries = await readRecording(file).then(
      (recording) => recording.entries,
      () => [],
    )
    const venues = new Set(entries.flatMap((entry) => ('venue' in entry ? [entry.venue] : [])))
    const hasValue = entries.some((entry) => entry.type === 'values' && entry.values[0] !== null)
    if (MARKET_VENUES.every((venue) => venues.has(venue)) && hasValue) return
  }
}

test('given a market, when it is recorded until Ctrl-C, then the file holds all it said', async () => {
  const file = folder.at('out')
  const { child, ended } = start('record', '--config', await configFile(), '--out', file, '--json')
  await recorded(file)
  child.kill('SIGINT')
  const { exitCode, stdout } = await ended
  expect(exitCode).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ file, reason: 'asked', failed: 0 })
  const { entries, tornBytes } = await readRecording(file)
  expect(tornBytes).toBe(0)
  const last = entries.at(-1)
  expect(last).toMatchObject({ type: 'ended', reason: 'asked' })
  const answers = entries.filter((entry) => entry.type === 'answer')
  expect(answers.length).toBeLessThanOrEqual(
    MARKET_VENUES.reduce((sum, venue) => sum + market.requestsOf(venue), 0),
  )
  // Paths are those below the base URL, and no request of the end looks like a venue's fault.
  expect(new Set(answers.map(({ ending, status }) => `${ending} ${status}`))).toEqual(
    new Set(['whole 200']),
  )
  expect(answers.map(({ path }) => path)).toContain('/products/BTC-USD/ticker')
  const streams = entries.filter((entry) => entry.type === 'open' || entry.type === 'sent')
  expect(new Set(streams.map(({ venue }) => venue))).toEqual(new Set(['kraken', 'okx']))
  const shown = await start('record', 'show', file, '--json').ended
  const summary = JSON.parse(shown.stdout) as RecordingSummary
  expect(summary).toMatchObject({ ended: 'asked', tornBytes: 0 })
  expect(summary.venues.map(({ venue }) => venue)).toEqual([...MARKET_VENUES])
  expect(summary.markets.every(({ quotes, first }) => quotes > 0 && first !== null)).toBe(true)
  const quotes = folder.at('quotes.csv')
  expect(await executed('record', 'show', file, '--quotes', quotes)).toMatchObject({ exitCode: 0 })
  const again = await executed('record', 'show', file, '--quotes', quotes)
  expect(again.stderr).toMatch(/^FILE_EXISTS: /)
  const { recording } = await importPrices(
    {
      ...{ file: quotes, symbol: 'BTC/USD', exchanges: [], stepMs: 100, clock: 'local' as const },
      ...{ fromMs: 0, toMs: Number.POSITIVE_INFINITY, isByVenue: true },
    },
    new AbortController().signal,
  )
  const shownOf = summary.markets.filter((each) => each.market === 'BTC/USD')
  expect(recording.venues.map(({ name }) => name)).toEqual(shownOf.map(({ venue }) => venue).sort())
  expect(recording.source.trades).toBe(shownOf.reduce((sum, each) => sum + each.quotes, 0))
  for (const { name, prices } of recording.venues) {
    expect(prices.at(-1)).toBe(Number(shownOf.find(({ venue }) => venue === name)?.last))
  }
  const text = await start('record', 'show', file).ended
  expect(text.stdout).toMatch(/^kraken {2,}BTC\/USD {2,}\d+ {2,}[\d.]+ s {2,}\d+\.\d+ {2,}\d/m)
})

test('given a recorder that was killed, then what it had is there, and the end is said', async () => {
  const file = folder.at('out')
  const { child, ended } = start('record', '--config', await configFile(), '--out', file)
  await recorded(file)
  child.kill('SIGKILL')
  await ended
  // The kill may have come in the middle of a block.
  await writeFile(folder.at('torn'), (await readFile(file)).subarray(0, -5))
  const { exitCode, stdout } = await start('record', 'show', folder.at('torn')).ended
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(
    /^end {3}none: its recorder was killed, and \d+ bytes are no whole block$/m,
  )
})

test('given a limit, when it is reached, then the recording ends by itself', async () => {
  const file = folder.at('out')
  const config = await configFile()
  const timed = await start('record', '--config', config, '--out', file, '--minutes', '0.02').ended
  expect(timed.exitCode).toBe(0)
  expect(timed.stdout).toContain('ended after --minutes')
  const again = await start('record', '--config', config, '--out', file).ended
  expect(again).toMatchObject({ exitCode: 3, stdout: '' })
  expect(again.stderr).toMatch(/^FILE_EXISTS: /)
})

test.each([
  [['--out', 'x', '--minutes', '0']],
  [['--out', 'x', '--minutes', '1e3']],
  [['--out', 'x', '--megabytes', '4096']],
  [['--out', 'x', '--config', 'node.json', '--venues', 'kraken']],
  [['--venues', 'kraken']],
])('given %j, then the command line is wrong', async (args) => {
  const { exitCode, stderr } = await executed('record', ...args)
  expect({ exitCode, code: stderr.split(':')[0] }).toEqual({ exitCode: 2, code: 'USAGE_INVALID' })
})

test('given a file that is no recording, then show says so', async () => {
  const file = await folder.holding('file', Buffer.from('nothing of the kind'))
  const { exitCode, stderr } = await executed('record', 'show', file)
  expect(exitCode).toBe(3)
  expect(stderr).toMatch(/^RECORDING_FOREIGN: /)
})

describe('a replayed market as a command', () => {
  const answers = [0, 400].map((atMs) => ({
    type: 'answer' as const,
    venue: 'kraken',
    path: '/0/public/Ticker?pair=XBTUSD',
    sentMs: atMs,
    atMs,
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: { text: `{"at":${atMs}}` },
    ending: 'whole' as const,
  }))
  const saved = () => folder.holding('rec', recordingOf(recordingHeader(0), answers))

  test('writes what a node takes, answers, and ends with the recording', async () => {
    const piece = folder.at('sources.yaml')
    const out = ['--config-out', piece, '--lead-seconds', '3', '--json']
    const { child, ended } = start('replay-market', await saved(), ...out)
    const [line] = await once(child.stdout, 'data')
    const { address, sources, startsMs } = JSON.parse(String(line))
    const parsed = parseYaml(await readFile(piece, 'utf8'))
    expect(parsed).toMatchObject({ type: 'parsed', value: { sources } })
    expect(sources.clockOffsetMs).toBe(-startsMs)
    expect(sources.venues.kraken.baseUrl).toBe(`${address}/kraken`)
    const asked = await request(`${address}/kraken/0/public/Ticker?pair=XBTUSD`)
    expect(await asked.body.json()).toEqual({ at: 0 })
    const { exitCode, stderr } = await ended
    expect({ exitCode, last: stderr.split('\n').at(-2) }).toEqual({
      exitCode: 0,
      last: 'the recording is over',
    })
  })

  test.each([
    [['--speed', '0']],
    [['--speed', '2', '--config-out', 'x']],
    [['--lead-seconds', '-1']],
    [['--port', '65536']],
    [['--from', '99']],
    [['--from', 'yesterday']],
  ])('given %j, then the command line is wrong', async (args) => {
    const { exitCode, stderr } = await executed('replay-market', await saved(), ...args)
    expect({ exitCode, code: stderr.split(':')[0] }).toEqual({ exitCode: 2, code: 'USAGE_INVALID' })
  })

  test('given a file that is there, then it is not overwritten', async () => {
    const recording = await saved()
    const { exitCode, stderr } = await executed(
      'replay-market',
      recording,
      '--config-out',
      recording,
    )
    expect({ exitCode, code: stderr.split(':')[0] }).toEqual({ exitCode: 3, code: 'FILE_EXISTS' })
  })
})
