import { escapeHtml } from '../text.ts'
import { drawBars } from './bars.ts'
import type { Figure, Plot } from './figure.ts'
import { drawHeat } from './heat.ts'
import { drawLanes } from './lanes.ts'
import { type Drawn, drawLines } from './lines.ts'
import { drawStrip } from './strip.ts'
import { element, FONT, PAPER, text, WIDTH } from './svg.ts'

const TITLE_Y = 26
const TOP = 50

/**
 * A figure as an SVG image that needs nothing else.
 *
 * @param origin how to make it again, for whoever finds the file alone
 */
export function drawFigure({ id, title, plot }: Figure, origin = ''): string {
  const { svg, height } = drawPlot(plot, id)
  const description = origin === '' ? '' : element('desc', {}, escapeHtml(origin))
  const background = element('rect', { width: WIDTH, height, fill: PAPER })
  const heading = text(title, { x: 16, y: TITLE_Y, size: 15, weight: 'bold' })
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
  return element('svg', attributes, `\n${[description, background, heading, svg].join('\n')}\n`)
}

function drawPlot(plot: Plot, id: string): Drawn {
  switch (plot.type) {
    case 'lines':
      return drawLines(plot, TOP)
    case 'bars':
      return drawBars(plot, TOP)
    case 'heat':
      return drawHeat(plot, TOP)
    case 'strip':
      return drawStrip(plot, { top: TOP, id })
    case 'lanes':
      return drawLanes(plot, TOP)
  }
}
