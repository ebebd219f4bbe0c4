import { describe, expect, test } from 'vitest'
import { surplusOf } from '../../../../node/gossip/surplus.ts'

const opened = (direction: 'inbound' | 'outbound', open: number) => ({
  direction,
  timeline: { open },
})

describe('one of two connections of a member', () => {
  // One connection that 0 dialled and one that 1 dialled, as both ends see them.
  const [byFirst, bySecond] = [
    { at0: 'outbound', at1: 'inbound' },
    { at0: 'inbound', at1: 'outbound' },
  ] as const

  test.each([
    ['both see that of 0 first', [byFirst, bySecond], [byFirst, bySecond]],
    ['both see that of 1 first', [bySecond, byFirst], [bySecond, byFirst]],
    ['each sees its own first', [byFirst, bySecond], [bySecond, byFirst]],
    ['each sees its own last', [bySecond, byFirst], [byFirst, bySecond]],
  ] as const)('when made at once and %s, both keep that of 0', (_, seenBy0, seenBy1) => {
    const at0 = surplusOf(opened(seenBy0[0].at0, 0), opened(seenBy0[1].at0, 90), true)
    const at1 = surplusOf(opened(seenBy1[0].at1, 0), opened(seenBy1[1].at1, 90), false)
    expect(at0 === 'older' ? seenBy0[1] : seenBy0[0]).toBe(byFirst)
    expect(at1 === 'older' ? seenBy1[1] : seenBy1[0]).toBe(byFirst)
  })

  test('a member that comes again later has lost the one before, whoever dialled', () => {
    for (const direction of ['inbound', 'outbound'] as const) {
      expect(surplusOf(opened('outbound', 0), opened(direction, 2_000), true)).toBe('older')
      expect(surplusOf(opened('inbound', 0), opened(direction, 2_000), false)).toBe('older')
    }
  })

  test('of two in one direction the newer stays', () => {
    expect(surplusOf(opened('outbound', 0), opened('outbound', 10), true)).toBe('older')
    expect(surplusOf(opened('inbound', 0), opened('inbound', 10), true)).toBe('older')
  })
})
