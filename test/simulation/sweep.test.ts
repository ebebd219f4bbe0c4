import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LONG_COMMANDS } from '../../simulations/commands.ts'
import { InputError } from '../../simulations/input/problems.ts'
import { figuresOf, type Page, tablesOf } from '../../simulations/report/page.ts'
import { METRICS, metricsNamed } from '../../simulations/sweep/metrics.ts'
import { readResults } from '../../simulations/sweep/results.ts'
import { mergeResults, runSweep, type SweepOptions } from '../../simulations/sweep/run-sweep.ts'
import { loadSweep } from '../../simulations/sweep/sweep-file.ts'
import { pageOfSweep } from '../../simulations/sweep/sweep-page.ts'
import type { Outcome } from '../../simulations/threads/job.ts'
import { HAS_BROWSER } from '../support/browser.ts'
import { withoutUnit } from '../support/columns.ts'
import { withPage, wrongLabels } from './browser.ts'

const SWEEP = `
name: little
seeds: { from: 5, count: 1 }
scenario: { rounds: 20, committee: { members: 4 } }
axes:
  - { axis: members, values: [4, 7] }
  - { axis: strategy, values: [none, 'mute+late'] }
  - { axis: network.lossPpm, values: [0, 20000] }
`
const CELLS = 8

/** A venue is dead for half of the time, which three sources do not stand. */
const CHAIN_SWEEP = `
name: on-chain
seeds: { count: 2 }
scenario:
  rounds: 80
  committee: { members: 4 }
  prices:
    venues:
      - { name: a }
      - { name: b }
      - { name: c, incidents: [{ type: dead, fromMs: 15000, toMs: 35000 }] }
  chain: { heartbeatMs: 10000 }
axes:
  - { axis: chain.blockMs, values: [500, 2500] }
  - { axis: prices.sourcesMin, values: [2, 3] }
`

