import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { SimulationResult } from '../result.ts'
import { escapeHtml, fixed, percent } from './text.ts'

/** Where a result comes from, so that anyone can make it again. */
export interface Origin {
  /** Of the sources; `unknown` outside a repository, with `-dirty` when files were changed. */
  readonly commit: string
  /** Command line that makes the same result. */
  readonly command: string
  readonly about: string
}

/** One page without any reference to the outside: data, plots and their library are in it. */
export function htmlReport(result: SimulationResult, origin: Origin): string {
  const require = createRequire(import.meta.url)
  const library = readFileSync(require.resolve('uplot/dist/uPlot.iife.min.js'), 'utf8')
  const libraryStyle = readFileSync(require.resolve('uplot/dist/uPlot.min.css'), 'utf8')
  const style = readFileSync(new URL('page/style.css', import.meta.url), 'utf8')
  const script = readFileSync(new URL('page/plots.mjs', import.meta.url), 'utf8')
  const { scenario: name, curves, timeline } = result
  // "<" never appears raw inside the script element, so no data can end it.
  const data = JSON.stringify({ name, curves, timeline }).replaceAll('<', '\\u003c')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(name)} – seed ${result.seed}</title>
<style>${libraryStyle}
${style}</style>
</head>
<body>
${bodyOf(result, origin)}
<script id="data" type="application/json">${data}</script>
<script>${library}</script>
<script type="module">${script}</script>
</body>
</html>
`
}

function bodyOf(result: SimulationResult, origin: Origin): string {
  const { rounds } = result
  return [
    `<h1>${escapeHtml(result.scenario)}</h1>`,
    origin.about === '' ? '' : `<p>${escapeHtml(origin.about)}</p>`,
    verdictOf(result),
    cardsOf(result),
    section(
      'latency',
      'Latency',
      'From the opening of a round to its certificate: ' +
        'at the first member that holds one, and at every honest member.',
    ),
    section(
      'value',
      'Value',
      'The certified value of the first feed ' +
        'between the lowest and the highest that honest members observed.',
    ),
    section(
      'paths',
      'Rounds',
      `How rounds ended: ${rounds.fast} fast, ${rounds.proposed} proposed, ${rounds.lost} lost.`,
    ),
    violationsOf(result),
    notesOf(result),
    '<h2>Reproduce</h2>',
    `<pre>git checkout ${escapeHtml(origin.commit.replace('-dirty', ''))}`,
    `${escapeHtml(origin.command)}</pre>`,
    `<p>Commit <code>${escapeHtml(origin.commit)}</code>, seed <code>${result.seed}</code>, `,
    `trace hash <code>${result.traceHash}</code>. The same seed gives the same hash.</p>`,
  ].join('\n')
}

function section(id: string, title: string, text: string): string {
  return `<h2>${title}</h2><p>${text}</p>
<div class="plot" id="${id}"></div>
<button class="save" data-save="${id}" type="button">Save as PNG</button>`
}

function verdictOf({ violationCount, checked, committee, isComplete }: SimulationResult): string {
  const rules = checked.join(', ')
  const model = committee.isWithinModel
    ? `${committee.faulty.length} of at most ${committee.f} faulty`
    : `${committee.faulty.length} faulty, more than f = ${committee.f}`
  const stopped = isComplete ? '' : ' – stopped before its end'
  const verdict =
    violationCount === 0
      ? `<span class="verdict held">${rules} held</span>`
      : `<span class="verdict broken">${violationCount} violation(s)</span>`
  return `${verdict}<p>${committee.members} members, ${model}${stopped}.</p>`
}

function cardsOf({ rounds, latencyMs, virtualMs, events }: SimulationResult): string {
  const card = (value: string, label: string) =>
    `<div class="card"><b>${value}</b><span>${label}</span></div>`
  return `<div class="cards">${[
    card(percent(rounds.fast, rounds.opened), 'rounds by the fast path'),
    card(percent(rounds.proposed, rounds.opened), 'rounds by a proposal'),
    card(percent(rounds.lost, rounds.opened), 'rounds lost'),
    card(`${fixed(latencyMs.first.p50Ms, 1)} ms`, 'first certificate, median'),
    card(`${fixed(latencyMs.all.p99Ms, 1)} ms`, 'every member, 99th percentile'),
    card(`${fixed(virtualMs / 60_000, 1)} min`, `simulated, ${events} events`),
  ].join('')}</div>`
}

function violationsOf({ violations, violationCount }: SimulationResult): string {
  if (violationCount === 0) return ''
  const rows = violations.map(
    ({ rule, round, nowUs, message }) =>
      `<tr><td>${rule}</td><td class="number">${round}</td>` +
      `<td class="number">${fixed(nowUs / 1_000, 3)}</td><td>${escapeHtml(message)}</td></tr>`,
  )
  return `<h2>Violations</h2>
<table class="facts">
<tr><th>rule</th><th class="number">round</th><th class="number">time (ms)</th><th>what</th></tr>
${rows.join('\n')}</table>`
}

function notesOf({ notes, convicted }: SimulationResult): string {
  const entries = Object.entries(notes)
  if (entries.length === 0) return ''
  const rows = entries.map(
    ([code, count]) =>
      `<tr><td><code>${escapeHtml(code)}</code></td><td class="number">${count}</td></tr>`,
  )
  const who = convicted.length === 0 ? '' : `<p>Convicted: member ${convicted.join(', ')}.</p>`
  return `<h2>Notes of the members</h2>${who}
<table class="facts"><tr><th>note</th><th class="number">times</th></tr>${rows.join('')}</table>`
}
