import { expect, test } from 'vitest'
import { PROTOCOL_VERSION } from '../../../../aggregator/committee/params.ts'
import { agentOf, nodeInfoOf } from '../../../../node/gossip/agent.ts'

test('what a host says of itself is read again', () => {
  for (const version of ['0.1.0', '12.0.34', '1.0.0-rc.1']) {
    const { userAgent } = nodeInfoOf(version)
    expect(agentOf(userAgent)).toEqual({ version, protocol: PROTOCOL_VERSION })
  }
  expect(agentOf(nodeInfoOf(undefined).userAgent)).toEqual({ version: null, protocol: null })
})

test.each([
  undefined,
  '',
  'parallax/1',
  'js-libp2p/3.0.0',
  'parallax/1.0.0',
  'parallax/1.0.0 protocol/01',
  'parallax/1.0.0 protocol/123456',
  'parallax/1.0.0 protocol/1\n',
  'parallax/1.0.0\u0000 protocol/1',
  'parallax/1.0.0-<b> protocol/1',
  `parallax/1.0.0-${'a'.repeat(25)} protocol/1`,
  `parallax/${'1'.repeat(9_000)}.0.0 protocol/1`,
])('of %j nothing is shown', (text) => {
  expect(agentOf(text)).toEqual({ version: null, protocol: null })
})
