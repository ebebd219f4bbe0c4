import { describe, expect, test } from 'vitest'
import { isAtLeast, lockEntries } from './lockfile.ts'
import { read } from './source-files.ts'

/**
 * First versions without the flaws that are known to us. The registry's audit cannot be asked from
 * everywhere, so the list stands here. Each line: why a lower one is refused.
 */
const FLOORS: Readonly<Record<string, readonly [version: string, because: string]>> = {
  '@libp2p/gossipsub': ['17.1.1', 'CVE-2026-46679: unbounded subscriptions; limits ignored'],
  libp2p: ['3.3.11', 'inbound upgrades without a time limit; leaks of the connection monitor'],
  '@chainsafe/libp2p-noise': ['17.0.0', 'the release made for libp2p 3'],
  '@chainsafe/libp2p-yamux': ['8.0.1', 'the release with bounded stream buffers'],
  '@libp2p/tcp': ['11.0.28', 'sockets kept after a failed upgrade'],
  undici: ['7.30.2', 'CVE-2026-22036, -1525, -2229, -2581: bombs, smuggling, crashes'],
  ws: ['8.20.1', 'CVE-2024-37890 and its successors: headers that crash a server'],
  node: ['24.21.0', 'the version everything here was measured and tested with'],
}

/** Packages whose install scripts may run: native code, or a binary put in its place. */
const MAY_RUN_SCRIPTS = ['esbuild', 'node', 'protobufjs', 'secp256k1']

/** Those whose scripts may not: what they would build comes built. */
const MAY_NOT_RUN_SCRIPTS = ['koffi']

/** Discovery and traversal: each adds strangers or leaks, and a committee knows its members. */
const FORBIDDEN = /kad-dht|mdns|upnp|autonat|relay|webrtc|rendezvous/

const entries = lockEntries('package-lock.json')
const toolEntries = lockEntries('test/mutation/tools/package-lock.json')
const manifest = JSON.parse(read('package.json'))
const direct = {
  ...manifest.dependencies,
  ...manifest.optionalDependencies,
  ...manifest.devDependencies,
}

describe('dependencies (docs/adr/0008-dependencies.md)', () => {
  test('the lock is read', () => {
    expect(entries.length).toBeGreaterThan(200)
    expect(toolEntries.length).toBeGreaterThan(100)
  })

  test.each(Object.entries(FLOORS))('%s is at least %j', (name, [floor]) => {
    const found = entries.filter((entry) => entry.name === name)
    expect(found.length, `${name} is in the lock`).toBeGreaterThan(0)
    expect(found.filter((entry) => !isAtLeast(entry.version, floor))).toEqual([])
  })

  test('every entry carries a sha512 integrity', () => {
    const all = [...entries, ...toolEntries]
    const without = all.filter((entry) => !/^sha512-[\w+/]{86}==$/.test(entry.integrity ?? ''))
    expect(without.map((entry) => entry.path)).toEqual([])
  })

  test('no entry is taken from anywhere but the public npm registry', () => {
    const elsewhere = [...entries, ...toolEntries].filter(
      ({ resolved }) =>
        resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/'),
    )
    expect(elsewhere.map((entry) => entry.path)).toEqual([])
  })

  test('no package outside the list runs an install script', () => {
    const scripted = entries.filter((entry) => entry.hasInstallScript === true)
    expect(scripted.length).toBeGreaterThan(0)
    expect(toolEntries.filter((entry) => entry.hasInstallScript === true)).toEqual([])
    const known = [...MAY_RUN_SCRIPTS, ...MAY_NOT_RUN_SCRIPTS]
    const outside = scripted.filter((entry) => !known.includes(entry.name))
    expect(outside.map((entry) => entry.path)).toEqual([])
  })

  test('package.json allows exactly the scripts of the list', () => {
    const said = (isAllowed: boolean) =>
      Object.keys(manifest.allowScripts).filter((name) => manifest.allowScripts[name] === isAllowed)
    expect(said(true).toSorted()).toEqual(MAY_RUN_SCRIPTS)
    expect(said(false).toSorted()).toEqual(MAY_NOT_RUN_SCRIPTS)
  })

  test('every optional package that another names stands in the lock', () => {
    // npm drops what it cannot find while it writes the lock, and `npm ci` then fails elsewhere.
    const paths = new Set(entries.map((entry) => entry.path))
    const missing = entries.flatMap((entry) =>
      Object.keys(entry.optionalDependencies ?? {})
        .filter((name) => !isFoundFrom(entry.path, name, paths))
        .map((name) => `${entry.path} wants ${name}`),
    )
    expect(missing).toEqual([])
  })

  test('nothing that discovers, relays or punches holes is installed', () => {
    expect(entries.map((entry) => entry.name).filter((name) => FORBIDDEN.test(name))).toEqual([])
  })

  test('package.json names exact versions only, the ones in the lock', () => {
    const loose = Object.entries<string>(direct).filter(([name, wanted]) => {
      const version = wanted.replace(/^npm:.+@/, '')
      const locked = entries.find((entry) => entry.path === `node_modules/${name}`)
      return !/^\d+\.\d+\.\d+$/.test(version) || locked?.version !== version
    })
    expect(loose).toEqual([])
  })

  test('every direct dependency has its line in the ADR', () => {
    const adr = read('docs/adr/0008-dependencies.md')
    expect(Object.keys(direct).filter((name) => !adr.includes(`\`${name}\``))).toEqual([])
  })

  test('.nvmrc and the installed Node agree', () => {
    expect(read('.nvmrc').trim()).toBe(manifest.devDependencies.node)
  })
})

/** Node's own search: the folder of the package, then each one above it. */
function isFoundFrom(path: string, name: string, paths: ReadonlySet<string>): boolean {
  if (paths.has(`${path}/node_modules/${name}`)) return true
  const above = path.lastIndexOf('/node_modules/')
  if (above === -1) return paths.has(`node_modules/${name}`)
  return isFoundFrom(path.slice(0, above), name, paths)
}

describe('the comparison of versions', () => {
  test.each([
    ['1.2.3', '1.2.3', true],
    ['1.10.0', '1.9.9', true],
    ['1.9.9', '1.10.0', false],
    ['2.0.0', '1.9.9', true],
    ['2.0.0-rc.1', '1.0.0', false],
  ])('%s against the floor %s: %s', (version, floor, expected) => {
    expect(isAtLeast(version, floor)).toBe(expected)
  })
})
