import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Later } from '../../../node/later.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** Work that leaves a mark, in a round that is in a hurry for its first 40 milliseconds of 500. */
function marking() {
  const done: string[] = []
  const openedMs = performance.now()
  const heldForMs = () => 40 - ((performance.now() - openedMs) % 500)
  const later = new Later({ heldForMs })
  return { done, later, add: (mark: string) => later.do(() => done.push(mark)) }
}

describe('work that no certificate waits for', () => {
  it('waits while a round is in a hurry, and is done in its order when it is not', () => {
    const { done, add } = marking()
    add('a')
    vi.advanceTimersByTime(39)
    add('b')
    expect(done).toEqual([])
    vi.advanceTimersByTime(1)
    expect(done).toEqual(['a', 'b'])
  })

  it('is done at once for the rest of a round, and waits again in the next', () => {
    const { done, add } = marking()
    vi.advanceTimersByTime(300)
    add('a')
    expect(done).toEqual(['a'])
    vi.advanceTimersByTime(200)
    add('b')
    expect(done).toEqual(['a'])
    vi.advanceTimersByTime(40)
    expect(done).toEqual(['a', 'b'])
  })

  it('keeps its order behind what a late timer has left waiting', () => {
    let waitMs = 40
    const done: string[] = []
    const later = new Later({ heldForMs: () => waitMs })
    later.do(() => done.push('a'))
    waitMs = 0
    later.do(() => done.push('b'))
    vi.advanceTimersByTime(40)
    expect(done).toEqual(['a', 'b'])
  })

  it('is done at once when it is flushed, and once', () => {
    const { done, later, add } = marking()
    add('a')
    later.flush()
    vi.advanceTimersByTime(500)
    expect(done).toEqual(['a'])
  })
})
