import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hex } from 'viem'
import { parseTransaction, recoverTransactionAddress, serializeTransaction } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { TransactionToSign } from '../../node/keys/signed-transaction.ts'
import { Web3Signer, type Web3SignerOptions } from '../../node/keys/web3signer.ts'
import { createLog } from '../../node/logging.ts'
import { FakeWeb3Signer, type FakeWeb3SignerOptions } from '../support/fake-web3signer.ts'
import { FUNDED_KEYS, freePort } from '../support/hardhat-node.ts'
import { SELF_SIGNED } from '../support/self-signed.ts'

const KEY = FUNDED_KEYS[1]
const CHAIN_ID = 31_337
const ADDRESS = privateKeyToAccount(KEY).address
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

const ASKED: TransactionToSign = {
  type: 'eip1559',
  chainId: CHAIN_ID,
  to: '0x5fbdb2315678afecb367f032d93f642f64180aa3',
  nonce: 7,
  data: '0x1234567890',
  gas: 123_456n,
  maxFeePerGas: 21_000_000_000n,
  maxPriorityFeePerGas: 1_000_000_000n,
}

let directory: string
let remote: FakeWeb3Signer
let others: FakeWeb3Signer[]
let logLines: string[]

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'parallax-web3signer-'))
  logLines = []
  others = []
  remote = await startRemote()
})

afterEach(async () => {
  for (const other of others) await other.stop()
  rmSync(directory, { recursive: true })
})

async function startRemote(options: Partial<FakeWeb3SignerOptions> = {}): Promise<FakeWeb3Signer> {
  const started = await FakeWeb3Signer.start({ key: KEY, chainId: CHAIN_ID, ...options })
  others.push(started)
  return started
}

function signerAt(url: string, options: Partial<Web3SignerOptions> = {}): Web3Signer {
  const write = (line: string) => logLines.push(line)
  const log = createLog({ level: 'info', format: 'json' }, { write })
  return new Web3Signer({ url, address: ADDRESS, timeoutMs: 60_000, tls: {}, ...options }, { log })
}

const said = () =>
  logLines.map((line) => {
    const { event, code } = JSON.parse(line) as { readonly event: string; readonly code?: string }
    return code === undefined ? event : `${event} ${code}`
  })

test('a transaction comes back signed, exactly as it was asked for', async () => {
  const signed = await signerAt(remote.url).signTransaction(ASKED)
  expect(parseTransaction(signed)).toMatchObject({ ...ASKED })
  expect(
    await recoverTransactionAddress({ serializedTransaction: signed as `0x02${string}` }),
  ).toBe(ADDRESS)
  expect(remote.asked).toEqual(['eth_signTransaction'])
})

test('without data and with fees of zero it is the same transaction all the same', async () => {
  const empty = { ...ASKED, nonce: 0, data: '0x', maxPriorityFeePerGas: 0n } as const
  const signed = await signerAt(remote.url).signTransaction(empty)
  expect(signed).toBe(await remote.sign(empty))
})

/** A signed transaction with s on the other side of the order: the same signer, other bytes. */
async function withHighS(asked: TransactionToSign): Promise<Hex> {
  const {
    r = '0x',
    s = '0x',
    yParity = 0,
  } = parseTransaction((await remote.sign(asked)) as `0x02${string}`)
  const high: Hex = `0x${(ORDER - BigInt(s)).toString(16).padStart(64, '0')}`
  return serializeTransaction(asked, { r, s: high, yParity: 1 - yParity })
}

/** The same signed transaction, whose nonce is written with a zero before it. */
async function withZeroBeforeNonce(asked: TransactionToSign): Promise<Hex> {
  const signed = await remote.sign(asked)
  // 02 f8 LENGTH 82 7a69 07: type, list, chain id, nonce.
  const length = Number.parseInt(signed.slice(6, 8), 16)
  const head = `0x02f8${(length + 2).toString(16)}827a69`
  return `${head}820007${signed.slice(16)}` as Hex
}

