import { describe, expect, test } from 'vitest'
import { WireMeter } from '../../../simulations/statistics/wire-meter.ts'
import { plainWire } from '../../../simulations/world/overlay.ts'

/** Ten bytes in each round, and a thousand before the first one opens. */
const sentAt = (round: number) => plainWire({ messages: round, bytes: 1_000 + 10 * round })

describe('bytes of the rounds that count', () => {
  test('are neither those before the first nor those after the last', () => {
    const meter = new WireMeter({ firstRound: 4, lastRound: 6 })
    for (let round = 1; round <= 9; round++) meter.open(round, sentAt(round))
    expect(meter.figures()).toMatchObject({ messages: 3, bytes: 30 })
  })

  test('are counted with their round, two rounds later, so a run can be stopped at any time', () => {
    const meter = new WireMeter({ firstRound: 4, lastRound: 100 })
    for (let round = 1; round <= 5; round++) meter.open(round, sentAt(round))
    expect(meter.figures()).toMatchObject({ messages: 0, bytes: 0 })
    meter.open(6, sentAt(6))
    expect(meter.figures()).toMatchObject({ messages: 1, bytes: 10 })
  })
})
