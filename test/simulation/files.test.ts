import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LONG_COMMANDS } from '../../simulations/commands.ts'
import { gathered, reasonOf } from '../../simulations/input/files.ts'
import { makeReportPlace } from '../../simulations/report/write-report.ts'
import { RESEARCH } from '../../simulations/research/commands.ts'
import { loadScenario } from '../../simulations/scenario/load.ts'

let folder = ''
const file = (name: string) => join(folder, name)

const SCENARIO = 'name: ok\nrounds: 20\ncommittee: { members: 4 }\n'
const TRADES = 'timestamp,price\n1700000000000,60000\n1700000001000,60001\n'

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'files-'))
  mkdirSync(file('folder'))
  mkdirSync(file('folder.parquet'))
  writeFileSync(file('text'), 'a file\n')
  writeFileSync(file('utf16'), Buffer.from('\ufeffname: ok\n', 'utf16le'))
  // Large on paper: nothing of it is on the disk.
  writeFileSync(file('large'), '')
  truncateSync(file('large'), 65 * 1024 ** 3)
  writeFileSync(file('ok.yaml'), SCENARIO)
  writeFileSync(file('trades.csv'), TRADES)
  writeFileSync(
    file('sweep.yaml'),
    'name: s\nseeds: { count: 1 }\nscenario: ok.yaml\naxes: [{ axis: members, values: [4] }]\n',
  )
  await long('sweep', file('sweep.yaml'), '--out', file('ok.jsonl'), '--workers', '1')
})
afterAll(() => rmSync(folder, { recursive: true }))

async function long(command: string, ...args: readonly string[]): Promise<unknown> {
  const run = LONG_COMMANDS.get(command)
  if (run === undefined) throw new RangeError(`there is no command ${command}`)
  return run(args, new AbortController().signal)
}

function research(command: string, ...args: readonly string[]): unknown {
  return RESEARCH.get(command)?.(args)
}

/** A scenario that names another file in one of its lines. */
function naming(lines: string): string {
  writeFileSync(file('naming.yaml'), lines)
  return file('naming.yaml')
}

/** Each command and key that reads a file, how it is asked for one, and its code. */
const READERS: readonly (readonly [string, string, (path: string) => unknown])[] = [
  ['simulate', 'SCENARIO_INVALID', (path) => loadScenario(path)],
  [
    'committee.seats',
    'SCENARIO_INVALID',
    (path) => loadScenario(naming(`name: s\nrounds: 9\ncommittee: { seats: ${path} }\n`)),
  ],
  [
    'prices.model.file',
    'SCENARIO_INVALID',
    (path) =>
      loadScenario(naming(`${SCENARIO}prices: { model: { type: recorded, file: ${path} } }\n`)),
  ],
  [
    'estimate',
    'ESTIMATE_INVALID',
    (path) => research('estimate', '--topology', 'us-east-1:4', '--protocol', path),
  ],
  ['concentration', 'COMMITTEE_FILE_INVALID', (path) => research('concentration', path)],
  ['economics', 'ECONOMICS_INVALID', (path) => research('economics', path)],
  ['study d', 'COMMITTEE_FILE_INVALID', (path) => long('study', 'd', path, '--out', file('d'))],
  ['study e', 'ECONOMICS_INVALID', (path) => long('study', 'e', path, '--out', file('e'))],
  ['sweep', 'SWEEP_INVALID', (path) => long('sweep', path, '--out', file('x.jsonl'))],
  [
    'the scenario of a sweep',
    'SWEEP_INVALID',
    (path) => long('sweep', naming(`name: s\nseeds: { count: 1 }\nscenario: ${path}\n`)),
  ],
  ['merge', 'RESULTS_INVALID', (path) => long('merge', '--out', file('m.jsonl'), path)],
  ['report', 'RESULTS_INVALID', (path) => long('report', path, '--out', file('r.html'))],
  ['shrink', 'SCENARIO_INVALID', (path) => long('shrink', path)],
  ['import-prices', 'TRADES_INVALID', (path) => long('import-prices', path, '--out', file('i'))],
]