describe('a signer that lies is refused, and what it said is named', () => {
  test.each<[string, (asked: TransactionToSign) => Promise<string> | string]>([
    ['to', (asked) => remote.sign({ ...asked, to: ADDRESS })],
    ['data', (asked) => remote.sign({ ...asked, data: '0x1234567891' })],
    ['data', (asked) => remote.sign({ ...asked, data: '0x' })],
    ['nonce', (asked) => remote.sign({ ...asked, nonce: 8 })],
    ['chainId', (asked) => remote.sign({ ...asked, chainId: 1 })],
    ['value', (asked) => remote.sign({ ...asked, value: 1n })],
    ['gas', (asked) => remote.sign({ ...asked, gas: 123_457n })],
    ['maxFeePerGas', (asked) => remote.sign({ ...asked, maxFeePerGas: 22_000_000_000n })],
    ['maxPriorityFeePerGas', (asked) => remote.sign({ ...asked, maxPriorityFeePerGas: 1n })],
    [
      'accessList',
      (asked) => remote.sign({ ...asked, accessList: [{ address: ADDRESS, storageKeys: [] }] }),
    ],
    [
      'type',
      ({ to, nonce, data, gas, maxFeePerGas: gasPrice, chainId }) =>
        remote.account.signTransaction({ type: 'legacy', to, nonce, data, gas, gasPrice, chainId }),
    ],
    [
      'type',
      ({ type: _, ...asked }) =>
        remote.account.signTransaction({ ...asked, type: 'eip7702', authorizationList: [] }),
    ],
    ['signer', (asked) => privateKeyToAccount(FUNDED_KEYS[2]).signTransaction(asked)],
    ['signature', (asked) => serializeTransaction(asked)],
    ['signature', withHighS],
    ['signature', (asked) => serializeTransaction(asked, { r: '0x00', s: '0x01', yParity: 0 })],
    ['encoding', withZeroBeforeNonce],
    ['encoding', async (asked) => `${await remote.sign(asked)}00`],
    ['encoding', () => '0x'.padEnd(20_002, 'c1')],
    ['encoding', () => '0x02'],
  ])('%s', async (difference, lie) => {
    remote.lie = lie
    const signer = signerAt(remote.url)
    await expect(signer.signTransaction(ASKED)).rejects.toMatchObject({
      code: 'WEB3SIGNER_TRANSACTION_DIFFERS',
      message: expect.stringContaining(`(${difference})`),
    })
    expect(signer.fault).toBe('WEB3SIGNER_TRANSACTION_DIFFERS')
  })

  test('and a signer of another chain comes with what to do', async () => {
    const elsewhere = await startRemote({ chainId: 1 })
    await expect(signerAt(elsewhere.url).signTransaction(ASKED)).rejects.toThrow('--chain-id')
  })
})

describe('what is no answer', () => {
  const json = { 'content-type': 'application/json' }
  const reply = (text: string, status = 200) => {
    remote.instead = (outgoing) => outgoing.writeHead(status, json).end(text)
  }
  const expectCode = async (code: string, options: Partial<Web3SignerOptions> = {}) => {
    const signer = signerAt(remote.url, options)
    await expect(signer.signTransaction(ASKED)).rejects.toMatchObject({ code })
    expect(signer.fault).toBe(code)
  }

  test.each([
    ['nothing', '', 200],
    ['half an object', '{', 200],
    ['a list', '[]', 200],
    ['no result', '{"result": null}', 200],
    ['the answer of another software', '{"result": {"raw": "0x02"}}', 200],
    ['half a byte', '{"result": "0x0"}', 200],
    ['no hexadecimal', '{"result": "02"}', 200],
    ['an error that is none', '{"error": "no"}', 500],
    ['a hundred thousand levels', '['.repeat(100_000), 200],
    ['a page', '<html>Forbidden</html>', 403],
  ])('%s', async (_what, text, status) => {
    reply(text, status)
    await expectCode('WEB3SIGNER_ANSWER_INVALID')
  })

  test('a redirect is not followed', async () => {
    const elsewhere = await startRemote()
    remote.instead = (outgoing) => outgoing.writeHead(307, { location: elsewhere.url }).end()
    await expectCode('WEB3SIGNER_ANSWER_INVALID')
    expect(elsewhere.asked).toEqual([])
  })

  test('a refusal is passed on, without orders to a terminal and not at any length', async () => {
    const message = `\u001b[2J${'no '.repeat(10_000)}`
    reply(JSON.stringify({ error: { code: -32_000, message } }), 400)
    const error = (await signerAt(remote.url)
      .signTransaction(ASKED)
      .catch((reason: unknown) => reason)) as Error
    expect(error).toMatchObject({ code: 'WEB3SIGNER_REFUSED' })
    expect(error.message).not.toContain('\u001b')
    expect(error.message.length).toBeLessThan(400)
  })

  test('a huge one is cut off, and its connection with it', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    remote.instead = (outgoing) => {
      outgoing.once('close', resolve).writeHead(200, json)
      const more = () => {
        while (outgoing.write(' '.repeat(65_536)));
        outgoing.once('drain', more)
      }
      more()
    }
    await expectCode('WEB3SIGNER_ANSWER_TOO_LARGE')
    await promise
  })

  test('one that never comes, and one that trickles', async () => {
    remote.instead = () => undefined
    await expectCode('WEB3SIGNER_TIMEOUT', { timeoutMs: 150 })
    let timer: NodeJS.Timeout | undefined
    remote.instead = (outgoing) => {
      outgoing.writeHead(200, json)
      timer = setInterval(() => outgoing.write(' '), 20)
    }
    await expectCode('WEB3SIGNER_TIMEOUT', { timeoutMs: 150 })
    clearInterval(timer)
  })

  test('a node that stops does not wait for one, and is not alarmed', async () => {
    const signer = signerAt(remote.url, { timeoutMs: 30_000 })
    remote.instead = () => signer.stop()
    await expect(signer.signTransaction(ASKED)).rejects.toThrow()
    expect(said()).toEqual([])
  })
})

