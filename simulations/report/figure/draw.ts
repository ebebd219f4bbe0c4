import { escapeHtml } from '../text.ts'
import { drawBars } from './bars.ts'
import type { Figure, Plot } from './figure.ts'
import { drawHeat } from './heat.ts'
import { drawLanes } from './lanes.ts'
import { type Drawn, drawLines } from './lines.ts'
import { drawStrip } from './strip.ts'
import { element, FONT, PAPER, text, WIDTH, wrapped } from './svg.ts'

const TITLE_Y = 26
const TITLE_SIZE = 15
const TITLE_LINE = 20
const TITLE_MARGIN = 16
/** Bold letters beside the others, in the widest of the usual fonts. */
const BOLD = 1.2
/** Where a plot begins below a title of one line. */
const TOP = 50

/**
 * A figure as an SVG image that needs nothing else.
 *
 * @param origin how to make it again, for whoever finds the file alone
 */
export function drawFigure({ id, title, plot }: Figure, origin = ''): string {
  const room = { width: (WIDTH - 2 * TITLE_MARGIN) / BOLD, size: TITLE_SIZE }
  const lines = wrapped(title, room)
  const { svg, height } = drawPlot(plot, { top: TOP + TITLE_LINE * (lines.length - 1), id })
  const description = origin === '' ? '' : element('desc', {}, escapeHtml(origin))
  const background = element('rect', { width: WIDTH, height, fill: PAPER })
  const heading = lines.map((line, at) => {
    const y = TITLE_Y + TITLE_LINE * at
    return text(line, { x: TITLE_MARGIN, y, size: TITLE_SIZE, weight: 'bold' })
  })
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    id: `figure-${id}`,
    viewBox: `0 0 ${WIDTH} ${Math.ceil(height)}`,
    width: WIDTH,
    height: Math.ceil(height),
    'font-family': FONT,
    role: 'img',
    'aria-label': title,
  }
  return element('svg', attributes, `\n${[description, background, ...heading, svg].join('\n')}\n`)
}

function drawPlot(plot: Plot, { top, id }: { readonly top: number; readonly id: string }): Drawn {
  switch (plot.type) {
    case 'lines':
      return drawLines(plot, top)
    case 'bars':
      return drawBars(plot, top)
    case 'heat':
      return drawHeat(plot, top)
    case 'strip':
      return drawStrip(plot, { top, id })
    case 'lanes':
      return drawLanes(plot, top)
  }
}
