import { expect, test } from 'vitest'
import type { LocalNetwork } from '../../../../node/devnet/network.ts'
import { Outage } from '../../../../node/devnet/outage.ts'

/** Four oracles, three of which sign; `signs` says who signed a round, null that nobody did. */
function networkOf(signs: (round: number) => readonly number[] | null) {
  const done: string[] = []
  const asked: number[] = []
  const nodes = [0, 1, 2, 3].map((index) => ({
    index,
    process: {
      kill: async () => void done.push(`kill ${index}`),
      start: () => void done.push(`start ${index}`),
    },
    client: {
      certificate: async (round: number) => {
        asked.push(round)
        const signingSet = signs(round)
        return signingSet === null ? null : { signingSet }
      },
    },
  }))
  const network = { nodes, committee: { signingThreshold: 3 } } as unknown as LocalNetwork
  return { network, done, asked }
}

test('given a killed oracle, then the outage is open until a certificate has its share again', async () => {
  const { network, done, asked } = networkOf((round) =>
    round === 123 ? null : round >= 125 ? [0, 1, 2] : [0, 1, 3],
  )
  const outage = new Outage({ kill: 1, from: 100, rounds: 40 }, network, () => undefined)
  expect([outage.isOpen, outage.returns]).toEqual([true, []])
  for (let round = 100; round <= 128; round++) await outage.at(round)
  expect(done).toEqual(['kill 2', 'start 2'])
  const returned = { node: 2, restartedAt: 115 }
  expect([outage.isOpen, outage.returns]).toEqual([true, [{ ...returned, signedAgainAt: null }]])
  await outage.at(131)
  expect([outage.isOpen, outage.returns]).toEqual([false, [{ ...returned, signedAgainAt: 125 }]])
  await outage.at(140)
  // Each round from the restart on, once, when its certificate is there.
  expect(asked).toEqual(Array.from({ length: 11 }, (_, nth) => 115 + nth))
})

test('given nobody is killed, then there is no outage', async () => {
  const { network, done } = networkOf(() => [0, 1, 2])
  const outage = new Outage({ kill: 0, from: 100, rounds: 40 }, network, () => undefined)
  for (let round = 100; round <= 140; round++) await outage.at(round)
  expect([outage.isOpen, outage.returns, done]).toEqual([false, [], []])
})