describe.each(READERS)('%s', (_, code, read) => {
  const problemOf = async (name: string) => {
    const before = readdirSync(folder)
    const error = await Promise.resolve()
      .then(() => read(file(name)))
      .catch((reason: unknown) => reason)
    // Nothing is left of what could not begin.
    const left = readdirSync(folder).filter((each) => each !== 'naming.yaml')
    expect(left).toEqual(before.filter((each) => each !== 'naming.yaml'))
    expect(error).toMatchObject({ code })
    return String(error)
  }

  test('says what to do about a file that is missing, a folder, or too large', async () => {
    expect(await problemOf('nowhere.yaml')).toContain(
      `is not there; looked for ${file('nowhere.yaml')}`,
    )
    expect(await problemOf('text/nowhere.yaml')).toContain('has a file where a folder must be;')
    expect(await problemOf('folder')).toContain('is a folder; name a file in it')
    expect(await problemOf('large')).toMatch(/is larger than \d+ [MG]iB/)
  })

  test('says what to do about text that is not UTF-8', async () => {
    expect(await problemOf('utf16')).toMatch(/is not UTF-8; save it|is no JSON; import-prices/)
  })
})

test('a pipe that gives little at once takes no more memory than what it gave', () => {
  const [total, atOnce] = [3_500_000, 65_536]
  const held = new Set<ArrayBufferLike>()
  let given = 0
  const read = (into: Uint8Array) => {
    held.add(into.buffer)
    const count = Math.min(atOnce, into.length, total - given)
    into.fill(7, 0, count)
    given += count
    return count
  }
  const bytes = gathered(read, 4_000_000)
  expect(bytes?.equals(Buffer.alloc(total, 7))).toBe(true)
  const memory = [...held].reduce((sum, { byteLength }) => sum + byteLength, 0)
  expect(memory).toBeLessThan(total + 1024 * 1024)
  const endless = (into: Uint8Array) => Math.min(atOnce, into.length)
  expect(gathered(endless, 4_000_000)).toBeNull()
})

test('a folder that is named like Parquet, and gzip that is none, are said', async () => {
  const out = ['--out', file('i.json')]
  await expect(long('import-prices', file('folder.parquet'), ...out)).rejects.toThrow('is a folder')
  writeFileSync(file('cut.csv.gz'), 'timestamp,price\n')
  await expect(long('import-prices', file('cut.csv.gz'), ...out)).rejects.toThrow('is no gzip')
  expect(existsSync(file('i.json'))).toBe(false)
})

test.each(['{}', '{"cell":0}', '{"cell":7,"values":[],"seed":1,"outcome":{}}'])(
  'a line %s of results is refused',
  async (line) => {
    const origin = { commit: 'c', command: 'npm run sim', definition: {} }
    const head = { format: 2, sweep: 's', digest: 'd', ...origin, axes: [], cells: 1 }
    writeFileSync(file('wrong.jsonl'), `${JSON.stringify(head)}\n${line}\n`)
    const report = long('report', file('wrong.jsonl'), '--out', file('r.html'))
    await expect(report).rejects.toThrow('line 2 is no run as this version writes it')
  },
)

describe('a line of results', () => {
  const report = async (change: (run: { values: unknown; outcome: object }) => object) => {
    const [head = '', line = ''] = readFileSync(file('ok.jsonl'), 'utf8').split('\n')
    writeFileSync(file('changed.jsonl'), `${head}\n${JSON.stringify(change(JSON.parse(line)))}\n`)
    return long('report', file('changed.jsonl'), '--out', file('r.html'))
  }

  test.each(['chain', 'manipulation', 'book'])('with an empty %s is refused', async (section) => {
    await expect(report((run) => run)).resolves.toBeDefined()
    const empty = report((run) => ({ ...run, outcome: { ...run.outcome, [section]: {} } }))
    await expect(empty).rejects.toThrow('line 2 is no run as this version writes it')
  })

  test('has a value of each axis', async () => {
    for (const values of [[], [4, 4]]) {
      const other = report((run) => ({ ...run, values }))
      await expect(other).rejects.toThrow('line 2 is no run as this version writes it')
    }
  })
})

