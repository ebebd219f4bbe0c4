import { scenarioText } from '../../scenario/scenario-text.ts'
import type { SimulationResult } from '../../statistics/result.ts'
import { codesText } from '../absence.ts'
import type { Figure } from '../figure/figure.ts'
import { leftOfNames } from '../figure/frame.ts'
import type { Page, Part } from '../page.ts'
import { escapeHtml, fixed, percent } from '../text.ts'
import { attackFigures } from './attack-figures.ts'
import { chainFigures } from './chain-figures.ts'
import { chainSpans, faultSpans, faultsFigure } from './faults.ts'
import { linkFigures, membersFigure, roundFigures } from './member-figures.ts'
import type { ShownRun } from './shown-run.ts'
import { tablesOfRun } from './tables.ts'
import {
  errorFigure,
  latencyFigure,
  latencyOverRounds,
  pathsFigure,
  priceFigure,
} from './time-figures.ts'
import { venuesFigure } from './venue-figures.ts'

/** What a run shows, on one page. */
export function pageOfRun(run: ShownRun): Page {
  const { result, scenario } = run
  const shaded = faultSpans(run)
  const html = (text: string): Part => ({ type: 'html', html: text })
  const heading = (text: string): Part => ({ type: 'heading', text })
  const figures = [
    pathsFigure(run),
    faultsFigure(run),
    latencyOverRounds(run, shaded),
    latencyFigure(run),
    priceFigure(run, shaded),
    errorFigure(run, shaded),
    venuesFigure(run, shaded),
    ...attackFigures(run, shaded),
    ...chainFigures(run, [...shaded, ...chainSpans(run)]),
    membersFigure(run),
    ...linkFigures(run),
    ...roundFigures(run),
  ].flatMap((figure) => (figure === null ? [] : [figure]))
  const shown = aligned(figures)
  return {
    title: `${result.scenario}, seed ${result.seed}`,
    parts: [
      ...(scenario.about === '' ? [] : [{ type: 'paragraph' as const, text: scenario.about }]),
      html(verdictOf(result)),
      html(cardsOf(result)),
      html(violationsOf(result)),
      heading('Figures'),
      {
        type: 'paragraph',
        text:
          'Point at a figure to read its values; a click on a name in a legend hides it. ' +
          'Every figure and every table can be saved.',
      },
      ...shown.map((figure): Part => ({ type: 'figure', figure })),
      html(absencesOf(result)),
      html(notesOf(result)),
      heading('Tables'),
      ...tablesOfRun(run).map((table): Part => ({ type: 'table', table })),
      html(scenarioOf(run)),
      html(`<p>Trace hash <code>${result.traceHash}</code>: the same seed gives the same.</p>`),
    ],
  }
}

/** A page outlives the file that it was made of. */
function scenarioOf({ scenario, result }: ShownRun): string {
  const text = scenarioText({ ...scenario, seed: result.seed })
  return `<details><summary>Scenario, as a file</summary><pre>${escapeHtml(text)}</pre></details>`
}

/** Marks of a price have about this room. */
const LEFT_MIN = 104

/** Puts a round at one place in all figures over rounds. */
function aligned(figures: readonly Figure[]): readonly Figure[] {
  const lefts = figures.map(({ plot }) =>
    plot.type === 'strip' ? leftOfNames(plot.rows, plot.y) : 0,
  )
  const leftMin = Math.max(LEFT_MIN, ...lefts)
  return figures.map((figure): Figure => {
    const { plot } = figure
    if (plot.type !== 'strip' && plot.type !== 'lines') return figure
    if (plot.x.isRounds !== true) return figure
    if (plot.type === 'strip') return { ...figure, plot: { ...plot, x: { ...plot.x, leftMin } } }
    return { ...figure, plot: { ...plot, x: { ...plot.x, leftMin } } }
  })
}

function verdictOf(result: SimulationResult): string {
  const { violationCount, checked, committee, isComplete, protocol } = result
  const model = committee.isWithinModel
    ? `${committee.faulty.length} of at most ${committee.f} faulty`
    : `${committee.faulty.length} faulty, more than f = ${committee.f}`
  const stopped = isComplete ? '' : ' – stopped before its end'
  const held =
    checked.length === 0
      ? '<span class="verdict">nothing is checked of another protocol</span>'
      : `<span class="verdict held">${checked.join(', ')} held</span>`
  const broken = `<span class="verdict broken">${violationCount} violation(s)</span>`
  const verdict = violationCount === 0 ? held : broken
  const what = `${committee.members} members, ${model}, protocol ${escapeHtml(protocol)}${stopped}.`
  const rules = checked.length === 0 ? '' : ' What each rule says: docs/simulator.md, Checkers.'
  return `${verdict}<p>${what}${rules}</p>`
}

function cardsOf({ rounds, latencyMs, virtualMs, events }: SimulationResult): string {
  const card = (value: string, label: string) =>
    `<div class="card"><b>${value}</b><span>${label}</span></div>`
  return `<div class="cards">${[
    card(percent(rounds.fast, rounds.opened), 'rounds by the fast path'),
    card(percent(rounds.proposed, rounds.opened), 'rounds by a proposal'),
    card(percent(rounds.lost, rounds.opened), 'rounds lost'),
    card(`${fixed(latencyMs.first.p50Ms, 1)} ms`, 'first certificate, median'),
    card(`${fixed(latencyMs.all.p99Ms, 1)} ms`, 'at a member, 99th percentile'),
    card(`${fixed(virtualMs / 60_000, 1)} min`, `simulated, ${events} events`),
  ].join('')}</div>`
}

function violationsOf({ violations, violationCount }: SimulationResult): string {
  if (violationCount === 0) return ''
  const rows = violations.map(
    ({ rule, round, nowUs, message }) =>
      `<tr><td>${rule}</td><td class="number">${round}</td>` +
      `<td class="number">${fixed(nowUs / 1_000, 3)}</td>` +
      `<td><button class="save" type="button" data-jump="${round}">Show round</button></td>` +
      `<td>${escapeHtml(message)}</td></tr>`,
  )
  const more = violationCount - violations.length
  return `<h2>Violations</h2>
<div class="wide long"><table class="facts">
<tr><th>rule</th><th class="number">round</th><th class="number">time (ms)</th><th></th>
<th>what</th></tr>
${rows.join('\n')}</table></div>${more > 0 ? `<p>${more} more.</p>` : ''}`
}

/** Feeds that rounds were certified without. */
function absencesOf({ unavailable, rounds }: SimulationResult): string {
  if (unavailable.feeds.length === 0) return ''
  const rows = unavailable.feeds.map(
    (each) =>
      `<tr><td>${escapeHtml(each.feed)}</td><td class="number">${each.rounds}</td>` +
      `<td class="number">${percent(each.rounds, rounds.opened)}</td>` +
      `<td>${escapeHtml(codesText(each.reasons) || '–')}</td>` +
      `<td>${escapeHtml(codesText(each.venues) || '–')}</td></tr>`,
  )
  return `<h2>Rounds without a value</h2>
<p>Reasons that honest members gave, and what kept venues out, with the rounds in which.</p>
<div class="wide"><table class="facts"><tr><th>feed</th><th class="number">rounds</th>
<th class="number">share</th><th>reasons</th><th>venues left out</th></tr>
${rows.join('\n')}</table></div>`
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
