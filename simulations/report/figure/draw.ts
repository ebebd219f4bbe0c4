import { drawBars } from './bars.ts'
import type { Figure, Plot } from './figure.ts'
import { drawHeat } from './heat.ts'
import { type Drawn, drawLines } from './lines.ts'
import { element, FONT, text, WIDTH } from './svg.ts'

const TITLE_Y = 26
const TOP = 50

/** A figure as an SVG image that needs nothing else. */
export function drawFigure({ id, title, plot }: Figure): string {
  const { svg, height } = drawPlot(plot)
  const background = element('rect', { width: WIDTH, height, fill: '#ffffff' })
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
  return element('svg', attributes, `\n${[background, heading, svg].join('\n')}\n`)
}

function drawPlot(plot: Plot): Drawn {
  switch (plot.type) {
    case 'lines':
      return drawLines(plot, TOP)
    case 'bars':
      return drawBars(plot, TOP)
    case 'heat':
      return drawHeat(plot, TOP)
  }
}
