import { PassThrough, Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Hex } from 'viem'
import {
  getAddress,
  keccak256,
  parseEther,
  parseTransaction,
  recoverTransactionAddress,
} from 'viem'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { toHex } from '../../aggregator/values/bytes.ts'
import { execute } from '../../node/cli/execute.ts'
import { WallClock } from '../../node/clock.ts'
import { parseConfig } from '../../node/config/load.ts'
import type { Facts, Tools } from '../../node/doctor/check.ts'
import { keys as keysCheck } from '../../node/doctor/checks/keys.ts'
import { token as tokenCheck } from '../../node/doctor/checks/token.ts'
import type { TransactionToSign } from '../../node/keys/signed-transaction.ts'
import { createLog } from '../../node/logging.ts'
import type { TokenKeyName } from '../../node/pkcs11/open-token.ts'
import { pinReader } from '../../node/pkcs11/pin.ts'
import { TokenKey } from '../../node/pkcs11/token-key.ts'
import { TokenWallet } from '../../node/pkcs11/token-wallet.ts'
import { HOST_SOURCES } from '../../node/sources/host.ts'
import { HardhatNode } from '../support/hardhat-node.ts'
import { SoftToken } from '../support/soft-token.ts'
import { MINIMAL_CONFIG } from '../unit/node/config/fixtures.ts'
import { CHAIN_ID, deployFeeds, openTarget } from './chain-support.ts'

const ORACLE = { label: 'oracle', id: '01' }
const NO_LIBRARY = fileURLToPath(import.meta.url)
const PATIENT_MS = 30_000
const ASKED: TransactionToSign = {
  ...{ type: 'eip1559', chainId: CHAIN_ID, to: `0x${'ab'.repeat(20)}`, nonce: 7 },
  ...{ data: '0x1234', gas: 90_000n, maxFeePerGas: 30n, maxPriorityFeePerGas: 2n },
}

const made = SoftToken.make()
const token = made as SoftToken
const terminal = { input: Readable.from([]), output: new PassThrough() }

let address: Hex
let pinPath: string
let keys: TokenKey[]
let lines: string[]

beforeAll(() => {
  if (made === null) return
  token.makeKey(ORACLE)
  address = addressOf(ORACLE)
})
beforeEach(() => {
  keys = []
  lines = []
  pinPath = made?.pinFile() ?? ''
})
afterEach(async () => {
  for (const key of keys) await key.stop()
})
afterAll(() => made?.remove())

/** As the tool of the token shows the key, not as a signature does. */
function addressOf(key: { readonly id: string }): Hex {
  return getAddress(`0x${keccak256(token.publicKeyOf(key)).slice(26)}`)
}

function walletOf(name: Partial<TokenKeyName> = {}, wanted = address): TokenWallet {
  const key = new TokenKey(
    { module: token.module, token: 'parallax', keyLabel: 'oracle', ...name },
    { readPin: pinReader({ from: 'file', path: pinPath }, terminal) },
  )
  keys.push(key)
  const log = createLog({ level: 'debug', format: 'json' }, { write: (line) => lines.push(line) })
  return new TokenWallet({ address: wanted, timeoutMs: PATIENT_MS }, { token: key, log })
}

const codesSaid = () =>
  lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .map(({ event, code }) => `${event} ${code ?? ''}`.trim())

