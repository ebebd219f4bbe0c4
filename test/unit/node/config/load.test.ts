import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { formatCommittee } from '../../../../node/config/committee-file.ts'
import { ConfigError } from '../../../../node/config/config-error.ts'
import { loadConfig, parseConfig } from '../../../../node/config/load.ts'
import { committeeOfFour, MINIMAL_CONFIG } from './fixtures.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parallax-config-'))
  await writeFile(join(directory, 'committee.json'), formatCommittee(committeeOfFour()))
})

afterEach(() => rm(directory, { recursive: true }))

async function write(text: string): Promise<string> {
  const file = join(directory, 'node.yaml')
  await writeFile(file, text)
  return file
}

/** `path: message` of every problem, after one replacement in the good configuration. */
function problemsWith(search: string | RegExp, replacement: string): readonly string[] {
  const changed = MINIMAL_CONFIG.replace(search, replacement)
  expect(changed).not.toBe(MINIMAL_CONFIG)
  const parsed = parseConfig(changed)
  if (parsed.type === 'parsed') return []
  return parsed.problems.map(({ path, message }) => `${path}: ${message}`)
}

test('loadConfig fills in defaults, makes paths absolute and reads the committee', async () => {
  const { config, committee } = await loadConfig(await write(MINIMAL_CONFIG))
  expect(config.dataDirectory).toBe(join(directory, 'data'))
  expect(config.keys.passphrase).toEqual({ file: join(directory, 'keys/passphrase') })
  expect(config.api).toMatchObject({ host: '127.0.0.1', port: 8080, allowPublic: false })
  expect(config.chains[0]).toMatchObject({
    contract: '0x5fbdb2315678afecb367f032d93f642f64180aa3',
    feePerGasGweiMax: 100_000_000_000n,
    spendPerDayEtherMax: 500_000_000_000_000_000n,
  })
  expect(committee.params.network).toBe('test')
})

test('loadConfig of a missing file is CONFIG_UNREADABLE and says what to do', async () => {
  await expect(loadConfig(join(directory, 'none.yaml'))).rejects.toMatchObject({
    code: 'CONFIG_UNREADABLE',
    message: expect.stringContaining('parallax init'),
  })
})

test('loadConfig reads no further than a configuration may be long', async () => {
  await expect(loadConfig('/dev/zero')).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('is larger than'),
  })
  await expect(loadConfig(directory)).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' })
})

test.each([
  ['nothing at all', Buffer.from(''), 'is empty'],
  ['comments alone', Buffer.from('# to be written\n'), 'is empty'],
  ['a sentence', Buffer.from('to be written'), 'must hold settings'],
  ['a list', Buffer.from('- name: alpha\n'), 'must hold settings'],
  ['UTF-16', Buffer.from(`\ufeff${MINIMAL_CONFIG}`, 'utf16le'), 'is no UTF-8 text'],
])('loadConfig of a file that holds %s says so', async (_, bytes, message) => {
  const file = join(directory, 'node.yaml')
  await writeFile(file, bytes)
  await expect(loadConfig(file)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    problems: [{ path: '', message: expect.stringContaining(message) }],
  })
})

test('loadConfig reads a file of an editor that marks UTF-8 and ends lines as Windows does', async () => {
  const text = `\ufeff${MINIMAL_CONFIG.replaceAll('\n', '\r\n')}`
  expect((await loadConfig(await write(text))).config.name).toBe(
    (await loadConfig(await write(MINIMAL_CONFIG))).config.name,
  )
})

test('loadConfig refuses one port for two things of this machine', () => {
  expect(problemsWith('network:\n', 'api: { port: 9000 }\nnetwork:\n')).toEqual([
    'api.port: is the port of network.listen, too; give each its own',
  ])
})

test('loadConfig with a broken committee file names that file', async () => {
  await writeFile(join(directory, 'committee.json'), '{}')
  await expect(loadConfig(await write(MINIMAL_CONFIG))).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    context: { file: join(directory, 'committee.json') },
  })
})

test('loadConfig refuses the address of a member that the committee does not have', async () => {
  const file = await write(MINIMAL_CONFIG.replace('index: 1', 'index: 7'))
  await expect(loadConfig(file)).rejects.toMatchObject({
    problems: [{ path: 'network.members[0].index', message: expect.stringContaining('below 4') }],
  })
})

test('every problem is reported at once, with its path and what to do', async () => {
  const broken = MINIMAL_CONFIG.replace('chainId: 31337', 'chainId: 0')
    .replace('  identity: keys/identity.json\n', '')
    .replace('/tcp/9001', '/udp/9001')
    .concat('\napi: { prot: 1 }\n')
  const error = await loadConfig(await write(broken)).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ConfigError)
  const lines = (error as ConfigError).message.split('\n').slice(1)
  expect(lines).toEqual([
    '  keys.identity: is missing',
    expect.stringContaining('network.members[0].address: must look like'),
    expect.stringContaining('chains[0].chainId: must be a whole number from 1'),
    '  api.prot: is not a known key; did you mean port?',
  ])
})

