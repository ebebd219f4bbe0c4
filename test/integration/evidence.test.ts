import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contextOf } from '../../aggregator/context.ts'
import { toHex } from '../../aggregator/values/bytes.ts'
import { openStore } from '../../node/compose/store.ts'
import { formatCommittee } from '../../node/config/committee-file.ts'
import { evidenceFileOf } from '../../node/evidence/evidence-file.ts'
import { SILENT_LOG } from '../../node/logging.ts'
import { referenceCrypto, testCommittee } from '../support/committee.ts'
import { Forge } from '../support/forge.ts'
import { parallax } from '../support/parallax.ts'
import { MINIMAL_CONFIG } from '../unit/node/config/fixtures.ts'

const committeeTest = testCommittee()
const { committee } = committeeTest
const forge = new Forge(committeeTest, contextOf(referenceCrypto, committee))
const evidence = [forge.evidence(3, 12), forge.evidence(1, 40)]
const accusations = [
  { accused: 1, round: 40, kind: 'TWO_OBSERVATIONS' },
  { accused: 3, round: 12, kind: 'TWO_OBSERVATIONS' },
]

let directory: string
let server: Server
let url: string
const at = (name: string) => join(directory, name)

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'parallax-evidence-'))
  writeFileSync(at('committee.json'), formatCommittee(committee))
  writeFileSync(at('node.yaml'), MINIMAL_CONFIG)
  const options = { dataDirectory: at('data'), startedMs: 1, committee, self: 0 }
  const nowMs = () => 20_000
  mkdirSync(at('data'))
  const store = openStore(options, { nowMs, log: SILENT_LOG })
  await store.journal.start()
  for (const each of evidence) store.keepEvidence(each)
  await store.journal.stop()

  const file = JSON.stringify(evidenceFileOf(committee, [forge.evidence(2, 9).message]))
  server = createServer((request, response) => {
    response.statusCode = request.url === '/v1/evidence' ? 200 : 404
    response.end(file)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve))
  rmSync(directory, { recursive: true })
})

const verify = (...args: readonly string[]) =>
  parallax('evidence', 'verify', '--committee', at('committee.json'), ...args)

describe('parallax evidence', () => {
  test('lists what is in the data directory, and what a running node answers', async () => {
    const held = await parallax('evidence', 'list', '--config', at('node.yaml'), '--json')
    expect(held.exitCode).toBe(0)
    expect(JSON.parse(held.stdout)).toMatchObject(accusations)
    const asked = await parallax('evidence', 'list', '--url', url)
    expect(asked.stdout).toMatch(/^member 2 \([0-9a-f]{66}\) signed two observations in round 9\n$/)
  })

  test('exports what anybody with the committee file can verify', async () => {
    const config = ['--config', at('node.yaml')]
    const exported = await parallax('evidence', 'export', ...config, '--out', at('evidence.json'))
    expect(exported.stdout).toMatch(/holds evidence against member 1, member 3/)
    const again = await parallax('evidence', 'export', ...config, '--out', at('evidence.json'))
    expect(again.stderr).toMatch(/^FILE_EXISTS: /)
    const proven = await verify('--file', at('evidence.json'), '--json')
    expect(proven.exitCode).toBe(0)
    const proofs = accusations.map((accusation) => ({ type: 'proven', ...accusation }))
    expect(JSON.parse(proven.stdout)).toMatchObject(proofs)
  })

  test('exports what convicts one member alone, or says that there is nothing', async () => {
    const options = ['--config', at('node.yaml'), '--out']
    const one = await parallax('evidence', 'export', ...options, at('one.json'), '--accused', '3')
    expect(one.exitCode).toBe(0)
    expect(JSON.parse(readFileSync(at('one.json'), 'utf8')).evidence).toHaveLength(1)
    const none = await parallax('evidence', 'export', ...options, at('none.json'), '--accused', '0')
    expect(none).toMatchObject({ exitCode: 11 })
    expect(none.stderr).toMatch(/^EVIDENCE_NONE: /)
  })

  test('verifies two messages without a file, and says why others convict nobody', async () => {
    const [one, two] = forge.evidence(3, 12).message.messages.map(toHex)
    const pair = ['--message', one ?? '', '--message', `0x${two ?? ''}`]
    const proven = await verify(...pair)
    expect(proven.exitCode).toBe(0)
    expect(proven.stdout).toMatch(/^proven: member 3 .* signed two observations in round 12\n$/)
    const same = await verify('--message', one ?? '', '--message', one ?? '')
    expect(same.exitCode).toBe(11)
    expect(same.stdout).toMatch(/^convicts nobody: SAME_CONTENT: /)
  })

  test('refuses a command line and a file that make no sense', async () => {
    expect((await verify('--message', 'aa')).stdout).toMatch(/^convicts nobody: MESSAGE_MALFORMED/)
    const three = ['--message', 'aa', '--message', 'aa', '--message', 'aa']
    expect((await verify(...three)).exitCode).toBe(2)
    expect((await verify('--message', 'aa', '--message', 'x')).exitCode).toBe(2)
    expect((await verify()).exitCode).toBe(2)
    expect((await parallax('evidence', 'list')).exitCode).toBe(2)
    const wrong = await verify('--file', at('node.yaml'))
    expect(wrong.exitCode).toBe(3)
    expect(wrong.stderr).toMatch(/^FILE_NOT_EVIDENCE: /)
    expect((await verify('--file', at('missing'))).stderr).toMatch(/^FILE_UNREADABLE: /)
    const nobody = await parallax('evidence', 'list', '--url', 'http://127.0.0.1:1')
    expect(nobody.exitCode).toBe(7)
  })
})

describe('parallax report verify', () => {
  const { bytes } = forge.certificate({ round: 40, signingSet: 0b0111, expectedNext: 0b1111 })
  const report = (...args: readonly string[]) =>
    parallax('report', 'verify', '--committee', at('committee.json'), ...args)

  test('prints what the committee said', async () => {
    writeFileSync(at('certificate'), `${toHex(bytes)}\n`)
    const valid = await report('--file', at('certificate'))
    expect(valid.exitCode).toBe(0)
    expect(valid.stdout).toContain("valid: the committee's key signed this\nround 40, ")
    expect(valid.stdout).toContain('observed by 0, 1, 2, 3; signed by 0, 1, 2 in slot 0\n')
    expect(valid.stdout).toContain('BTC/USD  60000.00000001 ± 0.00000001, 4 observers\n')
  })

  test('names the first check that fails', async () => {
    const changed = bytes.slice()
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
    const invalid = await report('--hex', toHex(changed), '--json')
    expect(invalid.exitCode).toBe(11)
    expect(JSON.parse(invalid.stdout)).toMatchObject({ type: 'invalid', failed: 'signature' })
    expect((await report('--hex', '0501')).stdout).toMatch(/ check of form failed: it is cut off/)
    expect((await report('--hex', 'zz')).stdout).toMatch(/^NOT VALID: the check of form failed: /)
  })
})
