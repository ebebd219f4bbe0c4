import { describe, expect, test } from 'vitest'
import { drawFigure } from '../../../simulations/report/figure/draw.ts'
import type { Figure, LanePlot, StripPlot } from '../../../simulations/report/figure/figure.ts'
import { levelsOf } from '../../../simulations/report/figure/frame.ts'
import { exactScaleOf, logScaleOf, scaleOf } from '../../../simulations/report/figure/scale.ts'

function drawn(plot: Figure['plot'], origin?: string): string {
  return drawFigure({ id: 'test', title: 'A test', caption: '', plot }, origin)
}

/** What is in an attribute of the first element that has it. */
function attribute(svg: string, name: string): string {
  const value = new RegExp(` ${name}="([^"]*)"`).exec(svg)?.[1] ?? ''
  return value.replaceAll('&quot;', '"')
}

describe('scales', () => {
  test('marks stand at round numbers, around all values', () => {
    const scale = scaleOf([3, 97], [0, 100], 6)
    expect(scale.ticks).toEqual([0, 20, 40, 60, 80, 100])
    expect([scale.low, scale.high, scale.at(50)]).toEqual([0, 100, 50])
  })

  test('a vertical scale runs upwards', () => {
    const scale = scaleOf([0, 10], [300, 100], 5)
    expect([scale.at(0), scale.at(10)]).toEqual([300, 100])
  })

  test('values that are all the same still have a scale', () => {
    for (const value of [0, 7, -7, 60_000.5]) {
      const scale = scaleOf([value, value], [0, 100], 6)
      expect(scale.low).toBeLessThanOrEqual(value)
      expect(scale.high).toBeGreaterThan(scale.low)
      expect(Number.isFinite(scale.at(value))).toBe(true)
    }
  })

  test('given ends stay as they are, with marks between them', () => {
    const scale = exactScaleOf([4, 34], [0, 300], 8)
    expect([scale.at(4), scale.at(34)]).toEqual([0, 300])
    expect(scale.ticks).toEqual([5, 10, 15, 20, 25, 30])
  })

  test('powers of ten are equally far apart, and nothing falls out below', () => {
    const scale = logScaleOf([0.02, 50], [0, 400])
    expect(scale.ticks).toEqual([0.01, 0.1, 1, 10, 100])
    expect([scale.at(1), scale.at(0)]).toEqual([200, 0])
  })

  test('labels have the digits of their step, groups of thousands and a minus', () => {
    const label = (low: number, high: number, tick: number) =>
      scaleOf([low, high], [0, 1], 5).label(tick)
    expect(label(0, 1, 0.4)).toBe('0.4')
    expect(label(0, 60_000, 20_000)).toBe('20\u2009000')
    expect(label(-4, 4, -2)).toBe('−2')
    expect(label(60_000, 60_000.01, 60_000.002)).toBe('60\u2009000.002')
  })
})

describe('labels along an axis', () => {
  test('those that would meet stand in rows of their own', () => {
    const labels = [0, 30, 45, 80].map((left) => ({ left, width: 40 }))
    expect(levelsOf(labels)).toEqual([0, 1, 2, 0].map((level, at) => (at === 2 ? 2 : level)))
    expect(
      levelsOf([
        { left: 50, width: 10 },
        { left: 0, width: 10 },
      ]),
    ).toEqual([0, 0])
  })
})

const STRIP: StripPlot = {
  type: 'strip',
  x: { label: 'round', range: [0, 100], isRounds: true },
  y: null,
  categories: [
    { name: 'fast', colour: '#a8d5ba' },
    { name: 'lost', colour: '#7f0f1c', isHatched: true },
    { name: 'never', colour: '#000000' },
  ],
  rowHeight: 42,
  rows: [
    {
      name: '',
      cells: [
        { from: 0, to: 10, counts: [10, 0, 0] },
        { from: 10, to: 20, counts: [10, 0, 0] },
        { from: 20, to: 30, counts: [5, 5, 0] },
        { from: 30, to: 30.0001, counts: [0, 1, 0] },
      ],
    },
  ],
}

describe('a strip', () => {
  const svg = drawn(STRIP)
  const pathOf = (series: number) => {
    const group = svg.split(`<g data-series="${series}">`)[1] ?? ''
    return attribute(group, 'd')
  }

  test('joins neighbours that are alike, and stacks shares from below', () => {
    const [first, second, ...more] = pathOf(0).match(/M[^M]+/g) ?? []
    expect(more).toEqual([])
    const [left, right] = attribute(svg, 'data-area').split(' ').map(Number) as [number, number]
    const width = (right - left) / 5
    expect(Number(/h([\d.]+)/.exec(first ?? '')?.[1])).toBeCloseTo(width, 1)
    // The row is 40 pixels high: half of it is fast, and lies below the other half.
    expect(Number(/v([\d.]+)/.exec(second ?? '')?.[1])).toBe(20)
    const top = (path: string | undefined) => Number(/M[\d.]+ ([\d.]+)/.exec(path ?? '')?.[1])
    expect(top(second)).toBe(top(pathOf(1).match(/M[^M]+/g)?.[0]) + 20)
  })

  test('shows what is thinner than a pixel', () => {
    expect(pathOf(1).match(/M[^M]+/g)?.[1]).toContain('h1v')
  })

  test('names only what is there, and tells a pointer all of it', () => {
    expect(svg).not.toContain('>never<')
    expect(JSON.parse(attribute(svg, 'data-rows'))).toEqual({
      of: '',
      categories: ['fast', 'lost', 'never'],
      rows: [
        {
          name: '',
          cells: [
            [0, 20, 0],
            [20, 30, [5, 5, 0]],
            [30, 30.0001, 1],
          ],
        },
      ],
    })
  })
})

