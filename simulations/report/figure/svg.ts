import { escapeHtml } from '../text.ts'

/** Size of every figure, in CSS pixels: two columns of a paper. */
export const WIDTH = 760
export const FONT = 'Helvetica, Arial, &quot;DejaVu Sans&quot;, sans-serif'
export const INK = '#1a1a1a'
export const SOFT = '#555555'
export const GRID = '#e2e2e2'
export const PAPER = '#ffffff'
/** Shades a stretch; what might have been there; where there is nothing to show. */
export const SHADE = '#d0d0d0'
export const ABSENT = '#e6e6e6'
export const NOTHING = '#f4f4f4'
/** What is down: darker than any colour, on a dark screen lighter. */
export const DOWN = '#1f1f1f'

/** Okabe and Ito: told apart by people who see colours differently. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000']

/** What colours become on a dark screen; a saved image has those of paper. */
const ON_DARK: ReadonlyMap<string, string> = new Map([
  [INK, '#e5e9ef'],
  [SOFT, '#a9b3c0'],
  [GRID, '#2e3742'],
  [PAPER, '#14181e'],
  [SHADE, '#4a5563'],
  [ABSENT, '#3d4753'],
  [NOTHING, '#1e242c'],
  [DOWN, '#e8e8e8'],
  ['#0072b2', '#4aa3df'],
  ['#d55e00', '#f0803c'],
  ['#009e73', '#2fc79b'],
  ['#cc79a7', '#dd97bd'],
  ['#000000', '#f2f4f7'],
])

/** Style of figures in a page on a dark screen. */
export function darkStyle(): string {
  return [...ON_DARK]
    .flatMap(([paper, dark]) =>
      ['fill', 'stroke'].map((paint) => `.drawing [${paint}="${paper}"] { ${paint}: ${dark}; }`),
    )
    .join('\n')
}
/** For print without colours. */
const DASHES = ['', '7 3', '2 3', '9 3 2 3', '4 2', '1 2', '12 4']

export function colourOf(index: number): string {
  return COLOURS[index % COLOURS.length] as string
}

export function dashOf(index: number): string {
  return DASHES[index % DASHES.length] as string
}

type Attributes = Readonly<Record<string, string | number | undefined>>

/** An element with its attributes; numbers are cut to hundredths of a pixel. */
export function element(name: string, attributes: Attributes, inside = ''): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      const text = typeof value === 'number' ? rounded(value) : (value ?? '')
      return ` ${key}="${key === 'font-family' ? text : escapeHtml(text)}"`
    })
    .join('')
  return inside === '' ? `<${name}${written}/>` : `<${name}${written}>${inside}</${name}>`
}

export function rounded(value: number): string {
  return String(Math.round(value * 100) / 100)
}

export interface TextOptions {
  readonly x: number
  readonly y: number
  readonly size?: number
  readonly anchor?: 'start' | 'middle' | 'end'
  readonly weight?: 'bold'
  readonly fill?: string
  readonly turned?: boolean
  /** A white edge keeps it readable where lines cross it. */
  readonly isOnLines?: boolean
}

export function text(content: string, options: TextOptions): string {
  const { x, y, size = 12, anchor = 'start', weight, fill = INK, turned = false } = options
  const { isOnLines = false } = options
  const transform = turned ? `rotate(-90 ${rounded(x)} ${rounded(y)})` : undefined
  const attributes = {
    x,
    y,
    'font-size': size,
    'text-anchor': anchor,
    'font-weight': weight,
    fill,
    transform,
    ...(isOnLines ? { stroke: PAPER, 'stroke-width': 3, 'paint-order': 'stroke' } : {}),
  }
  return element('text', attributes, escapeHtml(content))
}

/** Width of a text, a little above what common sans-serif fonts take. */
export function widthOf(content: string, size = 12): number {
  let units = 0
  for (const character of content) {
    if ('iljtfr.,:;|!()[] 1'.includes(character)) units += 0.36
    else if ('mwMW%—'.includes(character)) units += 0.92
    else units += /[A-Z]/.test(character) ? 0.72 : 0.59
  }
  return units * size
}

/** A text in lines that are no wider than so many pixels, broken between words. */
export function wrapped(
  content: string,
  { width, size }: { readonly width: number; readonly size: number },
): readonly string[] {
  const lines: string[] = []
  for (const word of content.split(' ')) {
    const joined = `${lines.at(-1) ?? ''} ${word}`
    if (lines.length > 0 && widthOf(joined, size) <= width) lines[lines.length - 1] = joined
    else lines.push(word)
  }
  return lines
}

export function lineBetween(
  from: readonly [number, number],
  to: readonly [number, number],
  attributes: Attributes,
): string {
  return element('line', { x1: from[0], y1: from[1], x2: to[0], y2: to[1], ...attributes })
}
