import { chmodSync, statSync } from 'node:fs'
import { createConnection } from 'node:net'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SIGNER_PROTOCOL } from '../../node/signer/wire.ts'
import { type LocalNode, LocalNodes, logOf, until } from '../support/local-nodes.ts'

let network: LocalNodes
let nodes: LocalNode[]
let socket: string

/** Four oracles; the keys of the first one are with a signer in a process of its own. */
beforeAll(async () => {
  network = await LocalNodes.prepare(4)
  nodes = [0, 1, 2, 3].map((index) => network.node(index))
  const { files } = nodes[0] as LocalNode
  socket = join(files.directory, 'signer', 'signer.sock')
  network.configure(files, (config) => {
    config.keys.signer = { socket: 'signer/signer.sock' }
  })
})

afterAll(() => network.stop())

const first = () => nodes[0] as LocalNode

/** Rounds in which an observation of the first member was counted last, by another member. */
async function lastRoundOfFirst(): Promise<number | null> {
  const overview = await nodes[1]?.client.overview()
  return overview?.peers[0]?.lastRound ?? null
}

describe('a signer in a process of its own', () => {
  test('signs for its node, dies, comes back, and the node goes on by the rules', async () => {
    const signer = network.run('signer', first().files, { command: 'signer' })
    signer.start()
    for (const node of nodes) node.process.start()
    const before = await until('the first member to be heard', lastRoundOfFirst)
    const status = await first().client.status()
    expect(status?.signer).toMatchObject({ place: 'process', isReachable: true })
    expect(statSync(socket).mode & 0o777).toBe(0o600)
    expect(statSync(dirname(socket)).mode & 0o777).toBe(0o700)

    await signer.kill()
    await until('the node to miss its signer', async () => {
      const overview = await first().client.overview()
      return overview?.obstacles.includes('SIGNER_UNREACHABLE') === true ? true : null
    })
    first().process.assertRunning()
    const silentFrom = (await first().client.status())?.round ?? 0
    const certified = await until('rounds to go on without it', async () => {
      const overview = await first().client.overview()
      const round = overview?.feeds[0]?.certified?.round ?? 0
      return round > silentFrom + 2 ? round : null
    })
    const heard = (await lastRoundOfFirst()) ?? 0
    expect(heard).toBeLessThan(certified)

    signer.start()
    const after = await until('the first member to be heard again', async () => {
      const last = (await lastRoundOfFirst()) ?? 0
      return last > certified + 2 ? last : null
    })
    expect(after).toBeGreaterThan(before)
    expect(logOf(first().files)).toContain('signer.lost')
    const metrics = await (await fetch(`http://127.0.0.1:${first().files.apiPort}/metrics`)).text()
    expect(metrics).toContain('parallax_signer_reachable 1')
    expect(metrics).toMatch(/parallax_signer_refusals_total\{code="SIGNER_UNREACHABLE"\} [1-9]/)
  })

  test('cuts whoever speaks nonsense, and refuses what no node would ask', async () => {
    const answers = await talk([
      { id: 1, request: { type: 'hello', protocol: SIGNER_PROTOCOL } },
      ask(2, { round: 9_007_199_254_740_991, kind: 'share', digest: '11'.repeat(32) }),
      { id: 3, request: { type: 'signHandshake', data: '22'.repeat(56) } },
    ])
    const [status] = await talk([{ id: 4, request: { type: 'status' } }])
    expect(answers[0]).toMatchObject({ id: 1, answer: { type: 'hello' } })
    expect(answers[1]).toEqual({ id: 2, answer: { type: 'refused', code: 'ROUND_FAR' } })
    expect(answers[2]).toEqual({ id: 3, answer: { type: 'refused', code: 'HANDSHAKE_UNKNOWN' } })
    expect(status).toMatchObject({
      answer: { status: { refused: { ROUND_FAR: 1, HANDSHAKE_UNKNOWN: 1 } } },
    })
    expect(await talk(['no json'])).toEqual([])
    expect(logOf(first().files, 'signer')).toContain('SIGNER_MESSAGE_INVALID')
  })

  test('is not spoken to when others could have put it there', async () => {
    await first().process.stop()
    chmodSync(dirname(socket), 0o777)
    first().process.start()
    expect(await first().process.exited()).toBe(5)
    expect(logOf(first().files)).toContain('SIGNER_SOCKET_EXPOSED')
  })
})

function ask(id: number, promise: object) {
  return { id, request: { type: 'persist', promise } }
}

/** Says lines to the signer and hears what it answers before it or we end the connection. */
async function talk(lines: readonly unknown[]): Promise<unknown[]> {
  const connection = createConnection(socket)
  const answers: unknown[] = []
  const closed = new Promise<void>((resolve) => connection.once('close', () => resolve()))
  let rest = ''
  connection.on('data', (chunk) => {
    const parts = (rest + String(chunk)).split('\n')
    rest = parts.pop() ?? ''
    answers.push(...parts.map((part) => JSON.parse(part) as unknown))
    if (answers.length === lines.length) connection.destroy()
  })
  for (const line of lines) {
    connection.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`)
  }
  await closed
  return answers
}
