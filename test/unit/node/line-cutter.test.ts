import { expect, test } from 'vitest'
import { LineCutter } from '../../../node/line-cutter.ts'

const linesOf = (pieces: readonly string[], charactersMax = 8) => {
  const cutter = new LineCutter(charactersMax)
  return pieces.map((piece) => cutter.take(piece))
}

test('lines are cut wherever the pieces are', () => {
  const text = 'one\n\ntwo\nthree\nrest'
  expect(linesOf([text]).flat()).toEqual(['one', '', 'two', 'three'])
  expect(linesOf([...text]).flat()).toEqual(['one', '', 'two', 'three'])
  for (let cut = 0; cut <= text.length; cut++) {
    const pieces = [text.slice(0, cut), text.slice(cut)]
    expect(linesOf(pieces).flat()).toEqual(['one', '', 'two', 'three'])
  }
})

test('a line may be as long as the limit, ended or not, and no longer', () => {
  expect(linesOf(['12345678', '\n12345678'])).toEqual([[], ['12345678']])
  expect(linesOf(['1234', '56789'])).toEqual([[], null])
  expect(linesOf(['123456789\n'])).toEqual([null])
  expect(linesOf(['\n123456789'])).toEqual([null])
})

test('long lines that come character by character are put together once', () => {
  const line = 'x'.repeat(160_000)
  const cutter = new LineCutter(line.length)
  for (let time = 0; time < 10; time++) {
    for (const character of line) cutter.take(character)
    expect(cutter.take('\n')).toEqual([line])
  }
})
