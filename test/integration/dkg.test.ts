import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { formatParams } from '../../node/config/committee-file.ts'
import { parseCommittee } from '../../node/config/committee-text.ts'
import { type LocalCommitteeToBe, localCommitteeToBe } from '../../node/devnet/committee.ts'
import { type NodeFiles, type RunFiles, writeRunFiles } from '../../node/devnet/files.ts'
import { freePorts } from '../../node/devnet/wait.ts'
import { openKeystore } from '../../node/keys/keystore.ts'
import { Secret } from '../../node/keys/secret.ts'
import { endChildren } from '../support/children.ts'

let directory: string
let committee: LocalCommitteeToBe
let files: RunFiles
let children: ChildProcess[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parallax-dkg-'))
  committee = localCommitteeToBe({ size: 4, feeds: ['BTC/USD'], genesisMs: 1_790_000_000_000 })
  const ports = await freePorts(8)
  files = await writeRunFiles(directory, { committee, ports, chain: null, marketUrl: null })
  children = []
})

afterEach(async () => {
  await endChildren(children)
  await rm(directory, { recursive: true })
})

interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

function node(index: number): NodeFiles {
  const found = files.nodes[index]
  if (found === undefined) throw new Error(`no node ${index}`)
  return found
}

/** A member's `parallax dkg` as its operator starts it. */
function dkg(
  member: number | { readonly index: number; readonly preload: string },
  ...options: readonly string[]
) {
  const { index, preload = null } = typeof member === 'number' ? { index: member } : member
  const preloads = preload === null ? [] : ['--import', preload]
  const command = ['node/cli/main.ts', 'dkg', '--config', node(index).config]
  const args = [...preloads, ...command, ...options]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
  children.push(child)
  const texts = { stdout: '', stderr: '' }
  child.stdout?.on('data', (chunk: Buffer) => {
    texts.stdout += chunk.toString()
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    texts.stderr += chunk.toString()
  })
  const input = child.stdio[3]
  if (input !== null && input !== undefined && 'end' in input) {
    input.on('error', () => undefined)
    input.end(files.passphrase)
  }
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (exitCode) => resolve({ exitCode, ...texts }))
  })
  return { child, ended, texts }
}

const all = (...options: readonly string[]) => [0, 1, 2, 3].map((index) => dkg(index, ...options))

const sharePath = (index: number) => join(node(index).directory, 'signing-share.json')
const hasShare = (index: number) => existsSync(sharePath(index))

/** A module that ends its process with SIGKILL at the moment this file gets its name. */
function deadly(name: string, when: 'before' | 'after'): string {
  const text = `
    import fs from 'node:fs/promises'
    import { syncBuiltinESMExports } from 'node:module'
    for (const call of ['link', 'rename']) {
      const real = fs[call]
      fs[call] = async (from, to) => {
        const isIt = String(to).endsWith('/${name}')
        if (isIt && '${when}' === 'before') process.kill(process.pid, 'SIGKILL')
        await real(from, to)
        if (isIt) process.kill(process.pid, 'SIGKILL')
      }
    }
    syncBuiltinESMExports()`
  return `data:text/javascript,${encodeURIComponent(text)}`
}

async function readCommittee() {
  const parsed = parseCommittee(await readFile(join(directory, 'committee.json'), 'utf8'))
  if (parsed.type === 'refused') throw new Error(JSON.stringify(parsed.problems))
  return parsed.committee
}

async function expectKey(): Promise<void> {
  const { keyGeneration, groupKey } = await readCommittee()
  expect(keyGeneration?.signatures).toHaveLength(4)
  expect(groupKey.verifyingShares).toHaveLength(4)
  const passphrase = Secret.ofText(files.passphrase)
  for (const member of [0, 1, 2, 3]) {
    const path = sharePath(member)
    const options = { path, purpose: 'signing-share', member, passphrase } as const
    expect((await openKeystore({ ...options, strength: 'development' })).length).toBe(32)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
  }
}

/** Of members that wait in vain for one that was killed: so long that they all get there first. */
const inVain = (seconds: number) => [
  ...['--phase-timeout', String(seconds), '--meet-timeout', '60'],
]

