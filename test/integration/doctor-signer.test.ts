import { PassThrough, Readable } from 'node:stream'
import { privateKeyToAccount } from 'viem/accounts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WallClock } from '../../node/clock.ts'
import { parseConfig } from '../../node/config/load.ts'
import type { Facts, Tools } from '../../node/doctor/check.ts'
import { keys } from '../../node/doctor/checks/keys.ts'
import { remoteSigner } from '../../node/doctor/checks/remote-signer.ts'
import { HOST_SOURCES } from '../../node/sources/host.ts'
import { FakeWeb3Signer } from '../support/fake-web3signer.ts'
import { FUNDED_KEYS, freePort } from '../support/hardhat-node.ts'
import { MINIMAL_CONFIG } from '../unit/node/config/fixtures.ts'

const CHAIN_ID = 31_337
const ADDRESS = privateKeyToAccount(FUNDED_KEYS[1]).address

const TOOLS: Tools = {
  ...HOST_SOURCES,
  clock: new WallClock(),
  terminal: { input: Readable.from([]), output: new PassThrough() },
  signal: new AbortController().signal,
}

let remote: FakeWeb3Signer

beforeEach(async () => {
  remote = await FakeWeb3Signer.start({ key: FUNDED_KEYS[1], chainId: CHAIN_ID })
})

afterEach(() => remote.stop())

/** What the node with this signer would run with. */
function factsWith(web3signer: object): Facts {
  const setting = JSON.stringify({ web3signer: { address: ADDRESS, ...web3signer } })
  const parsed = parseConfig(MINIMAL_CONFIG.replace('keys/transmitter.json', setting))
  if (parsed.type === 'refused') throw new Error(JSON.stringify(parsed.problems))
  const { config } = parsed
  return {
    ...{ config, committee: null, predecessor: null, feeds: [], self: null, wallet: null },
    ...{ isHeld: false, quotes: new Map(), readings: [] },
  }
}

async function found(web3signer: object) {
  const { findings } = await remoteSigner.examine(factsWith(web3signer), TOOLS)
  return findings.map(({ verdict, code, seen, advice }) => ({ verdict, code, seen, advice }))
}

test('a signer with the key is in order, and was asked for a signature', async () => {
  expect(await found({ url: remote.url })).toEqual([
    {
      ...{ verdict: 'ok', code: 'OK', advice: null },
      seen: `${new URL(remote.url).host} signs for ${ADDRESS} on local`,
    },
  ])
  expect(remote.asked).toEqual(['eth_accounts', 'eth_signTransaction'])
})

test('what it was asked to sign can be in no block of any chain', async () => {
  let nonce = 0
  remote.lie = (asked) => {
    nonce = asked.nonce
    return remote.sign(asked)
  }
  await found({ url: remote.url })
  expect(nonce).toBe(Number.MAX_SAFE_INTEGER)
})

describe('a fault', () => {
  test('when the key is not there', async () => {
    remote.accounts = []
    expect(await found({ url: remote.url })).toMatchObject([
      { verdict: 'fault', code: 'WEB3SIGNER_ACCOUNT_MISSING' },
    ])
  })

  test('when it signs for another chain, and the advice says what to set', async () => {
    const other = await FakeWeb3Signer.start({ key: FUNDED_KEYS[1], chainId: 1 })
    const findings = await found({ url: other.url })
    await other.stop()
    expect(findings).toMatchObject([
      {
        ...{ verdict: 'fault', code: 'WEB3SIGNER_TRANSACTION_DIFFERS' },
        seen: expect.stringContaining('local: '),
        advice: expect.stringContaining('--chain-id'),
      },
    ])
  })

  test('when the key may be seen and may not sign', async () => {
    remote.lie = () => Promise.reject(new Error('AccessDenied'))
    expect(await found({ url: remote.url })).toMatchObject([
      { verdict: 'fault', code: 'WEB3SIGNER_REFUSED' },
    ])
  })

  test('when nobody answers', async () => {
    expect(await found({ url: `http://127.0.0.1:${await freePort()}` })).toMatchObject([
      { verdict: 'fault', code: 'WEB3SIGNER_UNREACHABLE' },
    ])
  })
})

test('one without TLS on another machine is a warning', async () => {
  const urls = { local: remote.url }
  expect(await found({ url: 'http://signer.example:9000', urls })).toMatchObject([
    { verdict: 'warning', code: 'WEB3SIGNER_PLAIN', seen: expect.stringContaining('signer.exa') },
    { verdict: 'ok' },
  ])
})

test('the wallet of the chains is its account, and no key file is looked for', async () => {
  const { facts, findings } = await keys.examine(factsWith({ url: remote.url }), TOOLS)
  expect(facts?.wallet).toBe(ADDRESS)
  expect(findings.map(({ check }) => check)).not.toContain('transmitter key')
})

test('a key file is no matter of this check', async () => {
  const parsed = parseConfig(MINIMAL_CONFIG)
  if (parsed.type === 'refused') throw new Error('the fixture is good')
  const facts = { ...factsWith({ url: remote.url }), config: parsed.config }
  expect(await remoteSigner.examine(facts, TOOLS)).toEqual({ findings: [] })
})
