// How the page writes what it was told: as text, never as markup.

export const byId = (id) => document.getElementById(id)

export function element(tag, text, className = '') {
  const node = document.createElement(tag)
  node.textContent = text
  if (className !== '') node.className = className
  return node
}

export function setText(id, text) {
  const node = byId(id)
  if (node.textContent !== text) node.textContent = text
}

/** 12345.678 → 12,345.678: digits are grouped as text, since prices are no floats. */
export function grouped(value) {
  if (value === null) return '–'
  const [whole, fraction] = value.split('.')
  const digits = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? digits : `${digits}.${fraction}`
}

export function percent(part, whole) {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`
}

export function row(...cells) {
  const tr = document.createElement('tr')
  tr.append(...cells)
  return tr
}