test('a sweep whose results could not be read again is refused before it runs', async () => {
  const seeds = 'name: s\nscenario: ok.yaml\nseeds: { count: 100000 }\n'
  const axes = 'axes: [{ axis: committee.f, values: [0, 1, 2] }]\n'
  const many = long('sweep', naming(seeds + axes), '--out', file('x.jsonl'))
  await expect(many).rejects.toThrow('makes 300000 runs; at most 200000')
})

/** Each command and option that writes, and how it is told where. */
const WRITERS: readonly (readonly [string, (path: string) => Promise<unknown>])[] = [
  ['simulate --report', async (path) => makeReportPlace(path)],
  ['sweep --out', (path) => long('sweep', file('sweep.yaml'), '--out', path)],
  ['sweep --table', (path) => swept('--table', path)],
  ['sweep --report', (path) => swept('--report', path)],
  ['merge --out', (path) => long('merge', '--out', path, file('ok.jsonl'))],
  ['merge --table', (path) => merged('--table', path)],
  ['merge --report', (path) => merged('--report', path)],
  ['report --out', (path) => long('report', file('ok.jsonl'), '--out', path)],
  ['study --out', (path) => long('study', 'e', '--short', '--out', path)],
  ['campaign --out', (path) => long('campaign', 'safety', '--seeds', '1', '--out', path)],
  ['shrink --out', (path) => long('shrink', file('ok.yaml'), '--out', path)],
  ['import-prices --out', (path) => long('import-prices', file('trades.csv'), '--out', path)],
]
const swept = (...args: readonly string[]) =>
  long('sweep', file('sweep.yaml'), '--out', file('ok.jsonl'), ...args)
const merged = (...args: readonly string[]) =>
  long('merge', '--out', file('merged.jsonl'), ...args, file('ok.jsonl'))

describe.each(WRITERS)('%s', (_, write) => {
  test.each([
    ['below a file', 'text/below', 'has a file where a folder must be; name another place'],
    ['under a name that is too long', 'n'.repeat(300), 'has a name that is too long; name another'],
  ])('says what to do about a place %s', async (_where, name, message) => {
    const error = await write(file(name)).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'FILE_NOT_WRITTEN' })
    expect(String(error)).toContain(message)
  })
})

test.each(WRITERS.filter(([name]) => /sweep --table|merge --(?:out|table)|import/.test(name)))(
  '%s says that it was told a folder',
  async (_, write) => {
    const error = await write(file('folder')).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: expect.stringMatching(/^(FILE_NOT_WRIT|RESULTS_INV)/) })
    expect(String(error)).toContain('is a folder; name a file in it')
  },
)

test.skipIf(!existsSync('/dev/full'))('a full disk is said, with what to do', async () => {
  for (const full of [swept('--table', '/dev/full'), merged('--table', '/dev/full')]) {
    await expect(full).rejects.toMatchObject({ code: 'FILE_NOT_WRITTEN' })
    await expect(full).rejects.toThrow('has no room on its disk; make some, and give the same')
  }
})

test.each([
  ['EACCES', 'must not be read by this user; change its rights, or name another file'],
  ['EPERM', 'must not be read by this user; change its rights, or name another file'],
  ['EROFS', 'is on a disk that nobody may write; name another file'],
  ['ELOOP', 'is a link that leads to itself; name another file'],
  ['EIO', 'cannot be read: i/o error; check the path, its rights and its disk'],
])('%s of the system is put into words', (code, message) => {
  const error = Object.assign(new Error('i/o error'), { code, syscall: 'open' })
  expect(reasonOf(error, { path: 'x', verb: 'read' })).toBe(message)
})
