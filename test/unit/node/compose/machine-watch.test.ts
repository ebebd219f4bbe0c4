import { beforeEach, describe, expect, test } from 'vitest'
import { createMetrics } from '../../../../node/api/metrics.ts'
import { MachineWatch } from '../../../../node/compose/machine-watch.ts'
import { parseConfig } from '../../../../node/config/load.ts'
import { filesLow, filesWanted } from '../../../../node/config/open-files.ts'
import type { Log } from '../../../../node/logging.ts'
import { MINIMAL_CONFIG } from '../config/fixtures.ts'

const GIB = 2 ** 30

function configOf(text = MINIMAL_CONFIG) {
  const parsed = parseConfig(text)
  if (parsed.type === 'refused') throw new Error(JSON.stringify(parsed.problems))
  return parsed.config
}

let said: string[]
let free: number
let lost: number
let filesMax: number | null
let metrics: ReturnType<typeof createMetrics>
let watch: MachineWatch

beforeEach(() => {
  ;[said, free, lost, filesMax] = [[], 9 * GIB, 0, 65_536]
  metrics = createMetrics()
  const say = (event: string) => void said.push(event)
  const log = { debug: say, info: say, warn: say, error: say } as unknown as Log
  const journal = {
    status: () => ({ written: 9, lost, waiting: 0, fileBytes: 4_096, failure: null }),
  }
  watch = new MachineWatch(configOf(), {
    ...{ metrics, log, journal },
    freeBytesAt: () =>
      Number.isNaN(free) ? Promise.reject(new Error('gone')) : Promise.resolve(free),
    filesMax: () => Promise.resolve(filesMax),
  })
})

async function shown(name: string): Promise<string[]> {
  const text = await metrics.registry.metrics()
  return text.split('\n').filter((line) => line.startsWith(name))
}

describe('a watch over the machine', () => {
  test('shows room and journal, and counts each lost entry once', async () => {
    // Before the first look nobody must take a disk for full.
    expect(await shown('parallax_disk_free_bytes')).toEqual([])
    lost = 3
    await watch.look()
    lost = 5
    await watch.look()
    expect(await shown('parallax_disk_free_bytes')).toEqual([
      `parallax_disk_free_bytes{place="data"} ${9 * GIB}`,
    ])
    expect(await shown('parallax_journal_bytes')).toEqual(['parallax_journal_bytes 4096'])
    expect(await shown('parallax_journal_lost_total')).toEqual(['parallax_journal_lost_total 5'])
  })

  test('says once that a disk fills, and again only after there was room', async () => {
    for (const each of [9, 0.9, 0.8, 1.1, 0.9, Number.NaN, 0.9, 1.3, 0.9]) {
      free = each * GIB
      await watch.look()
    }
    expect(said).toEqual(['disk.space.low', 'disk.space.enough', 'disk.space.low'])
  })

  test('says at its start that few files may be open', async () => {
    filesMax = 64
    await watch.start()
    await watch.stop()
    expect(said).toEqual(['files.limit.low'])
  })
})

describe('open files', () => {
  test('are wanted for whoever is let in, and for whoever is asked', () => {
    const wanted = filesWanted(configOf())
    const more = configOf(`${MINIMAL_CONFIG}\napi: { connectionsMax: 1256 }\n`)
    expect(filesWanted(more)).toBe(wanted + 1_000)
    expect(filesLow(configOf(), wanted)).toBe(null)
    expect(filesLow(configOf(), wanted - 1)).toMatchObject({ code: 'FILES_LIMIT_LOW', wanted })
    // Where the system does not say, nobody guesses.
    expect(filesLow(configOf(), null)).toBe(null)
  })
})