describe('lines', () => {
  const plot = (points: readonly { readonly x: number; readonly y: number | null }[]) =>
    drawn({
      type: 'lines',
      x: { label: 'x' },
      y: { label: 'y' },
      series: [{ name: 'a', points }],
      shaded: { name: 'a fault', spans: [{ name: 'cut', from: 1, to: 1.0001 }] },
    })

  test('break where there is no value', () => {
    const values = [1, 2, null, 3, 4].map((y, x) => ({ x, y }))
    const d = attribute(plot(values).split('data-series="0"')[1] ?? '', 'd')
    expect(d.match(/M/g)).toHaveLength(2)
    expect(d).not.toContain('NaN')
  })

  test('without any value are still a figure', () => {
    expect(plot([{ x: 0, y: null }])).not.toMatch(/NaN|Infinity/)
  })

  test('an interval widens the axis and is told to a pointer', () => {
    const points = [{ x: 1, y: 5, interval: [2, 19] as const }]
    const svg = plot(points)
    expect(svg).toContain('>20<')
    expect(attribute(svg, 'data-points')).toBe('[[1,5,2,19]]')
  })

  test('marks stand where an axis says, and nowhere else', () => {
    const series = [{ name: 'a', points: [4, 7, 31].map((x) => ({ x, y: 1 })) }]
    const x = { label: 'members', isFree: true, ticks: [4, 7, 31] }
    const svg = drawn({ type: 'lines', x, y: { label: 'ms' }, series })
    const marks = [...svg.matchAll(/text-anchor="middle"[^>]*>(\d+)</g)].map(([, text]) => text)
    expect(marks).toEqual(['4', '7', '31'])
  })

  test('a short fault is still seen', () => {
    const shade =
      plot([
        { x: 0, y: 1 },
        { x: 9, y: 2 },
      ]).split('data-spans')[1] ?? ''
    expect(Number(attribute(shade, 'width'))).toBe(1.5)
  })
})

describe('lanes', () => {
  const plot: LanePlot = {
    type: 'lanes',
    x: { label: 'time (ms)', range: [0, 100] },
    y: 'member',
    categories: [
      { name: 'says', colour: '#0072b2', shape: 'circle' },
      { name: 'holds', colour: '#1a1a1a', shape: 'square' },
    ],
    rows: [
      { name: '0', marks: [{ x: 10, category: 0 }] },
      { name: '1', marks: [{ x: 400, category: 1 }] },
    ],
    moments: [{ name: 'voteMs', x: 240 }],
  }

  test('what lies beyond the axis is told, not drawn', () => {
    const svg = drawn(plot)
    expect(svg).toContain('data-series="0"><path')
    expect(svg).not.toContain('data-series="1"><path')
    expect(svg).not.toContain('voteMs')
    expect(attribute(svg, 'data-lanes')).toContain('[400,1,""]')
  })
})

describe('a heat map', () => {
  const plot = (size: number) =>
    drawn({
      type: 'heat',
      x: { label: 'to', names: Array.from({ length: size }, (_, at) => String(at)) },
      y: { label: 'from', names: ['0'] },
      cells: [Array.from({ length: size }, (_, at) => ({ value: at, text: `${at}00.0` }))],
      value: 'delay (ms)',
      isDiverging: false,
    })

  test('writes numbers where they fit, else says what colours mean', () => {
    expect(plot(4)).toContain('>300.0<')
    expect(plot(4)).not.toContain('Colours:')
    expect(plot(31)).not.toContain('>300.0<')
    expect(plot(31)).toContain('Colours: delay (ms)')
  })

  test('parts profit from loss with a line, and nothing from either with none', () => {
    const parted = (values: readonly (number | null)[]) =>
      drawn({
        type: 'heat',
        x: { label: 'to', names: values.map((_, at) => String(at)) },
        y: { label: 'from', names: ['0'] },
        cells: [values.map((value) => (value === null ? null : { value, text: `${value}` }))],
        value: 'left (thousands of US dollars)',
        isDiverging: true,
      }).split('stroke-width="2.5"').length - 1
    expect(parted([-1, 1, 2, -2])).toBe(2)
    expect(parted([1, null, -1, null, 1])).toBe(0)
  })
})

test('a figure says how to make it again, and escapes that', () => {
  expect(drawn(STRIP, 'sim x <y>')).toContain('<desc>sim x &lt;y&gt;</desc>')
})