test('one alarm when it fails, another for another reason, and a word when it is over', async () => {
  const port = await freePort()
  const signer = signerAt(`http://127.0.0.1:${port}`)
  expect(signer.fault).toBeNull()
  for (let count = 0; count < 3; count++) {
    await expect(signer.signTransaction(ASKED)).rejects.toMatchObject({
      code: 'WEB3SIGNER_UNREACHABLE',
    })
  }
  expect(said()).toEqual(['chain.signer.unusable WEB3SIGNER_UNREACHABLE'])

  logLines.length = 0
  const back = signerAt(remote.url)
  remote.lie = () => '0x02'
  await expect(back.signTransaction(ASKED)).rejects.toThrow()
  remote.lie = (asked) => remote.sign(asked)
  await back.signTransaction(ASKED)
  await back.signTransaction(ASKED)
  expect(back.fault).toBeNull()
  expect(said()).toEqual([
    'chain.signer.unusable WEB3SIGNER_TRANSACTION_DIFFERS',
    'chain.signer.usable',
  ])
})

describe('accounts', () => {
  test('the key is there, in any case', async () => {
    await signerAt(remote.url).checkAccount()
    remote.accounts = [ADDRESS]
    await signerAt(remote.url).checkAccount()
    expect(remote.asked).toEqual(['eth_accounts', 'eth_accounts'])
  })

  test('the key is not there', async () => {
    remote.accounts = [privateKeyToAccount(FUNDED_KEYS[0]).address]
    await expect(signerAt(remote.url).checkAccount()).rejects.toMatchObject({
      code: 'WEB3SIGNER_ACCOUNT_MISSING',
    })
  })

  test.each([
    ['an object', {}],
    ['a list of numbers', [1]],
    ['a text', '0x'],
    ['ten thousand and one', new Array(10_001).fill('0x')],
  ])('%s is no list of accounts', async (_what, list) => {
    remote.accounts = list
    await expect(signerAt(remote.url).checkAccount()).rejects.toMatchObject({
      code: 'WEB3SIGNER_ANSWER_INVALID',
    })
  })
})

describe('TLS', () => {
  const file = (name: string, text: string, mode = 0o600) => {
    const path = join(directory, name)
    writeFileSync(path, text, { mode })
    return path
  }
  let secured: FakeWeb3Signer

  beforeEach(async () => {
    // The one certificate of the tests is its own authority, and both ends show it.
    const { key, cert } = SELF_SIGNED
    secured = await startRemote({
      tls: { key, cert, ca: cert, requestCert: true },
    })
  })

  test('both ends show who they are, with files that are read anew each time', async () => {
    const ca = file('ca.pem', SELF_SIGNED.cert)
    const certificate = file('client.pem', '')
    const key = file('client.key', SELF_SIGNED.key)
    const signer = signerAt(secured.url, { tls: { ca, certificate, key } })
    await expect(signer.checkAccount()).rejects.toThrow()
    writeFileSync(certificate, SELF_SIGNED.cert)
    await signer.checkAccount()
    expect(await signer.signTransaction(ASKED)).toBe(await remote.sign(ASKED))
  })

  test('a server that nobody vouches for is not asked', async () => {
    await expect(signerAt(secured.url).signTransaction(ASKED)).rejects.toMatchObject({
      code: 'WEB3SIGNER_TLS_INVALID',
    })
    expect(secured.asked).toEqual([])
  })

  test('without a certificate of its own nothing is answered', async () => {
    const tls = { ca: file('ca.pem', SELF_SIGNED.cert) }
    await expect(signerAt(secured.url, { tls }).signTransaction(ASKED)).rejects.toThrow()
    expect(secured.asked).toEqual([])
  })

  test('a key that others can read is not used', async () => {
    const tls = {
      certificate: file('client.pem', SELF_SIGNED.cert),
      key: file('client.key', SELF_SIGNED.key, 0o644),
    }
    await expect(signerAt(secured.url, { tls }).signTransaction(ASKED)).rejects.toMatchObject({
      code: 'WEB3SIGNER_TLS_INVALID',
      message: expect.stringContaining('chmod 600'),
    })
  })
})
