import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { NodeFiles } from '../../node/devnet/files.ts'
import { freePorts } from '../../node/devnet/wait.ts'
import { type LocalNode, LocalNodes, logOf, until } from '../support/local-nodes.ts'

const TWIN_OF = 3

let network: LocalNodes
let nodes: LocalNode[]
let twin: LocalNode

beforeAll(async () => {
  network = await LocalNodes.prepare(4)
  nodes = [0, 1, 2, 3].map((index) => network.node(index))
  twin = network.nodeOf(await copyOf((nodes[TWIN_OF] as LocalNode).files))
})

afterAll(() => network.stop())

/** The same keys with other ports and, once the first one runs, without its data. */
async function copyOf(files: NodeFiles): Promise<NodeFiles> {
  const directory = join(network.directory, 'twin')
  mkdirSync(directory)
  cpSync(files.directory, directory, { recursive: true })
  const [gossipPort = 0, apiPort = 0] = await freePorts(2)
  const copy = { ...files, directory, gossipPort, apiPort }
  const twinFiles = {
    ...copy,
    config: join(directory, 'config.json'),
    log: join(directory, 'node.log'),
  }
  network.configure(twinFiles, (config) => {
    const { members } = config.network as { readonly members: unknown }
    config.network = { listen: [`/ip4/127.0.0.1/tcp/${gossipPort}`], members }
    config.api = { port: apiPort }
  })
  return twinFiles
}

test('a key on two data directories is noticed by both, or one of them stops (§9.3)', async () => {
  for (const node of nodes) node.process.start()
  await until('the committee to certify', async () => {
    const overview = await nodes[0]?.client.overview()
    return overview?.peers[TWIN_OF]?.lastRound ?? null
  })
  twin.process.start()
  const noticed = await until('somebody to notice the twin', async () => {
    const own = await twin.client.overview()
    const others = await Promise.all([0, 1, 2].map((index) => nodes[index]?.client.overview()))
    const isSeen = others.some((each) => each?.peers[TWIN_OF]?.isContested === true)
    const isStopped = !twin.process.isRunning || nodes[TWIN_OF]?.process.isRunning === false
    if (isStopped) return 'stopped' as const
    return isSeen && own?.obstacles.includes('KEY_CONTESTED') ? ('shown' as const) : null
  })
  if (noticed === 'stopped') {
    const logs = [logOf(twin.files), logOf((nodes[TWIN_OF] as LocalNode).files)].join('')
    expect(logs).toContain('KEY_RUNS_TWICE')
    return
  }
  expect(logOf(twin.files)).toContain('peer.contested')
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
