import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LocalNode, LocalNodes, logOf, until } from '../support/local-nodes.ts'

const TWIN_OF = 3

let network: LocalNodes
let nodes: LocalNode[]

beforeAll(async () => {
  network = await LocalNodes.prepare(4)
  nodes = [0, 1, 2, 3].map((index) => network.node(index))
})

afterAll(() => network.stop())

test('a key on two copies of a data directory is noticed by both, or one stops (§9.3)', async () => {
  for (const node of nodes) node.process.start()
  await until('the committee to certify', async () => {
    const overview = await nodes[0]?.client.overview()
    return overview?.peers[TWIN_OF]?.lastRound ?? null
  })
  // Copied at rest, with the promises of all rounds so far; then both go on from there.
  const original = nodes[TWIN_OF] as LocalNode
  await original.process.stop()
  const twin = network.nodeOf(await network.copyOf(original.files, 'twin', 'with data'))
  expect(existsSync(join(twin.files.directory, 'data', 'promises'))).toBe(true)
  original.process.start()
  twin.process.start()
  const noticed = await until('somebody to notice the twin', async () => {
    const own = await Promise.all([twin, original].map(({ client }) => client.overview()))
    const others = await Promise.all([0, 1, 2].map((index) => nodes[index]?.client.overview()))
    const isSeen = others.some((each) => each?.peers[TWIN_OF]?.isContested === true)
    const isStopped = !twin.process.isRunning || !original.process.isRunning
    if (isStopped) return 'stopped' as const
    const isShown = own.some((each) => each?.obstacles.includes('KEY_CONTESTED') === true)
    return isSeen && isShown ? ('shown' as const) : null
  })
  const own = [logOf(twin.files), logOf(original.files)].join('')
  if (noticed === 'stopped') {
    expect(own).toContain('KEY_RUNS_TWICE')
    return
  }
  expect(own).toContain('peer.contested')
  const logs = [0, 1, 2].map((index) => logOf((nodes[index] as LocalNode).files)).join('')
  expect(logs).toContain('peer.contested')
  const metrics = await Promise.all(
    [0, 1, 2].map(async (index) => {
      const port = nodes[index]?.files.apiPort
      return await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    }),
  )
  const clashes = /parallax_connection_clashes_total\{member="3"\} [1-9]/
  expect(metrics.some((text) => clashes.test(text))).toBe(true)
})
