import type { Page, Part } from '../report/page.ts'
import type { Study, StudyOptions } from './study.ts'

/** Findings, figures, how they were made, and the tables of a study. */
export function pageOfStudy(
  { title, findings, figures, method, tables }: Study,
  { isShort }: Pick<StudyOptions, 'isShort'>,
): Page {
  const paragraph = (text: string): Part => ({ type: 'paragraph', text })
  return {
    title: isShort ? `${title} (short run: not for publication)` : title,
    parts: [
      ...findings.map(paragraph),
      ...figures.map((figure): Part => ({ type: 'figure', figure })),
      { type: 'heading', text: 'Method' },
      ...method.map(paragraph),
      ...tables.map((table): Part => ({ type: 'table', table })),
    ],
  }
}
