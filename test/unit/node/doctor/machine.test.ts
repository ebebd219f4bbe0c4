import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../../../node/config/load.ts'
import { committeeFindings } from '../../../../node/doctor/checks/committee.ts'
import {
  directoryFinding,
  spaceFinding,
  syncFinding,
  unusableFinding,
} from '../../../../node/doctor/checks/data-directory.ts'
import { listenAddressesOf, portFinding } from '../../../../node/doctor/checks/ports.ts'
import { foreignFinding, nodeFinding } from '../../../../node/doctor/checks/running-node.ts'
import { socketAddressOf } from '../../../../node/doctor/socket-address.ts'
import { committeeOfFour, MINIMAL_CONFIG } from '../config/fixtures.ts'

const GIB = 2 ** 30

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code })
}

describe('the data directory', () => {
  const seen = { path: '/d', place: '/d', isHeld: false, foreign: null }

  test('is in order whether it is there, will be made, or is in use', () => {
    expect(directoryFinding(seen)).toMatchObject({ verdict: 'ok', seen: '/d is writable and free' })
    expect(directoryFinding({ ...seen, place: '/' }).seen).toBe('/d will be made; / is writable')
    expect(directoryFinding({ ...seen, isHeld: true }).seen).toBe('/d is in use by a process')
  })

  test('names a file that another user left in it', () => {
    expect(directoryFinding({ ...seen, foreign: '/d/promises' })).toMatchObject({
      verdict: 'fault',
      code: 'DATA_DIRECTORY_UNUSABLE',
      seen: '/d/promises belongs to somebody else',
    })
  })

  test.each([
    ['ENOSPC', 'DISK_SPACE_LOW'],
    ['EDQUOT', 'DISK_SPACE_LOW'],
    ['EROFS', 'DATA_DIRECTORY_UNUSABLE'],
    ['EACCES', 'DATA_DIRECTORY_UNUSABLE'],
  ])('%s is a fault: %s', (cause, code) => {
    expect(unusableFinding('/d', systemError(cause))).toMatchObject({ verdict: 'fault', code })
  })
})

describe('space', () => {
  test('is enough when the whole journal fits, and counts what the journal has already', () => {
    expect(spaceFinding({ freeBytes: 5 * GIB, journalBytes: 0 }).verdict).toBe('ok')
    expect(spaceFinding({ freeBytes: 2 * GIB, journalBytes: 0 })).toMatchObject({
      verdict: 'warning',
      seen: '2048 MiB are free, and the journal may still grow by 4096 MiB',
    })
    expect(spaceFinding({ freeBytes: 2 * GIB, journalBytes: 3 * GIB }).verdict).toBe('ok')
  })

  test('is a fault where promises are the next thing that does not fit', () => {
    const found = spaceFinding({ freeBytes: 2 ** 26 - 1, journalBytes: 4 * GIB })
    expect(found).toMatchObject({ verdict: 'fault', code: 'DISK_SPACE_LOW' })
  })
})

describe('fdatasync', () => {
  test('says median and worst', () => {
    expect(syncFinding([9, 1, 2], 500).seen).toBe(
      'fdatasync takes 2.0 ms (median of 3 writes), the slowest 9.0 ms',
    )
  })

  test('is slow from a round on, because promises wait no longer (protocol §10.1)', () => {
    expect(syncFinding([1, 499.9], 500).verdict).toBe('ok')
    expect(syncFinding([1, 500], 500)).toMatchObject({
      verdict: 'warning',
      code: 'DISK_SYNC_SLOW',
    })
    expect(syncFinding([1, 60_000], null).verdict).toBe('ok')
  })
})

describe('ports', () => {
  function addresses() {
    const parsed = parseConfig(`${MINIMAL_CONFIG}
api: { host: 127.0.0.1, port: 8081 }
`)
    if (parsed.type === 'refused') throw new Error(JSON.stringify(parsed.problems))
    return listenAddressesOf(parsed.config)
  }

  test('of the configuration are all looked at', () => {
    const seen = addresses().map(({ check, socket }) => [check, socket])
    expect(seen).toEqual([
      ['gossip port', { host: '127.0.0.1', port: 9000, family: 4 }],
      ['api port', { host: '127.0.0.1', port: 8081, family: 4 }],
    ])
  })

  test('fail with the code that run ends with', () => {
    const [gossip, api] = addresses()
    if (gossip === undefined || api === undefined) throw new Error('there are two')
    const codeOf = (address: typeof gossip, failure: string | null) =>
      portFinding(address, failure).code
    expect(codeOf(gossip, null)).toBe('OK')
    expect(codeOf(gossip, 'EADDRINUSE')).toBe('GOSSIP_LISTEN_FAILED')
    expect(codeOf(gossip, 'EACCES')).toBe('GOSSIP_LISTEN_FAILED')
    expect(codeOf(api, 'EADDRINUSE')).toBe('API_PORT_BUSY')
    expect(codeOf(api, 'EADDRNOTAVAIL')).toBe('API_ADDRESS_REFUSED')
    expect(portFinding(api, 'EADDRINUSE').advice).toContain("ss -ltnp 'sport = :8081'")
  })

  test.each([
    ['/ip4/192.0.2.7/tcp/9000', { host: '192.0.2.7', port: 9000, family: 4 }],
    ['/ip6/2001:db8::7/tcp/1', { host: '2001:db8::7', port: 1, family: 6 }],
    ['/dns/a.example/tcp/65535', { host: 'a.example', port: 65_535, family: 0 }],
    ['/dns6/a.example/tcp/2', { host: 'a.example', port: 2, family: 6 }],
  ])('%s is read', (text, socket) => {
    expect(socketAddressOf(text)).toEqual(socket)
  })
})

describe('the committee', () => {
  const { params } = committeeOfFour()
  const nowMs = params.genesisMs + 1

  test('says what it needs, and which member this is', () => {
    const [found] = committeeFindings({ params, self: 2, known: [0, 1, 3], nowMs })
    expect(found).toMatchObject({
      verdict: 'ok',
      seen:
        '4 members, f = 1: a value needs 3 observations, a certificate 3 signatures; ' +
        'this is member 2',
    })
  })

  test('names members without an address, but not this one', () => {
    const findings = committeeFindings({ params, self: 2, known: [1], nowMs })
    const missing = findings.filter(({ code }) => code === 'PEER_ADDRESS_MISSING')
    expect(missing.map(({ check }) => check)).toEqual(['member 0', 'member 3'])
  })

  test('that begins later says when', () => {
    const [found] = committeeFindings({ params, self: 0, known: [], nowMs: nowMs - 2 })
    expect(found?.seen).toContain(`; begins ${new Date(params.genesisMs).toISOString()}`)
  })
})

test('a running node is in order when nothing stands in its way', () => {
  const seen = {
    name: 'alpha',
    member: 1,
    round: 7,
    obstacles: [] as string[],
    wallet: null,
    foreign: [],
  }
  expect(nodeFinding('http://127.0.0.1:1', seen).verdict).toBe('ok')
  const found = nodeFinding('http://127.0.0.1:1', { ...seen, obstacles: ['CLOCK_BEHIND'] })
  expect(found).toMatchObject({ verdict: 'warning', code: 'NODE_NOT_READY' })
  expect(found.seen).toContain('CLOCK_BEHIND')
})

test('a member of another protocol is named, with what to do', () => {
  const found = foreignFinding(2)
  expect(found).toMatchObject({ check: 'member 2', verdict: 'warning' })
  expect(found.code).toBe('PEER_PROTOCOL_DIFFERS')
  expect(found.advice).toContain('release')
})
