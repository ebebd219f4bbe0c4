import { expect, test } from 'vitest'
import { openingOf } from '../../../../aggregator/committee/committee.ts'
import { roundsServed } from '../../../../aggregator/delivery/settlement.ts'
import type { Round } from '../../../../aggregator/values/ids.ts'
import { makeSettlers, type SettlersDependencies } from '../../../../node/compose/settlers.ts'
import type { Target } from '../../../../node/compose/targets.ts'
import { Shelf } from '../../../../node/gateway/shelf.ts'
import { certifier, valuesAt } from '../../../support/certificates.ts'

const committee = certifier()
const { context } = committee
const served = roundsServed(context.committee)
const NOW: Round = 10_000

/** The parts that settle on a chain with these settlements, beside a journal with these rounds. */
function settlers(settlements: readonly unknown[], journal: readonly Round[]) {
  const shelf = new Shelf({ certificatesMax: served })
  const contract = `0x${'11'.repeat(20)}`
  const log = { child: () => log }
  const use = {
    context,
    self: 0,
    shelf,
    store: {
      certificates: (_: unknown, { from, to }: { readonly from: Round; readonly to: Round }) =>
        journal
          .filter((round) => round >= from && round <= to)
          .map((round) => committee.certify(round, valuesAt(round, 1))),
    },
    clock: { nowMs: () => openingOf(context.committee, NOW) },
    log,
  }
  const target = { target: { config: { name: 'main', contract, settlements } } }
  const made = makeSettlers([target as unknown as Target], use as unknown as SettlersDependencies)
  return { parts: made.parts, shelf }
}

test('a node that starts inside a window finds the round of the expiry in its journal', async () => {
  const { params } = context.committee
  const oldest = NOW - served
  const settlement = {
    contract: `0x${'22'.repeat(20)}`,
    feed: params.feeds[0]?.name,
    expiries: { stepSeconds: 3_600, offsetSeconds: 0 },
  }
  const { parts, shelf } = settlers([settlement], [oldest - 1, oldest, NOW])
  await parts[0]?.start(new AbortController().signal)
  expect(shelf.of(oldest)?.message.round).toBe(oldest)
  expect(shelf.of(NOW)?.message.round).toBe(NOW)
  expect(shelf.of(oldest - 1)).toBeNull()
})

test('a chain without settlements has no part, and the journal is not read', () => {
  expect(settlers([], [NOW]).parts).toEqual([])
})
