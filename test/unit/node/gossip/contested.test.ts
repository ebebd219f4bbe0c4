import { describe, expect, it } from 'vitest'
import { Contested } from '../../../../node/gossip/contested.ts'

function clashing(atMs: readonly number[]) {
  let nowMs = 0
  const contested = new Contested({ nowMs: () => nowMs })
  const news = atMs.map((ms) => {
    nowMs = ms
    return contested.met(2)
  })
  return { contested, news, later: (ms: number) => (nowMs = ms) }
}

describe('a member whose connections clash', () => {
  it('is contested when that goes on for longer than a restart takes, and is told once', () => {
    const { contested, news } = clashing([0, 5_000, 9_000, 12_000, 13_000])
    expect(news).toEqual([false, false, false, true, false])
    expect(contested.isContested(2)).toBe(true)
    expect(contested.isContested(1)).toBe(false)
  })

  it('is not contested by a restart, however often it dials within it', () => {
    const { contested, news } = clashing([0, 250, 750, 1_750, 3_750, 7_750, 11_999])
    expect(news).not.toContain(true)
    expect(contested.isContested(2)).toBe(false)
  })

  it('is not contested by restarts that are far apart', () => {
    const { news } = clashing([0, 61_000, 122_000, 183_000, 244_000])
    expect(news).not.toContain(true)
  })

  it('is contested no longer when it has been quiet for a minute', () => {
    const { contested, later } = clashing([0, 5_000, 9_000, 13_000])
    later(74_000)
    expect(contested.isContested(2)).toBe(false)
  })

  it('stays bounded when it clashes without end', () => {
    const { contested } = clashing(Array.from({ length: 10_000 }, (_, index) => index * 5))
    expect(contested.isContested(2)).toBe(true)
  })
})
