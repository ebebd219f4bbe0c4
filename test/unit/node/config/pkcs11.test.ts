import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadSettings, parseConfig } from '../../../../node/config/load.ts'
import { MINIMAL_CONFIG } from './fixtures.ts'

const ADDRESS = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const GOOD = {
  module: 'lib/module.so',
  token: 'ours',
  keyLabel: 'oracle',
  pin: { file: 'keys/pin' },
  address: ADDRESS,
}

const textWith = (changed: object) =>
  MINIMAL_CONFIG.replace(
    'keys/transmitter.json',
    JSON.stringify({ pkcs11: { ...GOOD, ...changed } }),
  )

function problemsOf(text: string): string {
  const parsed = parseConfig(text)
  if (parsed.type === 'parsed') return 'none'
  return parsed.problems.map(({ path, message }) => `${path}: ${message}`).join('\n')
}

describe('a transmitter in a token', () => {
  test('has defaults, and its files are relative to the configuration', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'parallax-pkcs11-'))
    const file = join(directory, 'node.yaml')
    await writeFile(file, textWith({}))
    const { config } = await loadSettings(file)
    await rm(directory, { recursive: true })
    expect(config.keys.transmitter).toEqual({
      pkcs11: {
        ...GOOD,
        module: join(directory, 'lib/module.so'),
        pin: { file: join(directory, 'keys/pin') },
        timeoutMs: 3_000,
      },
    })
  })

  test.each([
    ['a slot in place of a label', { token: undefined, slot: 1_062_127_148 }],
    ['an id beside the label', { keyId: '0AfF' }],
    ['a PIN by a descriptor', { pin: { descriptor: 5 } }],
    ['a label of 32 bytes', { token: 'é'.repeat(16) }],
  ])('may have %s', (_what, changed) => {
    expect(problemsOf(textWith(changed))).toBe('none')
  })

  test.each([
    ['no module', { module: undefined }, 'pkcs11.module: is missing'],
    ['no token', { token: undefined }, 'pkcs11.token: is missing: name the token'],
    ['no key', { keyLabel: undefined }, 'pkcs11.keyLabel: is missing: name the key'],
    ['no account', { address: undefined }, 'pkcs11.address: is missing'],
    ['no PIN', { pin: undefined }, 'pkcs11.pin'],
    ['the PIN itself', { pin: '1234' }, 'must be one of {file: PATH} and {descriptor: NUMBER}'],
    ['a PIN from the terminal', { pin: { prompt: true } }, 'must be one of {file: PATH}'],
    ['a label of 33 bytes', { token: `x${'é'.repeat(16)}` }, 'must have at most 32 bytes'],
    ['a label that moves a cursor', { keyLabel: 'a\u001b[2J' }, 'must hold no control characters'],
    ['half a byte', { keyId: '012' }, 'pkcs11.keyId: must be 1 to 128 bytes'],
    ['a slot below zero', { slot: -1 }, 'pkcs11.slot: must be a whole number'],
    ['no time at all', { timeoutMs: 0 }, 'pkcs11.timeoutMs: must be a whole number from 100'],
    ['a mistyped key', { keyLable: 'x' }, 'pkcs11.keyLable: is not a known key'],
  ])('is refused with %s', (_what, changed, problem) => {
    expect(problemsOf(textWith(changed))).toMatch(/^keys\.transmitter\.pkcs11/)
    expect(problemsOf(textWith(changed))).toContain(problem)
  })

  test('is refused beside another place for the same key', () => {
    const both = JSON.stringify({ pkcs11: GOOD, web3signer: { url: 'http://a.example' } })
    expect(problemsOf(MINIMAL_CONFIG.replace('keys/transmitter.json', both))).toContain(
      'keys.transmitter.web3signer: is not a known key',
    )
  })

  test('cannot read its PIN where the passphrase is read from', () => {
    const text = textWith({ pin: { descriptor: 3 } })
    const shared = text.replace('{ file: keys/passphrase }', '{ descriptor: 3 }')
    expect(problemsOf(shared)).toContain('keys.transmitter.pkcs11.pin.descriptor: is that of keys')
    expect(problemsOf(text.replace('{ file: keys/passphrase }', '{ descriptor: 4 }'))).toBe('none')
  })
})
