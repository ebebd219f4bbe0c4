import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createMetrics } from '../../../../node/api/metrics.ts'
import { nodeReloader } from '../../../../node/compose/reload.ts'
import { formatCommittee } from '../../../../node/config/committee-file.ts'
import { configDigest } from '../../../../node/config/config-digest.ts'
import { loadConfig } from '../../../../node/config/load.ts'
import type { ChainConfig } from '../../../../node/config/schema.ts'
import { SILENT_LOG } from '../../../../node/logging.ts'
import type { SourcesConfig } from '../../../../node/sources/config.ts'
import type { ConfigEntry } from '../../../../node/store/journal-entries.ts'
import { committeeOfFour, MINIMAL_CONFIG } from '../config/fixtures.ts'

const NOW_MS = 1_790_000_000_000

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parallax-reload-'))
  await writeFile(join(directory, 'committee.json'), formatCommittee(committeeOfFour()))
})
afterEach(() => rm(directory, { recursive: true }))

const write = (text: string) => writeFile(join(directory, 'node.yaml'), text)

/** A node that runs with the good configuration, as far as reloads see it. */
async function running() {
  await write(MINIMAL_CONFIG)
  const loaded = await loadConfig(join(directory, 'node.yaml'))
  const sources: SourcesConfig[] = []
  const chains: ChainConfig[] = []
  const levels: string[] = []
  const limits: number[] = []
  const kept: Omit<ConfigEntry, 'table'>[] = []
  const [config] = loaded.config.chains
  if (config === undefined) throw new Error('the fixture has a chain')
  let refusal: Error | null = null
  const prepare = (each: ChainConfig) => {
    if (refusal !== null) throw refusal
    return () => void chains.push(each)
  }
  const reloader = nodeReloader(loaded, {
    engine: { prepare: (each) => () => void sources.push(each) },
    targets: [{ config, prepare }],
    api: () => ({ setLimits: (each) => void limits.push(each.requestsPerMinuteMax) }),
    root: { setLevel: (level) => void levels.push(level) },
    log: SILENT_LOG,
    metrics: createMetrics(),
    version: '0.0.0',
    nowMs: () => NOW_MS,
    store: { keepConfig: (each) => void kept.push(each) },
  })
  await reloader.start(new AbortController().signal)
  const refuse = (error: Error | null) => {
    refusal = error
  }
  const taken = { sources, chains, levels, limits }
  return { reloader, digest: configDigest(loaded.config), ...taken, kept, refuse }
}

const QUIETER = `${MINIMAL_CONFIG}\nlog: { level: warn }\n`

test('given another level and cap, then all is taken over and kept with both digests', async () => {
  const { reloader, digest, chains, levels, limits, kept } = await running()
  const limited = `${QUIETER}api: { requestsPerMinuteMax: 7 }\n`
  await write(limited.replace('chainId', 'feePerGasGweiMax: "7"\n    chainId'))
  const reload = await reloader.reload()
  expect(reload).toMatchObject({
    ...{ outcome: 'applied', code: 'OK', problems: [] },
    changes: ['chains.local.feePerGasGweiMax', 'api.requestsPerMinuteMax', 'log.level'],
  })
  expect([levels, limits]).toEqual([['warn'], [7]])
  expect(chains.map(({ feePerGasGweiMax }) => feePerGasGweiMax)).toEqual([7_000_000_000n])
  expect(reloader.digest).not.toBe(digest)
  expect(
    kept.map(({ outcome, digestBefore, digestAfter }) => [outcome, digestBefore, digestAfter]),
  ).toEqual([
    ['started', null, digest],
    ['applied', digest, reloader.digest],
  ])
  expect(kept[1]?.details).toEqual(reload.changes)
})

test.each([
  ['no YAML', 'log: [', 'CONFIG_INVALID'],
  ['two problems', QUIETER.replace('warn', 'loud').replace('tcp/9000', 'udp/1'), 'CONFIG_INVALID'],
  ['a change that needs a restart', `${QUIETER}api: { port: 1 }\n`, 'CONFIG_NEEDS_RESTART'],
])('given %s, then nothing is taken over, and what is wrong is kept', async (_, text, code) => {
  const { reloader, digest, sources, chains, levels, kept } = await running()
  await write(text)
  const reload = await reloader.reload()
  expect(reload).toMatchObject({ outcome: 'refused', code, digestAfter: digest })
  expect([sources, chains, levels]).toEqual([[], [], []])
  expect(kept[1]).toMatchObject({ outcome: 'refused', code, details: reload.problems })
  await write(QUIETER)
  expect(await reloader.reload()).toMatchObject({ outcome: 'applied', digestBefore: digest })
})

test('given one part cannot take it over, then none does, and the next reload may', async () => {
  const { reloader, digest, sources, chains, levels, refuse } = await running()
  await write(QUIETER)
  refuse(new Error('no such endpoint'))
  expect(await reloader.reload()).toMatchObject({
    ...{ outcome: 'refused', digestAfter: digest, problems: ['no such endpoint'] },
  })
  expect([sources, chains, levels]).toEqual([[], [], []])
  refuse(null)
  expect(await reloader.reload()).toMatchObject({ outcome: 'applied', digestBefore: digest })
})

test('given several problems, then all of them are named at once, and not in public', async () => {
  const { reloader } = await running()
  await write(QUIETER.replace('warn', 'loud').replace('tcp/9000', 'udp/1'))
  const { problems } = await reloader.reload()
  expect(problems.join('\n')).toMatch(/network\.listen.*log\.level/s)
  expect(reloader.last).toMatchObject({ outcome: 'refused', problems: problems.length })
})

test('given the file is gone, or its committee file is, then it is refused', async () => {
  const { reloader } = await running()
  await rm(join(directory, 'committee.json'))
  expect(await reloader.reload()).toMatchObject({ outcome: 'refused' })
  await rm(join(directory, 'node.yaml'))
  expect(await reloader.reload()).toMatchObject({ outcome: 'refused', code: 'CONFIG_UNREADABLE' })
})

test('given the same file, then nothing is begun anew', async () => {
  const { reloader, digest, sources } = await running()
  await write(`# a remark\n${MINIMAL_CONFIG}`)
  expect(await reloader.reload()).toMatchObject({ outcome: 'unchanged', digestAfter: digest })
  expect(sources).toEqual([])
})

test('given requests while one is under way, then they share the next one', async () => {
  const { reloader, kept } = await running()
  const first = reloader.reload()
  await Promise.resolve()
  const [second, third] = [reloader.reload(), reloader.reload()]
  await Promise.all([first, second, third, reloader.stop()])
  expect(second).toBe(third)
  expect(kept.map(({ outcome }) => outcome)).toEqual(['started', 'unchanged', 'unchanged'])
})
