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
    const isLeft = x < box.width / 2
    tip.style.left = isLeft ? `${x + 14}px` : 'auto'
    tip.style.right = isLeft ? 'auto' : `${box.width - x + 14}px`
    tip.style.top = `${Math.max(0, event.clientY - box.top - 12)}px`
  }
  const hide = () => {
    tip.hidden = true
  }
  return { show, hide }
}

const inWords = (value) => String(Number(value.toPrecision(4)))

/** The last point at or before an x; the points ascend. */
function pointAt(points, x) {
  let found = null
  for (const point of points) {
    if (point[0] > x) break
    found = point
  }
  return found
}

/** Shows the value of every curve where the pointer is. */
function followCurves(svg, area, tip) {
  const [left, right, top, bottom] = area.dataset.area.split(' ').map(Number)
  const [low, high] = area.dataset.x.split(' ').map(Number)
  const curves = [...svg.querySelectorAll('[data-points]')].map((group) => ({
    group,
    points: JSON.parse(group.dataset.points).sort((a, b) => a[0] - b[0]),
  }))
  const hair = document.createElementNS(SVG, 'line')
  for (const [key, value] of Object.entries({ y1: top, y2: bottom, stroke: '#888' })) {
    hair.setAttribute(key, value)
  }
  hair.style.display = 'none'
  svg.append(hair)
  svg.addEventListener('pointermove', (event) => {
    const box = svg.getBoundingClientRect()
    const px = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width
    if (px < left || px > right) return
    const x = low + ((px - left) / (right - left)) * (high - low)
    hair.style.display = ''
    hair.setAttribute('x1', px)
    hair.setAttribute('x2', px)
    const lines = curves.flatMap(({ group, points }) => {
      const point = pointAt(points, x)
      const isHidden = group.classList.contains('hidden')
      return point === null || isHidden ? [] : [`${group.dataset.name}: ${inWords(point[1])}`]
    })
    tip.show([`${area.dataset.xLabel}: ${inWords(x)}`, ...lines].join('\n'), event)
  })
  svg.addEventListener('pointerleave', () => {
    hair.style.display = 'none'
    tip.hide()
  })
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

async function png(svg) {
  const { width, height } = svg.viewBox.baseVal
  const text = new XMLSerializer().serializeToString(svg)
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`
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
  if (area !== null) followCurves(svg, area, tip)
  followBoxes(svg, tip)
  hideByLegend(svg)
  const name = figure.dataset.figure
  figure.querySelector('[data-save="svg"]').addEventListener('click', () => {
    const text = new XMLSerializer().serializeToString(svg)
    save(`${name}.svg`, URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' })))
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