describe.skipIf(made === null)('a wallet in a token', () => {
  test('signs exactly what it is asked, with a low s each time', async () => {
    const wallet = walletOf()
    for (let nonce = 0; nonce < 12; nonce++) {
      const signed = await wallet.signTransaction({ ...ASKED, nonce })
      const { r, s, v, yParity, ...rest } = parseTransaction(signed)
      expect({ nonce: 0, ...rest }).toEqual({ ...ASKED, nonce })
      expect(BigInt(s ?? 0)).toBeLessThanOrEqual(
        0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n,
      )
      expect(
        await recoverTransactionAddress({ serializedTransaction: signed as `0x02${string}` }),
      ).toBe(address)
    }
    expect(wallet.fault).toBeNull()
  })

  test('is found by its id alone, and in the slot of its token', async () => {
    await walletOf({ keyLabel: undefined, keyId: '01' }).checkAccount()
    await expect(walletOf({ slot: 99 }).checkAccount()).rejects.toMatchObject({
      code: 'PKCS11_TOKEN_MISSING',
    })
  })

  test('is asked with a wrong PIN once, and again when the file has another', async () => {
    token.pinFile('9999')
    const wallet = walletOf()
    const code = 'PKCS11_PIN_WRONG'
    await expect(wallet.checkAccount()).rejects.toMatchObject({ code })
    expect(token.hasSeenWrongPin()).toBe(true)
    // A login that is right makes the token forget it.
    token.publicKeyOf(ORACLE)
    expect(token.hasSeenWrongPin()).toBe(false)
    await expect(wallet.signTransaction(ASKED)).rejects.toMatchObject({ code })
    expect(token.hasSeenWrongPin()).toBe(false)
    token.pinFile('1234')
    await wallet.signTransaction(ASKED)
    expect(codesSaid()).toEqual([`chain.signer.unusable ${code}`, 'chain.signer.usable'])
    expect(lines.join()).not.toMatch(/9999|1234"/)
  })

  test.each([
    ['a module that is no library', { module: NO_LIBRARY }, 'PKCS11_MODULE_UNUSABLE'],
    ['a module that is not there', { module: '/none.so' }, 'PKCS11_MODULE_UNUSABLE'],
    ['another token', { token: 'none' }, 'PKCS11_TOKEN_MISSING'],
    ['another key', { keyLabel: 'none' }, 'PKCS11_KEY_MISSING'],
  ])('says what is wrong with %s', async (_what, name, code) => {
    await expect(walletOf(name).checkAccount()).rejects.toMatchObject({ code })
  })

  test('says so when the PIN cannot be read', async () => {
    pinPath = '/none'
    await expect(walletOf().checkAccount()).rejects.toMatchObject({ code: 'PKCS11_PIN_UNREADABLE' })
  })

  test.each([
    ['of another curve', 'EC:prime256v1'],
    ['of RSA', 'rsa:2048'],
  ])('refuses a key %s', async (label, type) => {
    token.makeKey({ label, id: '0a', type })
    const asked = walletOf({ keyLabel: label }).checkAccount()
    await expect(asked).rejects.toMatchObject({ code: 'PKCS11_KEY_UNSUITABLE' })
    token.deleteKey({ id: '0a' })
  })

  test('refuses two keys of one name until the id tells them apart', async () => {
    token.makeKey({ ...ORACLE, id: '02' })
    const asked = walletOf().checkAccount()
    await expect(asked).rejects.toMatchObject({ code: 'PKCS11_NAME_AMBIGUOUS' })
    await walletOf({ keyId: '01' }).checkAccount()
    token.deleteKey({ id: '02' })
  })

  test('uses no signature of another key than that of its address', async () => {
    const other = getAddress(`0x${'12'.repeat(20)}`)
    const asked = walletOf({}, other).signTransaction(ASKED)
    await expect(asked).rejects.toMatchObject({
      code: 'PKCS11_SIGNATURE_FOREIGN',
      message: expect.stringContaining(address),
    })
  })

  test('misses a key that is deleted while it signs, and a token that is taken out', async () => {
    const gone = { label: 'gone', id: '0b' }
    token.makeKey(gone)
    const wallet = walletOf({ keyLabel: 'gone' }, addressOf(gone))
    await wallet.signTransaction(ASKED)
    token.deleteKey(gone)
    await expect(wallet.signTransaction(ASKED)).rejects.toMatchObject({
      code: 'PKCS11_KEY_MISSING',
    })
    token.takeOut()
    await expect(wallet.signTransaction(ASKED)).rejects.toMatchObject({
      code: 'PKCS11_TOKEN_MISSING',
    })
    token.putBack()
    token.makeKey(gone)
    await expect(wallet.signTransaction(ASKED)).rejects.toMatchObject({
      code: 'PKCS11_SIGNATURE_FOREIGN',
    })
    token.deleteKey(gone)
  })
})

describe.skipIf(made === null)('parallax doctor', () => {
  const TOOLS: Tools = {
    ...HOST_SOURCES,
    ...{ clock: new WallClock(), terminal, signal: new AbortController().signal },
  }

  function factsWith(changed: object): Facts {
    const [module, pin] = [token.module, { file: pinPath }]
    const pkcs11 = { module, token: 'parallax', keyLabel: 'oracle', pin, address, ...changed }
    const setting = JSON.stringify({ pkcs11: { timeoutMs: PATIENT_MS, ...pkcs11 } })
    const parsed = parseConfig(MINIMAL_CONFIG.replace('keys/transmitter.json', setting))
    if (parsed.type === 'refused') throw new Error(JSON.stringify(parsed.problems))
    return {
      ...{ config: parsed.config, committee: null, predecessor: null, feeds: [], self: null },
      ...{ wallet: null, isHeld: false, quotes: new Map(), readings: [] },
    }
  }

  test('has the token sign, and knows the wallet', async () => {
    const facts = factsWith({})
    const check = 'transmitter key'
    expect((await tokenCheck.examine(facts, TOOLS)).findings).toEqual([
      { check, verdict: 'ok', code: 'OK', seen: expect.stringContaining(address), advice: null },
    ])
    const { facts: found, findings } = await keysCheck.examine(facts, TOOLS)
    expect(found?.wallet).toBe(address)
    expect(findings.map((each) => each.check)).not.toContain(check)
  })

  test.each([
    [{ keyLabel: 'none' }, 'PKCS11_KEY_MISSING', 'make it'],
    [{ module: '/none.so' }, 'PKCS11_MODULE_UNUSABLE', 'name the shared library'],
    [{ address: `0x${'12'.repeat(20)}` }, 'PKCS11_SIGNATURE_FOREIGN', 'correct the address'],
  ])('says what is wrong and what to do: %j', async (changed, code, advice) => {
    expect((await tokenCheck.examine(factsWith(changed), TOOLS)).findings).toMatchObject([
      { verdict: 'fault', code, advice: expect.stringContaining(advice) },
    ])
  })

  test('does not miss a PIN that only the node is given', async () => {
    const facts = factsWith({ pin: { descriptor: 900 } })
    const found = async (isHeld: boolean) =>
      (await tokenCheck.examine({ ...facts, isHeld }, TOOLS)).findings
    expect(await found(true)).toMatchObject([{ verdict: 'unchecked' }])
    expect(await found(false)).toMatchObject([{ code: 'PKCS11_PIN_UNREADABLE' }])
  })

  test('has nothing to say of a key file', async () => {
    const parsed = parseConfig(MINIMAL_CONFIG)
    if (parsed.type === 'refused') throw new Error('the fixture is good')
    const facts = { ...factsWith({}), config: parsed.config }
    expect(await tokenCheck.examine(facts, TOOLS)).toEqual({ findings: [] })
  })
})

describe.skipIf(made === null)('parallax keys token', () => {
  /** What it writes, without the descriptors and the terminal of a process. */
  async function run(...changed: readonly string[]) {
    const said = { stdout: '', stderr: '' }
    const exitCode = await execute(
      ['keys', 'token', '--module', token.module, '--token', 'parallax', ...changed],
      {
        stdout: { write: (text) => (said.stdout += text) },
        stderr: { write: (text) => (said.stderr += text) },
        ...{ terminal, signal: new AbortController().signal },
      },
    )
    return { exitCode, ...said }
  }

  test('shows whose signatures a key makes', async () => {
    const shown = await run('--key-label', 'oracle', '--pin-file', pinPath, '--json')
    const point = toHex(token.publicKeyOf(ORACLE))
    const parity = Number.parseInt(point.at(-1) ?? '', 16) % 2
    const publicKey = `0${2 + parity}${point.slice(0, 64)}`
    expect(shown).toMatchObject({ exitCode: 0, stderr: '' })
    expect(JSON.parse(shown.stdout)).toEqual({ address, publicKey })
  })

  test.each([
    [['--key-label', 'none'], 4, 'PKCS11_KEY_MISSING'],
    [['--key-label', 'oracle', '--slot', '-1'], 2, 'USAGE_INVALID'],
    [['--key-id', '0'], 2, 'USAGE_INVALID'],
    [[], 2, 'USAGE_INVALID'],
  ])('says what is wrong with %j', async (changed, exitCode, code) => {
    const ended = await run(...changed, '--pin-file', pinPath)
    expect(ended).toMatchObject({ exitCode, stdout: '', stderr: expect.stringContaining(code) })
  })

  test('is no place for a PIN', async () => {
    const ended = await run('--key-label', 'oracle', '--pin', '1234')
    expect(ended).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('USAGE_INVALID') })
  })
})

test.skipIf(made === null)('a certificate lands on a chain, paid by the wallet', async () => {
  const node = await HardhatNode.start()
  const deployed = await deployFeeds(node)
  const client = node.client()
  await client.setBalance({ address, value: parseEther('10') })
  const wallet = walletOf()
  const opened = await openTarget(deployed, { rpcUrls: [node.url], signer: () => wallet })
  try {
    await opened.target.start()
    const certificate = deployed.certify()
    expect(await opened.target.transmit({ certificate, feeds: [0, 1] })).toMatchObject({
      outcome: 'landed',
      round: certificate.round,
    })
    expect(await client.getTransactionCount({ address })).toBe(1)
    expect(opened.target.signer()).toEqual({ place: 'token parallax', fault: null })
  } finally {
    await opened.target.stop()
    await opened.remove()
    await node.stop()
  }
})
