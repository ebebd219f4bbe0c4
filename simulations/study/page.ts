import { readFileSync } from 'node:fs'
import { csvOf } from '../report/data-table.ts'
import { drawFigure } from '../report/figure/draw.ts'
import type { Origin } from '../report/html.ts'
import { escapeHtml } from '../report/text.ts'
import type { NamedTable, Study } from './study.ts'

/** One page with all figures and tables of a study, without any reference to the outside. */
export function studyPage(study: Study, origin: Omit<Origin, 'about'>): string {
  const asset = (name: string) =>
    readFileSync(new URL(`../report/page/${name}`, import.meta.url), 'utf8')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(study.title)}</title>
<style>${asset('style.css')}
${asset('figures.css')}</style>
</head>
<body>
${bodyOf(study, origin)}
<script type="module">${asset('figures.mjs')}</script>
</body>
</html>
`
}

function bodyOf(study: Study, { commit, command }: Omit<Origin, 'about'>): string {
  const paragraphs = (texts: readonly string[]) =>
    texts.map((text) => `<p>${escapeHtml(text)}</p>`).join('\n')
  const figures = study.figures.map(
    (figure, index) => `<figure data-figure="${figure.id}">
<div class="drawing">${drawFigure(figure)}</div>
<figcaption><b>Figure ${index + 1}.</b> ${escapeHtml(figure.caption)}</figcaption>
<button class="save" data-save="svg" type="button">Save as SVG</button>
<button class="save" data-save="png" type="button">Save as PNG</button>
</figure>`,
  )
  return [
    `<h1>${escapeHtml(study.title)}</h1>`,
    paragraphs(study.findings),
    ...figures,
    '<h2>Method</h2>',
    paragraphs(study.method),
    ...study.tables.map(tableOf),
    '<h2>Reproduce</h2>',
    `<pre>git checkout ${escapeHtml(commit.replace('-dirty', ''))}`,
    `${escapeHtml(command)}</pre>`,
    `<p>Commit <code>${escapeHtml(commit)}</code>. The same command gives the same figures.</p>`,
  ].join('\n')
}

/** Rows that a page shows; a table as a file has them all. */
const ROWS_SHOWN = 200

function tableOf({ id, title, table }: NamedTable): string {
  const { columns, rows } = table
  const numeric = (at: number) => (columns[at]?.type === 'text' ? '' : ' class="number"')
  const cell = (value: string | number | null, at: number) =>
    `<td${numeric(at)}>${escapeHtml(shown(value))}</td>`
  const head = columns.map(({ name }, at) => `<th${numeric(at)}>${escapeHtml(name)}</th>`)
  const body = rows.slice(0, ROWS_SHOWN).map((row) => `<tr>${row.map(cell).join('')}</tr>`)
  const more = rows.length > ROWS_SHOWN ? `<p>${rows.length - ROWS_SHOWN} more rows.</p>` : ''
  return `<h2>${escapeHtml(title)}</h2>
<div class="wide"><table class="facts"><tr>${head.join('')}</tr>
${body.join('\n')}</table></div>${more}
<button class="save" type="button" data-table="${id}"
data-csv="${escapeHtml(csvOf(table))}">Save as CSV</button>`
}

function shown(value: string | number | null): string {
  if (value === null) return '–'
  if (typeof value === 'string' || Number.isInteger(value)) return String(value)
  return String(Number(value.toPrecision(5)))
}