describe('a sweep', () => {
  let folder = ''
  const file = (name: string) => join(folder, name)
  const read = (name: string) => readFileSync(file(name), 'utf8')
  const never = new AbortController().signal
  const run = (options: Partial<SweepOptions>, signal = never) =>
    runSweep(
      {
        file: file('little.yaml'),
        out: file('out.jsonl'),
        table: null,
        workers: 2,
        shard: { index: 0, count: 1 },
        isJson: true,
        ...options,
      },
      signal,
    )

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sweep-'))
    writeFileSync(file('little.yaml'), SWEEP)
    const report = await run({
      out: file('whole.jsonl'),
      table: { path: file('whole.csv'), format: 'csv' },
      workers: 1,
    })
    expect(report).toMatchObject({ cells: CELLS, finished: CELLS, resumed: 0 })
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('gives the same bytes on one thread, on two, and in shards that are merged', async () => {
    await run({ out: file('two.jsonl'), workers: 2 })
    expect(read('two.jsonl')).toBe(read('whole.jsonl'))
    const parts = [0, 1, 2].map((index) => file(`part-${index}.jsonl`))
    for (const [index, out] of parts.entries()) {
      await run({ out, shard: { index, count: 3 }, workers: 1 })
    }
    mergeResults({
      parts: parts.reverse(),
      out: file('merged.jsonl'),
      table: { path: file('merged.csv'), format: 'csv' },
    })
    expect(read('merged.jsonl')).toBe(read('whole.jsonl'))
    expect(read('merged.csv')).toBe(read('whole.csv'))
    const missing = { parts: parts.slice(1), out: file('gap.jsonl'), table: null }
    expect(() => mergeResults(missing)).toThrow('2 cells have no result, among them 2, 5;')
  })

  test('goes on where it was cut off, and ends with the same bytes', async () => {
    const lines = read('whole.jsonl').split('\n')
    writeFileSync(file('cut.jsonl'), `${lines.slice(0, 5).join('\n')}\n`)
    appendFileSync(file('cut.jsonl'), (lines[5] as string).slice(0, 40))
    const report = await run({ out: file('cut.jsonl') })
    expect(report).toMatchObject({ cells: CELLS, finished: CELLS, resumed: 4 })
    expect(read('cut.jsonl')).toBe(read('whole.jsonl'))
  })

  test('a shard that goes on in the file of all counts its own cells', async () => {
    writeFileSync(file('all.jsonl'), read('whole.jsonl'))
    const report = await run({ out: file('all.jsonl'), shard: { index: 1, count: 3 } })
    expect(report).toMatchObject({ cells: 3, finished: 3, resumed: 3 })
  })

  test('a signal stops it, and what was finished is kept', async () => {
    const stop = new AbortController()
    stop.abort()
    const stopped = await run({ out: file('stopped.jsonl') }, stop.signal)
    expect(stopped).toMatchObject({ cells: CELLS, finished: 0 })
    expect(read('stopped.jsonl').split('\n')).toHaveLength(2)
  })

  test('has a column for each axis and a line for each run', () => {
    const [head, first, ...rest] = read('whole.csv').split('\r\n')
    expect(head).toMatch(
      /^members,strategy,network.lossPpm,seed,rounds,fastRounds,proposedRounds,lostRounds,/,
    )
    expect(first).toMatch(/^4,none,0,5,20,20,0,0,/)
    expect(rest).toHaveLength(CELLS)
  })

  test('shows the two main axes as a map and as bars or lines, for each of the others', () => {
    const page = pageOfSweep(readResults(file('whole.jsonl')), metricsNamed(undefined))
    const figures = figuresOf(page)
    const map = figures.find(({ id }) => id === 'first-mean-ms-2-map')
    expect(map).toMatchObject({ title: expect.stringContaining('network.lossPpm 20000') })
    expect(map?.plot).toMatchObject({
      x: { label: 'members', names: ['4', '7'] },
      y: { label: 'strategy', names: ['none', 'mute+late'] },
    })
    const columns = (read('whole.csv').split('\r\n')[2] ?? '').split(',')
    expect(columns.slice(0, 3)).toEqual(['4', 'none', '20000'])
    const cells = map?.plot.type === 'heat' ? map.plot.cells : []
    expect(cells[0]?.[0]?.value).toBe(Number(columns[8]))
    const lines = figures.find(({ id }) => id === 'first-mean-ms-1')?.plot
    expect(lines).toMatchObject({ type: 'lines', series: [{ name: 'strategy none' }, {}] })
    const whole = page.parts.flatMap((part) => (part.type === 'html' ? part.html : []))
    expect(whole.join()).toContain('<summary>Sweep, as a file</summary><pre>name: little\n')
    const points = tablesOf(page).find(({ id }) => id === 'points')?.table.rows
    expect(points).toHaveLength(CELLS)
    expect(points?.[0]?.slice(0, 4)).toEqual([4, 'none', 0, 1])
  })

  test('draws what became of values on chain, and on request everything', async () => {
    writeFileSync(file('chain.yaml'), CHAIN_SWEEP)
    await run({ file: file('chain.yaml'), out: file('chain.jsonl') })
    const results = readResults(file('chain.jsonl'))
    const drawn = (metrics?: string) => {
      const page = pageOfSweep(results, metricsNamed(metrics))
      return { page, ids: figuresOf(page).map(({ id }) => id) }
    }
    const { page, ids } = drawn()
    const chain = ['due-p50-ms', 'due-p99-ms', 'delivery-gas', 'delivery-fee-gwei', 'late-percent']
    const wanted = [...chain, 'unavailable-percent']
    expect(ids).toEqual(expect.arrayContaining(wanted.flatMap((id) => [`${id}-map`, id])))
    expect(ids).not.toContain('due-mean-ms')
    for (const { table } of tablesOf(page)) {
      // Axes are called as the scenario calls them.
      const axes = table.columns.slice(results.head.axes.length)
      expect(withoutUnit({ ...table, columns: axes })).toEqual([])
    }
    const map = figuresOf(page).find(({ id }) => id === 'delivery-gas-map')?.plot
    const [first, second] = results.finished.values()
    const gasOf = (outcome: Outcome | undefined) => {
      const { gas, transactions } = outcome?.chain ?? {}
      return (gas?.used ?? 0) / ((transactions?.stored ?? 0) - (transactions?.needless ?? 0))
    }
    const mean = (gasOf(first?.outcome) + gasOf(second?.outcome)) / 2
    expect(map?.type === 'heat' ? map.cells[0]?.[0]?.value : null).toBeCloseTo(mean, 6)
    const away = figuresOf(page).find(({ id }) => id === 'unavailable-percent-map')?.plot
    const shares = away?.type === 'heat' ? away.cells.flat().map((cell) => cell?.value ?? -1) : []
    // Rows are the sources that members need.
    expect(shares.slice(0, 2)).toEqual([0, 0])
    expect(Math.min(...shares.slice(2))).toBeGreaterThan(20)
    expect(drawn('due-mean-ms').ids).toEqual(['due-mean-ms-map', 'due-mean-ms'])
    const said = ({ parts }: Page) =>
      parts.flatMap((part) => (part.type === 'paragraph' ? part.text : []))
    const noRun = 'No run has: spent on venues (k$).'
    expect(said(drawn('spent-kusd,due-mean-ms').page)).toContain(noRun)
    expect(said(page).join()).not.toContain('No run has')
    expect(drawn('all').ids.length).toBeGreaterThan(ids.length)
    const points = tablesOf(page).find(({ id }) => id === 'points')?.table.columns
    // What no run has, such as of attacks on venues, has no column.
    const outcomes = [...results.finished.values()].map(({ outcome }) => outcome)
    const had = METRICS.filter(({ read }) => outcomes.some((each) => read(each) !== null))
    expect(had.length).toBeLessThan(METRICS.length)
    expect(points?.map(({ name }) => name)).toEqual(expect.arrayContaining(had.map(({ id }) => id)))
    expect(() => metricsNamed('fast-percent,slow')).toThrow(
      '--metrics names slow, and must name all, or',
    )
  })

  test('report writes a folder of a sweep that was run before', async () => {
    const report = LONG_COMMANDS.get('report')
    const answer = await report?.([file('whole.jsonl'), '--out', file('shown')], never)
    expect(answer?.output).toBe(file('shown/report.html'))
    const files = readdirSync(file('shown'))
    const wanted = [
      'report.html',
      'first-mean-ms-1.svg',
      'first-mean-ms-1-map.svg',
      'points.csv',
      'points.csv.origin.json',
    ]
    expect(files).toEqual(expect.arrayContaining(wanted))
    const troubles = HAS_BROWSER
      ? await withPage(file('shown/report.html'), async (page) => {
          expect(await wrongLabels(page)).toEqual([])
        })
      : []
    expect(troubles).toEqual([])
  })

  test('refuses results of another sweep', async () => {
    writeFileSync(file('other.yaml'), SWEEP.replace('from: 5', 'from: 6'))
    const wrong = run({ file: file('other.yaml'), out: file('whole.jsonl') })
    await expect(wrong).rejects.toMatchObject({ code: 'RESULTS_INVALID' })
  })

  /** The lines of the whole sweep, changed, as a file; what is right stays as it was. */
  const altered = (name: string, change: (line: string, at: number) => string) => {
    const lines = read('whole.jsonl').trimEnd().split('\n')
    writeFileSync(file(name), `${lines.map(change).join('\n')}\n`)
    return file(name)
  }
  const refused = (what: RegExp) => ({
    code: 'RESULTS_INVALID',
    message: expect.stringMatching(what),
  })

  test.each([
    ['last', (text: string) => text.replace(/"last":\{[^}]*\},?/, '')],
    ['withoutResult', (text: string) => text.replace(/"withoutResult":[^,]*,/, '')],
  ])('refuses runs of a version that did not write %s', async (name, change) => {
    const old = altered(`no-${name}.jsonl`, change)
    const report = LONG_COMMANDS.get('report')
    const wrong = report?.([old, '--out', file('old')], never)
    await expect(wrong).rejects.toMatchObject(refused(/line 2 is no run as this version writes/))
  })

  test('refuses a file of another form of results, and says which', async () => {
    const report = LONG_COMMANDS.get('report')
    const first = altered('form-1.jsonl', (line, at) =>
      at === 0 ? line.replace('"format":2,', '') : line,
    )
    const wrong = report?.([first, '--out', file('old')], never)
    await expect(wrong).rejects.toMatchObject(refused(/has the form 1, and this version reads 2/))
    const unlike = altered('form-2.jsonl', (line, at) =>
      at === 0 ? line.replace(/"command":"[^"]*",/, '') : line,
    )
    const less = report?.([unlike, '--out', file('old')], never)
    await expect(less).rejects.toMatchObject(refused(/does not begin as this version writes it/))
  })

  test('says by which command it was made, and holds a sweep file that makes it again', async () => {
    const head = JSON.parse(read('whole.jsonl').split('\n')[0] ?? '')
    expect(head.command).toBe(`npm run sim -- sweep ${file('little.yaml')}`)
    writeFileSync(file('again.yaml'), JSON.stringify(head.definition))
    const again = loadSweep(file('again.yaml'))
    expect(again.digest).toBe(head.digest)
    expect(again.definition).toEqual(head.definition)
    const { commit, command, definition } = head
    const csv = JSON.parse(read('whole.csv.origin.json'))
    expect(csv).toMatchObject({ file: 'whole.csv', commit, command, definition })
  })

  test('says in a table of a shard that it is of one', async () => {
    const table = { path: file('shard.csv'), format: 'csv' } as const
    await run({ out: file('shard.jsonl'), table, shard: { index: 1, count: 4 } })
    const { command } = JSON.parse(read('shard.csv.origin.json'))
    expect(command).toBe(`npm run sim -- sweep ${file('little.yaml')} --shard 1/4`)
  })

  test('refuses to go on with results that do not say of which code they are', async () => {
    const named = (commit: string) => (line: string, at: number) =>
      at === 0 ? line.replace(/"commit":"[^"]*"/, `"commit":"${commit}"`) : line
    for (const commit of ['unknown', `${'c'.repeat(40)}-dirty`]) {
      const out = altered('unsaid.jsonl', named(commit))
      await expect(run({ out })).rejects.toMatchObject(refused(/: these results are of other code/))
      const merge = () => mergeResults({ parts: [out], out: file('said.jsonl'), table: null })
      expect(merge).toThrow(/does not say of which code/)
    }
    const exact = altered('marked.jsonl', named(`${'c'.repeat(40)}-dirty-0123456789ab`))
    const merged = mergeResults({ parts: [exact], out: file('said.jsonl'), table: null })
    expect(merged.finished).toBe(CELLS)
  })

  test('a merge refuses two results of one cell that differ, and names the cell', () => {
    const other = altered('other.jsonl', (line, at) =>
      at === 4 ? line.replace(/"traceHash":"[^"]*"/, '"traceHash":"0"') : line,
    )
    const whole = file('whole.jsonl')
    const merge = (parts: readonly string[]) => () =>
      mergeResults({ parts, out: file('twice.jsonl'), table: null })
    expect(merge([whole, whole])().finished).toBe(CELLS)
    expect(merge([whole, other])).toThrow('cell 3 (seed 5) has two results that differ')
    appendFileSync(other, `${read('whole.jsonl').split('\n')[4]}\n`)
    expect(merge([other])).toThrow('cell 3 (seed 5) has two results that differ')
  })

  test('lists every problem of a file at once, with the values that have it', async () => {
    const text = SWEEP.replace('[4, 7]', '[4, 40]').replace('mute+', 'sleep+')
    writeFileSync(file('wrong.yaml'), text)
    const error = await run({ file: file('wrong.yaml') }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(InputError)
    const messages = (error as InputError).problems.map(({ message }) => message)
    // Once each, not with every value of the other axes.
    expect(messages).toHaveLength(2)
    expect(messages[0]).toMatch(/^strategy "sleep" is none of .*\(with strategy sleep\+late\)$/)
    expect(messages[1]).toMatch(/ \(with members 40\)$/)
  })

  const problemsOf = async (text: string): Promise<readonly string[]> => {
    writeFileSync(file('form.yaml'), text)
    const error = await run({ file: file('form.yaml') }).catch((reason: unknown) => reason)
    return (error as InputError).problems.map(({ path, message }) => `${path}: ${message}`)
  }

  test('a form that is wrong hides nothing of scenario and axes', async () => {
    const text = SWEEP.replace('seeds:', 'seds:')
      .replace('lossPpm, values', 'losPpm, values')
      .replace('mute+', 'mut+')
    expect(await problemsOf(text)).toEqual([
      'seeds: is missing; must be of type object',
      'seds: is no key that is known here; did you mean seeds?',
      'network.losPpm: is no key that is known here; did you mean lossPpm?',
      expect.stringMatching(/^axes: strategy "mut" is none of .*; did you mean mute\?/),
    ])
    const nowhere = SWEEP.replace(/scenario: .*\n/, 'scenario: nowhere.yaml\n')
    expect(await problemsOf(nowhere.replace('seeds:', 'seds:'))).toHaveLength(3)
  })

  test('what an axis that cannot be read may have given is not called missing', async () => {
    const text = SWEEP.replace('axis: members, values:', 'axis: members, value:').replace(
      'lossPpm, values',
      'losPpm, values',
    )
    expect(await problemsOf(text.replace(', committee: { members: 4 }', ''))).toEqual([
      'axes.0.values: is missing; must be of type array',
      'axes.0.value: is no key that is known here; did you mean values?',
      'network.losPpm: is no key that is known here; did you mean lossPpm?',
    ])
  })

  test('too many runs, one axis twice and a scenario without a form are told at once', async () => {
    const again = 'axes:\n  - { axis: seed, values: [1] }\n  - { axis: seed, values: [1] }'
    const text = SWEEP.replace(/count: \d+/, 'count: 200000').replace('axes:', again)
    expect(await problemsOf(text.replace(/scenario: .*\n/, 'scenario: 7\n'))).toEqual([
      'scenario: must be the path of a scenario file, or a scenario',
      'axes: must not vary one thing twice',
      expect.stringMatching(/^axes: makes \d+ runs; at most 200000$/),
    ])
  })

  test('a value that means nothing hides no other problem', async () => {
    const text = SWEEP.replace('lossPpm, values', 'losPpm, values').replace(
      'axes:',
      'axes:\n  - { axis: faulty, values: [f, f+7] }',
    )
    writeFileSync(file('hidden.yaml'), text.replace('[4, 7]', '[4, seven]'))
    const error = await run({ file: file('hidden.yaml') }).catch((reason: unknown) => reason)
    expect((error as InputError).problems).toMatchObject([
      {
        path: 'network.losPpm',
        message: 'is no key that is known here; did you mean lossPpm?',
      },
      { path: 'committee.members', message: expect.stringMatching(/\(with members seven\)$/) },
      { path: 'axes', message: expect.stringMatching(/^faulty must .*\(with faulty f\+7\)$/) },
    ])
  })
})
