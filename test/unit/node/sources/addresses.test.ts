import type { LookupAddress } from 'node:dns'
import { describe, expect, test } from 'vitest'
import { codeOf } from '../../../../node/errors.ts'
import type { Access } from '../../../../node/sources/addresses.ts'
import { baseUrlProblem, isAddressAllowed } from '../../../../node/sources/addresses.ts'
import { guardedLookup } from '../../../../node/sources/agent.ts'

const PUBLIC = ['1.1.1.1', '104.16.0.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111']
const LOCAL = [
  '127.0.0.1',
  '127.255.0.9',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '::1',
  'fd00::1',
]
const NOWHERE = [
  '0.0.0.0',
  '169.254.169.254',
  '100.64.0.1',
  '192.0.2.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  'fe80::1',
  'ff02::1',
  '64:ff9b::a00:1',
  '2002:a00:1::',
  '::',
  '::10.0.0.1',
]
const NOT_AN_ADDRESS = ['', 'localhost', '10.0.0', '0x7f000001', '1.1.1.1%eth0 ']

describe('isAddressAllowed', () => {
  test.each(PUBLIC)('%s is public', (address) => {
    expect(isAddressAllowed(address, 'public')).toBe(true)
    expect(isAddressAllowed(address, 'local')).toBe(false)
  })

  test.each(LOCAL)('%s is local', (address) => {
    expect(isAddressAllowed(address, 'public')).toBe(false)
    expect(isAddressAllowed(address, 'local')).toBe(true)
  })

  test.each([...NOWHERE, ...NOT_AN_ADDRESS])('%j is neither', (address) => {
    expect(isAddressAllowed(address, 'public')).toBe(false)
    expect(isAddressAllowed(address, 'local')).toBe(false)
  })

  test('an IPv4 address written as IPv6 is the same address', () => {
    expect(isAddressAllowed('::ffff:10.0.0.1', 'public')).toBe(false)
    expect(isAddressAllowed('::ffff:169.254.169.254', 'public')).toBe(false)
    expect(isAddressAllowed('::ffff:1.1.1.1', 'public')).toBe(true)
    expect(isAddressAllowed('::ffff:127.0.0.1', 'local')).toBe(true)
  })
})

describe('baseUrlProblem', () => {
  test.each<[string, Access]>([
    ['https://api.kraken.com', 'public'],
    ['https://1.1.1.1/x', 'public'],
    ['http://127.0.0.1:8080/binance', 'local'],
    ['https://[::1]:8080', 'local'],
    ['http://market.internal', 'local'],
  ])('takes %s as %s', (baseUrl, access) => {
    expect(baseUrlProblem(baseUrl, access)).toBeNull()
  })

  test.each<[string, Access]>([
    ['http://api.kraken.com', 'public'],
    ['ftp://api.kraken.com', 'public'],
    ['file:///etc/passwd', 'local'],
    ['https://127.0.0.1', 'public'],
    ['https://0x7f.1', 'public'],
    ['https://2130706433', 'public'],
    ['https://[::ffff:10.0.0.1]', 'public'],
    ['https://169.254.169.254', 'public'],
    ['http://169.254.169.254', 'local'],
    ['http://1.1.1.1', 'local'],
    ['https://user:secret@api.kraken.com', 'public'],
    ['https://api.kraken.com/?a=b', 'public'],
    ['https://api.kraken.com/#a', 'public'],
    ['kraken', 'public'],
  ])('refuses %s as %s', (baseUrl, access) => {
    expect(baseUrlProblem(baseUrl, access)).not.toBeNull()
  })
})

describe('guardedLookup', () => {
  type Answer = { readonly code: string | null; readonly address: string | LookupAddress[] }

  function ask(
    answers: readonly (readonly LookupAddress[])[],
    all: boolean,
  ): () => Promise<Answer> {
    const left = [...answers]
    const lookup = guardedLookup('public', async () => left.shift() ?? [])
    return () => {
      const { promise, resolve } = Promise.withResolvers<Answer>()
      lookup('venue.example', { all }, (error, address) => {
        resolve({ code: error === null ? null : codeOf(error), address })
      })
      return promise
    }
  }

  const outside = { address: '1.1.1.1', family: 4 }
  const inside = { address: '10.0.0.1', family: 4 }

  test('hands on addresses that are all allowed', async () => {
    expect(await ask([[outside]], true)()).toEqual({ code: null, address: [outside] })
    expect(await ask([[outside]], false)()).toEqual({ code: null, address: '1.1.1.1' })
  })

  test.each([
    ['inside', [inside]],
    ['inside and outside at once', [outside, inside]],
    ['nowhere', []],
  ])('refuses a name that leads %s', async (_, addresses) => {
    expect((await ask([addresses], true)()).code).toBe('SOURCE_ADDRESS_FORBIDDEN')
  })

  test('given a name that leads outside, then inside, then it checks each time', async () => {
    const connect = ask([[outside], [inside]], true)
    expect((await connect()).code).toBeNull()
    expect((await connect()).code).toBe('SOURCE_ADDRESS_FORBIDDEN')
  })

  test('hands on the failure of a lookup', async () => {
    const lookup = guardedLookup('public', () => Promise.reject(new Error('no such name')))
    const { promise, resolve } = Promise.withResolvers<unknown>()
    lookup('venue.example', { all: true }, (error) => resolve(error?.message))
    expect(await promise).toBe('no such name')
  })
})
