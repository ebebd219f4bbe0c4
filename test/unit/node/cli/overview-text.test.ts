import { expect, test } from 'vitest'
import type { MeasuredView, PeerView } from '../../../../node/api/view.ts'
import { overviewOf } from '../../../../node/api/view.ts'
import { overviewText } from '../../../../node/cli/overview-text.ts'
import { FakeView } from '../api/fake-view.ts'

const overview = overviewOf(new FakeView())
const WELL: MeasuredView = {
  absent: { count: 1, of: 10 },
  latenessMs: null,
  clockLeadMs: null,
  outliers: { count: 1, of: 20, worst: null },
  farthestBps: 0,
  echo: { count: 0, of: 40, mostly: null },
  follow: { count: 0, of: 0, mostly: null },
  isSuspected: false,
}
const peer = (
  index: number,
  more: Partial<PeerView> = {},
  measured: Partial<MeasuredView> = {},
) => ({
  ...{ index, version: '0.1.0', protocol: 1, peerId: `peer-${index}`, isSelf: index === 0 },
  ...{ isConnected: true, lastRound: null, observed: 16, isExpected: true, isConvicted: false },
  ...{ isContested: false, measured: { ...WELL, ...measured } },
  ...more,
})
const textOf = (peers: readonly PeerView[]) =>
  overviewText({ ...overview, peers }).replaceAll(/ {2,}/g, ' ')

test('members that are at the bounds of what is usual are not spoken of', () => {
  const text = textOf([peer(0), peer(1), peer(2)])
  expect(text).not.toContain('member 1')
  expect(text).not.toContain('versions')
})

test('who is absent, far off or repeats others is named with how often', () => {
  const text = textOf([
    peer(0, {}, { absent: { count: 10, of: 10 } }),
    peer(1, {}, { absent: { count: 11, of: 100 } }),
    peer(2, {}, { outliers: { count: 6, of: 100, worst: { feed: 'ETH/USD', count: 6, of: 9 } } }),
    peer(3, {}, { echo: { count: 30, of: 40, mostly: 1 }, isSuspected: true }),
  ])
  expect(text).toContain('member 1: absent in 11.0 % of rounds\n')
  expect(text).toContain(
    "member 2: 6.0 % of its values far from the committee's, most in ETH/USD\n",
  )
  expect(text).toContain('member 3: repeats what others said before in 75.0 % of rounds\n')
  // A node is not asked about itself.
  expect(text).not.toContain('member 0: ')
})

test('who is missing, and who runs what, is named', () => {
  const text = textOf([
    peer(0),
    peer(1, { isConnected: false, version: null, protocol: null }),
    peer(2, { version: '0.2.0' }),
  ])
  expect(text).toContain(', not member 1\n')
  expect(text).toContain('versions 0.1.0 protocol 1: member 0; 0.2.0 protocol 1: member 2\n')
})
