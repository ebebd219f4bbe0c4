import { rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Origin, originText } from '../origin/origin.ts'
import { type Format, writeTable } from './data-table.ts'
import { drawFigure } from './figure/draw.ts'
import { figuresOf, htmlOf, type Page, tablesOf } from './page.ts'
import { makeFolder, makePlace, writeFile } from './place.ts'
import { writePngs } from './png.ts'

/** Whether a path of `--report` is one page, rather than a folder with all that is in it. */
function isPage(path: string): boolean {
  return /\.html?$/.test(path)
}

/** The page of a report, whether it is all of it or in a folder. */
export function pageIn(path: string): string {
  return isPage(path) ? path : join(path, 'report.html')
}

/** Makes sure that a report can be written, before the work that it is about. */
export function makeReportPlace(path: string): void {
  if (isPage(path)) makePlace(path)
  else makeFolder(path)
}

/** Takes the folder away that was made for a report, when none came of the work. */
export function leaveReportPlace(path: string): void {
  try {
    rmdirSync(path)
  } catch {
    // It holds something of before, or is a page.
  }
}

/**
 * Writes a page alone where the path ends like one; else a folder with the page, each figure as SVG
 * and PNG, and each table, with its origin (`writeTable`).
 *
 * @returns how many files
 */
export async function writeReport(
  path: string,
  page: Page,
  { format, ...origin }: Origin & { readonly format: Format },
): Promise<number> {
  writeFile(pageIn(path), htmlOf(page, origin))
  if (isPage(path)) return 1
  const images = figuresOf(page).map((figure) => ({
    path: join(path, figure.id),
    svg: drawFigure(figure, originText(origin)),
  }))
  for (const image of images) writeFile(`${image.path}.svg`, image.svg)
  const tables = tablesOf(page)
  const written = tables.map(({ id, table }) =>
    writeTable(join(path, `${id}.${format}`), table, { format, origin }),
  )
  const pngs = await writePngs(images.map((image) => ({ ...image, path: `${image.path}.png` })))
  return 1 + images.length + written.reduce((sum, files) => sum + files, 0) + pngs
}
