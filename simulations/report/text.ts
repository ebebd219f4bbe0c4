/** Text that may stand between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

/** A figure with so many digits after the point; a dash when there is none. */
export function fixed(value: number | null, digits: number): string {
  return value === null ? '–' : value.toFixed(digits)
}

/** A share of a whole with one digit; a dash of nothing. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`
}
