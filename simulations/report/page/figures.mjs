/* global document, XMLSerializer, Blob, URL, Image */
// Runs in the browser of a reader, inlined into a page whose figures are in it as SVG.

const PNG_TIMES = 3
const SVG = 'http://www.w3.org/2000/svg'

const save = (name, href) => {
  const link = document.createElement('a')
  link.download = name
  link.href = href
  link.click()
}

function tipIn(drawing) {
  const tip = document.createElement('div')
  tip.className = 'tip'
  tip.hidden = true
  drawing.append(tip)
  const show = (text, event) => {
    const box = drawing.getBoundingClientRect()
    tip.textContent = text
    tip.hidden = false
    const x = event.clientX - box.left
    // Of what is seen: on a narrow screen the figure is wider than its view.
    const view = drawing.parentElement.getBoundingClientRect()
    const isLeft = event.clientX < view.left + view.width / 2
    tip.style.left = isLeft ? `${x + 14}px` : 'auto'
    tip.style.right = isLeft ? 'auto' : `${box.width - x + 14}px`
    tip.style.top = `${Math.max(0, event.clientY - box.top - 12)}px`
  }
  const hide = () => {
    tip.hidden = true
  }
  return { show, hide }
}

const inWords = (value) => String(Number(value.toPrecision(7)))
const whole = (value) => String(Math.floor(value + 1e-6))

/** The last point at or before an x; of rounds, in whose middle points are, the nearest. */
function pointAt(points, x, isRounds) {
  const after = points.findIndex((point) => point[0] > x)
  const before = (after === -1 ? points.length : after) - 1
  const [last = null, next] = [points[before], points[before + 1]]
  if (!isRounds || next === undefined) return last
  return last === null || next[0] - x < x - last[0] ? next : last
}

/** A value, an interval, or a value with its interval; null where there is a gap. */
function valueInWords([, ...values]) {
  if (values[0] === null) return null
  const [first, second, third] = values.map(inWords)
  if (third !== undefined) return `${first} (${second} to ${third})`
  return second === undefined ? first : `${first} to ${second}`
}

function spansAt(svg, x) {
  const spans = JSON.parse(svg.querySelector('[data-spans]')?.dataset.spans ?? '[]')
  return spans.flatMap(([from, to, name]) => (x >= from && x <= to ? [name] : []))
}

/** What every curve shows where the pointer is. */
function readCurves(svg) {
  const curves = [...svg.querySelectorAll('[data-points]')]
    .sort((a, b) => a.dataset.series - b.dataset.series)
    .map((group) => ({
      group,
      points: JSON.parse(group.dataset.points).sort((a, b) => a[0] - b[0]),
    }))
  return ({ x, label, isRounds }) => {
    const lines = curves.flatMap(({ group, points }) => {
      const point = pointAt(points, x, isRounds)
      if (point === null || group.classList.contains('hidden')) return []
      const value = valueInWords(point)
      return value === null ? [] : [`${group.dataset.name}: ${value}`]
    })
    return [`${label}: ${isRounds ? whole(x) : inWords(x)}`, ...lines, ...spansAt(svg, x)]
  }
}

/** What a strip shows where the pointer is. */
function readRows({ of, categories, rows }) {
  return ({ x, row, label, isRounds }) => {
    const { name, cells } = rows[row]
    const at = isRounds ? whole(x) : inWords(x)
    return [
      [`${label}: ${at}`, `${of} ${name}`.trim()].filter((part) => part !== '').join(', '),
    ].concat(
      cells.flatMap(([from, to, what, more]) => {
        if (x < from || x >= to) return []
        const isOne = !Array.isArray(what)
        const counts = isOne
          ? [categories[what]]
          : what.flatMap((count, at) => {
              return count > 0 ? [`${categories[at]}: ${count}`] : []
            })
        const isMany = isRounds && to - from > 1 && more === undefined
        const first = isMany ? [`rounds ${whole(from)} to ${whole(to - 1)}`] : []
        return [...first, ...(more === undefined ? counts : [more])]
      }),
    )
  }
}

/** Marks of a lane that are as near as a finger. */
const NEAR_PX = 5

function readLanes({ of, categories, rows }) {
  return ({ x, row, label, perPx }) => {
    const { name, marks } = rows[row]
    const near = marks.filter((mark) => Math.abs(mark[0] - x) <= NEAR_PX * perPx)
    const lines = near
      .slice(0, 12)
      .map(([at, category, more]) => `${inWords(at)}: ${categories[category]}${more && ` ${more}`}`)
    return [`${label}: ${inWords(x)}, ${of} ${name}`, ...lines]
  }
}