describe('parallax dkg', () => {
  test('four processes end with one committee file and a share each', async () => {
    const ended = await Promise.all(all('--json').map((each) => each.ended))
    expect(ended.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0])
    const facts = ended.map(({ stdout }) => JSON.parse(stdout))
    const { groupKey } = await readCommittee()
    const publicKey = Buffer.from(groupKey.publicKey).toString('hex')
    expect(facts.map((each) => each.publicKey)).toEqual(Array(4).fill(publicKey))
    expect(ended[0]?.stderr).toContain('"phase":"meeting"')
    await expectKey()

    // Once more, by mistake: the key that is there stays, and so do the shares.
    const share = await readFile(sharePath(2), 'utf8')
    const again = await dkg(2, '--json').ended
    expect(again.exitCode).toBe(0)
    expect(JSON.parse(again.stdout)).toMatchObject({ publicKey })
    expect(await readFile(sharePath(2), 'utf8')).toBe(share)
  })

  test('a missing member is named and costs no attempt', async () => {
    const three = [0, 1, 2].map((index) => dkg(index, '--meet-timeout', '4'))
    for (const { exitCode, stderr } of await Promise.all(three.map((each) => each.ended))) {
      expect(exitCode).toBe(12)
      expect(stderr).toMatch(/KEYGEN_LATE: no key: .*phase meeting.*; nothing was revealed/)
      // The first to give up may leave before another has met it.
      expect(stderr).toMatch(/waiting for members? (?:[\d, ]+ and )?3\b/)
    }
    expect([0, 1, 2].some(hasShare)).toBe(false)
    const ended = await Promise.all(all().map((each) => each.ended))
    expect(ended.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0])
    await expectKey()
  })

  test('it can be stopped while it waits', async () => {
    const { child, ended, texts } = dkg(0)
    await new Promise<void>((resolve) => child.stderr?.once('data', () => resolve()))
    expect(texts.stderr).toMatch(/^meeting 1 of 4, waiting for members 1, 2 and 3/)
    child.kill('SIGTERM')
    const { exitCode, stderr } = await ended
    expect(exitCode).toBe(12)
    expect(stderr).toContain('KEYGEN_STOPPED')
  })

  test.each([
    ['before', 'package.json', 'begin anew'],
    ['after', 'package.json', 'begin anew'],
    ['before', 'result.json', 'begin anew'],
    ['after', 'result.json', 'go on'],
    ['before', 'signing-share.json', 'go on'],
    ['after', 'signing-share.json', 'go on'],
    ['before', 'committee.json', 'go on'],
    ['after', 'committee.json', 'go on'],
  ] as const)('killed %s %s is durable: the members %s', async (when, name, what) => {
    // Who goes on must be back in time on a busy machine as well; who does not is waited for.
    // Nor is it met again by those that had not met it when it stopped.
    // What comes after the packages takes phases more.
    const options =
      what === 'go on' ? ['--phase-timeout', '60'] : inVain(name === 'package.json' ? 4 : 8)
    const others = [0, 1, 2].map((index) => dkg(index, ...options))
    const victim = dkg({ index: 3, preload: deadly(name, when) }, ...options)
    expect(await victim.ended).toMatchObject({ exitCode: null })
    if (what === 'go on') {
      const ended = await Promise.all([...others, dkg(3, ...options)].map((each) => each.ended))
      expect(ended.map(({ exitCode, stderr }) => (exitCode === 0 ? '' : stderr))).toEqual(
        Array(4).fill(''),
      )
      await expectKey()
      return
    }
    for (const { exitCode, stderr } of await Promise.all(others.map((each) => each.ended))) {
      expect(exitCode).toBe(12)
      expect(stderr).toMatch(/KEYGEN_(LATE|ABANDONED): no key/)
    }
    expect([0, 1, 2, 3].some(hasShare)).toBe(false)
    if (name === 'result.json' || when === 'after') {
      const refused = { exitCode: 12, stderr: expect.stringMatching(/^KEYGEN_ATTEMPT_USED/) }
      expect(await dkg(3).ended).toMatchObject(refused)
    }
    const params = { ...committee.params, keygenAttempt: 1 }
    await writeFile(join(directory, 'committee.json'), formatParams(params))
    const second = await Promise.all(all().map((each) => each.ended))
    expect(second.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0])
    await expectKey()
  })

  test('a share that stands there already is not overwritten, and nothing is begun', async () => {
    await writeFile(sharePath(1), 'mine', { mode: 0o600 })
    const { exitCode, stderr } = await dkg(1).ended
    expect(exitCode).toBe(3)
    expect(stderr).toMatch(/^FILE_EXISTS: /)
    expect(await readFile(sharePath(1), 'utf8')).toBe('mine')
  })

  test('a member that has all signatures needs nobody to install them, though all have gone', async () => {
    const own = join(node(3).directory, 'committee.json')
    await writeFile(own, formatParams(committee.params))
    const config = JSON.parse(await readFile(node(3).config, 'utf8'))
    await writeFile(node(3).config, JSON.stringify({ ...config, committee: own }))
    const others = [0, 1, 2].map((index) => dkg(index))
    const victim = dkg({ index: 3, preload: deadly('signing-share.json', 'before') })
    const ended = await Promise.all([...others, victim].map((each) => each.ended))
    expect(ended.map(({ exitCode, stderr }) => (exitCode === 0 ? 0 : stderr))).toEqual([
      ...[0, 0, 0],
      expect.not.stringContaining('KEYGEN'),
    ])
    expect(hasShare(3)).toBe(false)

    const { exitCode, stderr } = await dkg(3, ...inVain(4)).ended
    expect([exitCode, stderr]).toEqual([0, ''])
    await expectKey()
    expect(await readFile(own, 'utf8')).toBe(
      await readFile(join(directory, 'committee.json'), 'utf8'),
    )
  })
})
