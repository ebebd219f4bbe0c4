import { readFileSync } from 'node:fs'
import { type Origin, originText } from '../origin/origin.ts'
import { csvOf, type DataTable } from './data-table.ts'
import { drawFigure } from './figure/draw.ts'
import type { Figure } from './figure/figure.ts'
import { darkStyle } from './figure/svg.ts'
import { escapeHtml } from './text.ts'

export interface NamedTable {
  /** Part of file names. */
  readonly id: string
  readonly title: string
  readonly table: DataTable
  /** Shown only when it is asked for. */
  readonly isFolded?: boolean
}

/** What a page shows, in this order. */
export type Part =
  | { readonly type: 'heading'; readonly text: string }
  | { readonly type: 'paragraph'; readonly text: string }
  /** Elements of ours, in which everything from outside is escaped. */
  | { readonly type: 'html'; readonly html: string }
  | { readonly type: 'figure'; readonly figure: Figure }
  | { readonly type: 'table'; readonly table: NamedTable }

export interface Page {
  readonly title: string
  readonly parts: readonly Part[]
}

export function figuresOf({ parts }: Page): readonly Figure[] {
  return parts.flatMap((part) => (part.type === 'figure' ? [part.figure] : []))
}

export function tablesOf({ parts }: Page): readonly NamedTable[] {
  return parts.flatMap((part) => (part.type === 'table' ? [part.table] : []))
}

/** One page with all figures and tables, without any reference to the outside. */
export function htmlOf(page: Page, origin: Origin): string {
  const asset = (name: string) => readFileSync(new URL(`page/${name}`, import.meta.url), 'utf8')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(page.title)}</title>
<style>${asset('style.css')}
${asset('figures.css')}
@media screen and (prefers-color-scheme: dark) {
${darkStyle()}
}</style>
</head>
<body>
<h1>${escapeHtml(page.title)}</h1>
${bodyOf(page, origin)}
${reproduceOf(origin)}
<script type="module">${asset('figures.mjs')}</script>
</body>
</html>
`
}

function bodyOf(page: Page, origin: Origin): string {
  const figures = figuresOf(page)
  const numberOf = (figure: Figure) => figures.indexOf(figure) + 1
  return page.parts.map((part) => partOf(part, numberOf, origin)).join('\n')
}

function partOf(part: Part, numberOf: (figure: Figure) => number, origin: Origin): string {
  switch (part.type) {
    case 'heading':
      return `<h2>${escapeHtml(part.text)}</h2>`
    case 'paragraph':
      return `<p>${escapeHtml(part.text)}</p>`
    case 'html':
      return part.html
    case 'figure':
      return figureOf(part.figure, numberOf(part.figure), origin)
    case 'table':
      return tableOf(part.table)
  }
}

function figureOf(figure: Figure, number: number, origin: Origin): string {
  return `<figure data-figure="${escapeHtml(figure.id)}">
<div class="view"><div class="drawing">${drawFigure(figure, originText(origin))}</div></div>
<figcaption><b>Figure ${number}.</b> ${escapeHtml(figure.caption)}</figcaption>
<button class="save" data-save="svg" type="button">Save as SVG</button>
<button class="save" data-save="png" type="button">Save as PNG</button>
</figure>`
}

/** Rows that a page shows; a table as a file has them all. */
const ROWS_SHOWN = 200

function tableOf({ id, title, table, isFolded }: NamedTable): string {
  const { columns, rows } = table
  const numeric = (at: number) => (columns[at]?.type === 'text' ? '' : ' class="number"')
  const cell = (value: string | number | null, at: number) =>
    `<td${numeric(at)}>${escapeHtml(shown(value))}</td>`
  const head = columns.map(({ name }, at) => `<th${numeric(at)}>${escapeHtml(name)}</th>`)
  const body = rows.slice(0, ROWS_SHOWN).map((row) => `<tr>${row.map(cell).join('')}</tr>`)
  const more = rows.length > ROWS_SHOWN ? `<p>${rows.length - ROWS_SHOWN} more rows.</p>` : ''
  const whole = `<div class="wide"><table class="facts"><tr>${head.join('')}</tr>
${body.join('\n')}</table></div>${more}`
  const heading = escapeHtml(title)
  const button = `<button class="save" type="button" data-table="${id}"
data-csv="${escapeHtml(csvOf(table))}">Save as CSV</button>`
  return isFolded === true
    ? `<details><summary>${heading}, ${rows.length} rows</summary>${whole}</details>${button}`
    : `<h2>${heading}</h2>\n${whole}\n${button}`
}

function shown(value: string | number | null): string {
  if (value === null) return '–'
  if (typeof value === 'string' || Number.isInteger(value)) return String(value)
  return String(Number(value.toPrecision(5)))
}

function reproduceOf({ commit, command }: Origin): string {
  const [sources, again] = sourcesOf(commit)
  return `<h2>Reproduce</h2>
<pre>${escapeHtml([...sources, command].join('\n'))}</pre>
<p>Commit <code>${escapeHtml(commit)}</code>. ${again}</p>`
}

/** How to come by the code of a run, and whether that gives the same figures. */
function sourcesOf(commit: string): readonly [readonly string[], string] {
  if (/^[0-9a-f]{40}$/.test(commit)) {
    return [[`git checkout ${commit}`], 'The same command gives the same figures.']
  }
  const [, version] = /^package-(.+)-[0-9a-f]+$/.exec(commit) ?? []
  if (version !== undefined) {
    const same = `The same command of version ${escapeHtml(version)} gives the same figures`
    return [[], `${same}, where its files are the same.`]
  }
  const why = commit.includes('-dirty')
    ? 'Files were changed since that commit and are in no commit'
    : 'Nothing says which code ran'
  return [[], `${why}: these figures cannot be made again exactly.`]
}
