import { describe, expect, test } from 'vitest'
import { fitting, Screen } from '../../../../node/devnet/screen.ts'

/** A terminal that keeps what is written to it, as `rows` lines of `columns`. */
class Terminal {
  readonly isTTY = true
  columns = 10
  rows = 5
  readonly written: string[] = []
  write(text: string): void {
    this.written.push(text)
  }
}

/** Each line erases what stood behind it, and the table what stood below it. */
const painted = (...lines: readonly string[]) =>
  `${lines.map((line) => `${line}\u001b[K\n`).join('')}\u001b[J`

describe('a table on a terminal', () => {
  test('given lines too long, then each is cut and keeps its colours', () => {
    const long = ['0123456789ab', '\u001b[1m01234567\u001b[0m89ab', 'short']
    expect(fitting(long, { columns: 10, rows: 9 })).toEqual([
      '0123456789\u001b[0m',
      '\u001b[1m01234567\u001b[0m89\u001b[0m',
      'short',
    ])
  })

  test('given too many lines, then blank ones go first and the last ones next', () => {
    const lines = ['a', '', 'b', '', 'c']
    expect(fitting(lines, { columns: 10, rows: 5 })).toEqual(lines)
    expect(fitting(lines, { columns: 10, rows: 4 })).toEqual(['a', 'b', 'c'])
    expect(fitting(lines, { columns: 10, rows: 2 })).toEqual(['a', 'b'])
  })

  test('the next table stands where the one before stood, and leaves the last row free', () => {
    const terminal = new Terminal()
    const screen = new Screen(terminal)
    screen.show(['1', '2', '3', '4', '5', '6'])
    screen.show(['a', 'b'])
    screen.leave()
    screen.show(['c'])
    expect(terminal.written).toEqual([
      painted('1', '2', '3', '4'),
      `\u001b[4A${painted('a', 'b')}`,
      painted('c'),
    ])
  })

  test('given another size, then everything is painted anew', () => {
    const terminal = new Terminal()
    const screen = new Screen(terminal)
    screen.show(['a'])
    terminal.columns = 9
    screen.show(['b'])
    expect(terminal.written.at(-1)).toBe(`\u001b[2J\u001b[H${painted('b')}`)
  })
})