test('the API does not listen to the network unless that is asked for', () => {
  const open = `${MINIMAL_CONFIG}\napi: { host: 0.0.0.0 }\n`
  const parsed = parseConfig(open)
  expect(parsed).toMatchObject({ type: 'refused', problems: [{ path: 'api.host' }] })
  expect(parseConfig(open.replace('0.0.0.0', '0.0.0.0, allowPublic: true')).type).toBe('parsed')
})

test('targets need a wallet, and one target per chain', () => {
  expect(problemsWith('  transmitter: keys/transmitter.json\n', '').join()).toContain(
    'keys.transmitter: is needed',
  )
  const [, target = ''] = MINIMAL_CONFIG.split('chains:\n')
  const second = `${MINIMAL_CONFIG}${target}`
  expect(parseConfig(second)).toMatchObject({
    problems: [{ message: 'repeats name local' }, { message: 'repeats chain id 31337' }],
  })
})

test.each([
  ['chainId: 31337', 'chainId: 31337\n    feePerGasGweiMax: 1e21', 'feePerGasGweiMax'],
  ['chainId: 31337', 'chainId: 31337\n    feePerGasGweiMax: "-1"', 'feePerGasGweiMax'],
  ['chainId: 31337', 'chainId: 31337\n    feePerGasGweiMax: 0.0000000001', 'feePerGasGweiMax'],
  ['chainId: 31337', 'chainId: 31337\n    priorityFeePerGasGweiMax: 200', 'priorityFeePerGas'],
  ['chainId: 31337', 'chainId: 31337\n    confirmations: 1.5', 'confirmations'],
  ['http://127.0.0.1:8545', 'ftp://127.0.0.1', 'rpcUrls'],
  ['{ file: keys/passphrase }', 'hunter2', 'passphrase'],
])('%s replaced by %s is refused', (search, replacement, path) => {
  expect(problemsWith(search, replacement).join()).toContain(path)
})

describe('a remote signer of the transmitter', () => {
  const ADDRESS = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
  const withSigner = (setting: string) =>
    MINIMAL_CONFIG.replace('keys/transmitter.json', `{ web3signer: ${setting} }`)

  test('has defaults, and its files are relative to the configuration', async () => {
    const tls = 'tls: { ca: tls/ca.pem, certificate: tls/client.pem, key: tls/client.key }'
    const urls = 'urls: { local: https://other.example:9000 }'
    const url = 'url: https://signer.example:9000'
    const file = await write(withSigner(`{ ${url}, ${urls}, address: '${ADDRESS}', ${tls} }`))
    const { config } = await loadConfig(file)
    expect(config.keys.transmitter).toEqual({
      web3signer: {
        url: 'https://signer.example:9000',
        urls: { local: 'https://other.example:9000' },
        address: ADDRESS,
        timeoutMs: 3_000,
        tls: {
          ca: join(directory, 'tls/ca.pem'),
          certificate: join(directory, 'tls/client.pem'),
          key: join(directory, 'tls/client.key'),
        },
      },
    })
  })

  test.each([
    ['no address', '{ url: http://a.example }', 'web3signer.address: is missing'],
    ['half an address', "{ url: http://a.example, address: '0x70' }", 'must be an address'],
    [
      'an address with a mistyped digit',
      "{ url: http://a.example, address: '0x70997970C51812dc3A010C7d01b50e0d17dc79C9' }",
      'wrong checksum',
    ],
    ['no URL', `{ url: signer, address: '${ADDRESS}' }`, 'web3signer.url: must be an http'],
    [
      'a password in it',
      `{ url: 'http://me:secret@a.example', address: '${ADDRESS}' }`,
      'no user and password',
    ],
    [
      'a certificate without its key',
      `{ url: https://a.example, address: '${ADDRESS}', tls: { certificate: c.pem } }`,
      'tls: needs both',
    ],
    [
      'certificates where there is no TLS',
      `{ url: http://a.example, address: '${ADDRESS}', tls: { ca: ca.pem } }`,
      'begin with https://',
    ],
    [
      'a chain that is no target',
      `{ url: http://a.example, address: '${ADDRESS}', urls: { other: http://b.example } }`,
      'urls.other: names no target',
    ],
    ['a misspelt key', `{ url: http://a.example, adress: '${ADDRESS}' }`, 'adress: is not a known'],
  ])('%s is refused, and the problem is named', (_what, setting, expected) => {
    const parsed = parseConfig(withSigner(setting))
    const problems = parsed.type === 'refused' ? parsed.problems : []
    const lines = problems.map(({ path, message }) => `${path}: ${message}`)
    expect(lines.join('\n')).toContain(expected)
  })

  test('what is neither a path nor a signer is told what there is', () => {
    const parsed = parseConfig(MINIMAL_CONFIG.replace('keys/transmitter.json', '7'))
    expect(parsed).toMatchObject({
      problems: [
        {
          path: 'keys.transmitter',
          message: expect.stringContaining('path of a key file, {web3signer'),
        },
      ],
    })
  })
})