/** Shows what a figure says where the pointer is. */
function follow(svg, area, tip) {
  const [left, right, top, bottom] = area.dataset.area.split(' ').map(Number)
  const [low, high] = area.dataset.x.split(' ').map(Number)
  const rows = svg.querySelector('[data-rows]')?.dataset.rows
  const lanes = svg.querySelector('[data-lanes]')?.dataset.lanes
  const data = JSON.parse(rows ?? lanes ?? 'null')
  const read =
    data === null ? readCurves(svg) : rows === undefined ? readLanes(data) : readRows(data)
  const hair = lineIn(svg, { y1: top, y2: bottom, stroke: '#888888' })
  const isRounds = area.dataset.rounds !== undefined
  svg.addEventListener('pointermove', (event) => {
    const box = svg.getBoundingClientRect()
    const scale = svg.viewBox.baseVal.width / box.width
    const [px, py] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale]
    if (px < left || px > right || py < top || py > bottom) {
      hair.style.display = 'none'
      tip.hide()
      return
    }
    const perPx = (high - low) / (right - left)
    const x = low + (px - left) * perPx
    const count = data?.rows.length ?? 1
    const row = Math.min(count - 1, Math.floor(((py - top) / (bottom - top)) * count))
    hair.style.display = ''
    hair.setAttribute('x1', px)
    hair.setAttribute('x2', px)
    tip.show(read({ x, row, label: area.dataset.xLabel, isRounds, perPx }).join('\n'), event)
  })
  svg.addEventListener('pointerleave', () => {
    hair.style.display = 'none'
    tip.hide()
  })
}

/** A line that is not there until it is wanted, and in no saved image. */
function lineIn(svg, attributes) {
  const line = document.createElementNS(SVG, 'line')
  for (const [key, value] of Object.entries(attributes)) line.setAttribute(key, value)
  line.classList.add('pointer')
  line.style.display = 'none'
  svg.append(line)
  return line
}

/** Marks a round in every figure over rounds, and shows the one that is about it. */
function jumpTo(round) {
  for (const area of document.querySelectorAll('[data-rounds]')) {
    const svg = area.closest('.drawing > svg')
    const [left, right, top, bottom] = area.dataset.area.split(' ').map(Number)
    const [low, high] = area.dataset.x.split(' ').map(Number)
    // The middle of the round.
    const x = left + ((round + 0.5 - low) / (high - low)) * (right - left)
    const line =
      svg.querySelector('.jumped') ?? lineIn(svg, { 'stroke-width': 2, stroke: '#d55e00' })
    line.classList.add('jumped')
    for (const [key, value] of Object.entries({ x1: x, x2: x, y1: top - 6, y2: bottom + 6 })) {
      line.setAttribute(key, value)
    }
    line.style.display = x < left || x > right ? 'none' : ''
  }
  const place = document.querySelector(`[data-figure="round-${round}"]`)
  const shown = place ?? document.querySelector('[data-rounds]')?.closest('figure')
  shown?.scrollIntoView({ block: 'start' })
}

function followBoxes(svg, tip) {
  for (const box of svg.querySelectorAll('[data-tip]')) {
    box.addEventListener('pointermove', (event) => tip.show(box.dataset.tip, event))
    box.addEventListener('pointerleave', tip.hide)
  }
}

/** A click on a name in the legend hides its series, another shows it again. */
function hideByLegend(svg) {
  for (const entry of svg.querySelectorAll('[data-legend]')) {
    entry.addEventListener('click', () => {
      const isHidden = entry.classList.toggle('hidden')
      for (const group of svg.querySelectorAll(`[data-series="${entry.dataset.legend}"]`)) {
        group.classList.toggle('hidden', isHidden)
      }
    })
  }
}

/** The image as it is on paper, without what a pointer or a jump drew. */
function textOf(svg) {
  const copy = svg.cloneNode(true)
  for (const line of copy.querySelectorAll('.pointer')) line.remove()
  for (const hidden of copy.querySelectorAll('.hidden[data-series]')) hidden.remove()
  return new XMLSerializer().serializeToString(copy)
}

async function png(svg) {
  const { width, height } = svg.viewBox.baseVal
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(textOf(svg))}`
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = width * PNG_TIMES
  canvas.height = height * PNG_TIMES
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height)
  return canvas.toDataURL('image/png')
}

for (const figure of document.querySelectorAll('[data-figure]')) {
  const svg = figure.querySelector('svg')
  const tip = tipIn(figure.querySelector('.drawing'))
  const area = svg.querySelector('[data-area]')
  if (area !== null) follow(svg, area, tip)
  followBoxes(svg, tip)
  hideByLegend(svg)
  const name = figure.dataset.figure
  figure.querySelector('[data-save="svg"]').addEventListener('click', () => {
    save(`${name}.svg`, URL.createObjectURL(new Blob([textOf(svg)], { type: 'image/svg+xml' })))
  })
  figure.querySelector('[data-save="png"]').addEventListener('click', async () => {
    save(`${name}.png`, await png(svg))
  })
}

for (const button of document.querySelectorAll('[data-csv]')) {
  button.addEventListener('click', () => {
    const blob = new Blob([button.dataset.csv], { type: 'text/csv' })
    save(`${button.dataset.table}.csv`, URL.createObjectURL(blob))
  })
}

for (const button of document.querySelectorAll('[data-jump]')) {
  button.addEventListener('click', () => jumpTo(Number(button.dataset.jump)))
}
