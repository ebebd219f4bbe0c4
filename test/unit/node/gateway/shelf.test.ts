import { expect, test } from 'vitest'
import { Shelf } from '../../../../node/gateway/shelf.ts'
import { certifier, valuesAt } from '../../../support/certificates.ts'

const committee = certifier()
const certified = (round: number) => committee.certify(round, valuesAt(round, 1))

test('the shelf keeps the highest rounds, in whatever order they come', () => {
  const shelf = new Shelf({ certificatesMax: 3 })
  for (const round of [5, 3, 9, 4, 7]) shelf.add(certified(round))
  expect(shelf.latest()?.message.round).toBe(9)
  const kept = [3, 4, 5, 7, 9].filter((round) => shelf.of(round) !== null)
  expect(kept).toEqual([5, 7, 9])
})

test('a smaller shelf drops the lowest rounds at once, and a larger one keeps more', () => {
  const shelf = new Shelf({ certificatesMax: 4 })
  for (const round of [5, 3, 9, 7]) shelf.add(certified(round))
  const kept = () => [3, 4, 5, 7, 9].filter((round) => shelf.of(round) !== null)
  shelf.setCertificatesMax(2)
  expect(kept()).toEqual([7, 9])
  shelf.setCertificatesMax(3)
  shelf.add(certified(4))
  expect(kept()).toEqual([4, 7, 9])
})

test('the first certificate of a round stays, and a second one is no news', () => {
  const shelf = new Shelf({ certificatesMax: 3 })
  const heard: number[] = []
  const unfollow = shelf.follow(({ message }) => heard.push(message.round))
  const first = certified(5)
  shelf.add(first)
  shelf.add(committee.certify(5, valuesAt(5, 1), { slot: 1 }))
  shelf.add(certified(4))
  expect(shelf.of(5)).toBe(first)
  unfollow()
  shelf.add(certified(6))
  expect(heard).toEqual([5])
})
