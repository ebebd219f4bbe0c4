/* global uPlot, document, window, matchMedia */
// Runs in the browser of a reader, inlined into the report together with uPlot and the data.

const data = JSON.parse(document.getElementById('data').textContent)
const styles = window.getComputedStyle(document.documentElement)
const colour = (name) => styles.getPropertyValue(`--${name}`).trim()
const HEIGHT = 320

const axis = (label, more = {}) => ({
  label,
  labelSize: 28,
  labelFont: '13px system-ui, sans-serif',
  font: '12px system-ui, sans-serif',
  stroke: colour('soft'),
  grid: { stroke: colour('line'), width: 1 },
  ticks: { stroke: colour('line'), width: 1 },
  ...more,
})

const fixed =
  (digits, unit = '') =>
  (_plot, value) =>
    value === null || value === undefined ? '–' : `${value.toFixed(digits)}${unit}`

function draw(id, options, columns) {
  const place = document.getElementById(id)
  if (place === null) return
  const width = () => place.clientWidth
  const plot = new uPlot({ width: width(), height: HEIGHT, ...options }, columns, place)
  window.addEventListener('resize', () => plot.setSize({ width: width(), height: HEIGHT }))
  document.querySelector(`[data-save="${id}"]`)?.addEventListener('click', () => {
    const link = document.createElement('a')
    link.download = `${data.name}-${id}.png`
    link.href = plot.ctx.canvas.toDataURL('image/png')
    link.click()
  })
}

/** Joins curves with their own x values into columns over one x axis. */
function joined(curves) {
  return uPlot.join(
    curves.map((curve) => [curve.map((p) => p.ms), curve.map((p) => p.share * 100)]),
  )
}

function drawLatency() {
  const { first, all } = data.curves
  if (first.length === 0) return
  const line = (label, stroke) => ({
    label,
    stroke,
    width: 2,
    spanGaps: true,
    points: { show: false },
    value: fixed(1, ' %'),
  })
  const options = {
    scales: { x: { time: false }, y: { range: [0, 100] } },
    axes: [
      axis('time from the opening of the round (ms)'),
      axis('rounds with a certificate by then (%)', { size: 56 }),
    ],
    series: [
      { label: 'time', value: fixed(1, ' ms') },
      line('first member', colour('blue')),
      line('every honest member', colour('green')),
    ],
  }
  draw('latency', options, joined([first, all]))
}

function drawValue() {
  const { timeline } = data
  const shown = timeline.filter((point) => point.honestLow !== null)
  if (shown.length === 0) return
  const column = (name) => shown.map((point) => point[name])
  const line = (label, stroke, width) => ({
    label,
    stroke,
    width,
    points: { show: false },
    value: fixed(2),
  })
  const band = colour('blue')
  const options = {
    scales: { x: { time: false } },
    axes: [axis('round'), axis('value of the first feed', { size: 84 })],
    series: [
      { label: 'round', value: fixed(0) },
      line('honest, highest', band, 1),
      line('honest, lowest', band, 1),
      line('certified', colour('amber'), 2),
    ],
    bands: [{ series: [1, 2], fill: `${band}33` }],
  }
  const columns = ['round', 'honestHigh', 'honestLow', 'valueHigh'].map(column)
  draw('value', options, columns)
}

function drawPaths() {
  const { timeline } = data
  if (timeline.length === 0) return
  const share = (name) => (point) => (100 * point[name]) / point.rounds
  // Stacked from below: fast, then proposed, then lost.
  const fast = timeline.map(share('fast'))
  const upToProposed = timeline.map((point, at) => fast[at] + share('proposed')(point))
  const all = timeline.map(() => 100)
  const area = (label, name, own) => ({
    label,
    stroke: colour(name),
    fill: colour(name),
    width: 0,
    paths: uPlot.paths.stepped({ align: 1 }),
    points: { show: false },
    value: (_plot, _value, _series, at) => {
      const point = timeline[at ?? -1]
      return point === undefined ? '–' : `${share(own)(point).toFixed(1)} %`
    },
  })
  const options = {
    scales: { x: { time: false }, y: { range: [0, 100] } },
    axes: [axis('round'), axis('rounds (%)', { size: 56 })],
    series: [
      { label: 'round', value: fixed(0) },
      area('lost', 'red', 'lost'),
      area('proposed', 'amber', 'proposed'),
      area('fast', 'green', 'fast'),
    ],
  }
  draw('paths', options, [timeline.map((point) => point.round), all, upToProposed, fast])
}

drawLatency()
drawValue()
drawPaths()
