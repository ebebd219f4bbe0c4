import { expect, test } from 'vitest'
import { initialState } from '../../../../aggregator/state/state.ts'
import { createView, type ViewSources } from '../../../../node/view/view.ts'
import { certifier, feedsNamed } from '../../../support/certificates.ts'

const FEEDS = 512
const { context } = certifier({ feeds: feedsNamed(FEEDS) })
const NEVER = (): never => {
  throw new Error('the list of feeds needs nothing else')
}

/** A view of a node on whose one target every feed was read; counts how often one is looked at. */
function viewOf() {
  let looks = 0
  const state = initialState(context.committee, 0)
  const feeds = Array.from({ length: FEEDS }, (_, feed) => ({
    get feed() {
      looks += 1
      return feed
    },
    ...{ value: BigInt(feed), round: 7, timestampMs: 3_500, status: 1 },
  }))
  state.targets.set('local', {
    ...{ name: 'local', feeds, readMs: 0, turnMs: null, turnTo: 'look', activity: 'idle' },
  })
  const sources: ViewSources = {
    ...{ config: NEVER, clock: { nowMs: () => 0 }, book: NEVER as never, signer: NEVER },
    ...{ peers: NEVER, measured: NEVER, contested: NEVER, ownPeerId: NEVER, quotes: NEVER },
    ...{ venues: NEVER, chains: NEVER, rotation: NEVER },
    ...{ state: () => state, local: () => [] },
  }
  const options = { name: 'a', version: '1', context, self: 0, startedMs: 0 }
  return { view: createView(options, sources), looks: () => looks }
}

test('what contracts hold is looked at once for each feed, however many there are', () => {
  const { view, looks } = viewOf()
  const shown = view.feeds()
  expect(shown.map(({ onChain }) => onChain[0]?.value).slice(0, 2)).toEqual([
    '0.00000000',
    '0.00000001',
  ])
  expect(shown.every(({ onChain }) => onChain[0]?.target === 'local')).toBe(true)
  expect(looks()).toBe(FEEDS)
})
