import { stripVTControlCharacters } from 'node:util'

/** Where a table is shown: a terminal tells its size, a file or a pipe does not. */
export interface Surface {
  readonly write: (text: string) => unknown
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

/** A terminal that does not say how large it is. */
const COLUMNS = 100
const ROWS = 40
/** Elsewhere than on a terminal a table stands below the one before. */
const PLAIN_EVERY_MS = 10_000
const RESET = '\u001b[0m'
const ERASE_LINE = '\u001b[K'
const ERASE_BELOW = '\u001b[J'
const CLEAR_ALL = '\u001b[2J\u001b[H'

/** Shows a table again and again in the same place. */
export class Screen {
  readonly #surface: Surface
  readonly #beganMs = performance.now()
  #lines = 0
  #size = ''
  #periods = 0

  constructor(surface: Surface) {
    this.#surface = surface
  }

  /** Whether a table stands there that the next one replaces. */
  get isPainted(): boolean {
    return this.#lines > 0
  }

  show(lines: readonly string[]): void {
    if (this.#surface.isTTY === true) this.#paint(lines)
    else this.#print(lines)
  }

  /** The table stays; what comes next stands below it. */
  leave(): void {
    this.#lines = 0
  }

  #paint(lines: readonly string[]): void {
    const { columns = COLUMNS, rows = ROWS } = this.#surface
    // The last row stays free: a line break at its end would move everything up by one.
    const fitted = fitting(lines, { columns, rows: rows - 1 })
    const size = `${columns} ${rows}`
    const isResized = this.isPainted && size !== this.#size
    const up = this.isPainted ? `\u001b[${this.#lines}A` : ''
    // A terminal that grew narrow broke the old lines, and nobody knows how many they are now.
    const start = isResized ? CLEAR_ALL : up
    // Line by line: a terminal that is told to erase all may keep a copy to scroll back to.
    const text = fitted.map((line) => `${line}${ERASE_LINE}\n`).join('')
    this.#surface.write(`${start}${text}${ERASE_BELOW}`)
    this.#size = size
    this.#lines = fitted.length
  }

  #print(lines: readonly string[]): void {
    const period = Math.floor((performance.now() - this.#beganMs) / PLAIN_EVERY_MS)
    if (period === this.#periods) return
    this.#periods = period
    this.#surface.write(`${stripVTControlCharacters(lines.join('\n'))}\n\n`)
  }
}

/** Lines that a terminal holds: cut at its width, the last ones left out, blank ones first. */
export function fitting(
  lines: readonly string[],
  { columns, rows }: { readonly columns: number; readonly rows: number },
): readonly string[] {
  const dense = lines.length > rows ? lines.filter((line) => line !== '') : lines
  return dense.slice(0, Math.max(1, rows)).map((line) => cut(line, columns))
}

/** The first characters of a line; what colours it takes no room. */
function cut(line: string, columns: number): string {
  if (stripVTControlCharacters(line).length <= columns) return line
  let room = columns
  let kept = ''
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape begins a colour
  for (const part of line.split(/(\u001b\[\d+m)/)) {
    if (part.startsWith('\u001b')) {
      kept += part
      continue
    }
    kept += part.slice(0, room)
    room -= Math.min(room, part.length)
  }
  return `${kept}${RESET}`
}
