import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LocalNode, LocalNodes, logOf, until } from '../support/local-nodes.ts'

const FALLEN = 3

let network: LocalNodes
let nodes: LocalNode[]

beforeAll(async () => {
  network = await LocalNodes.prepare(4)
  nodes = [0, 1, 2, 3].map((index) => network.node(index))
})

afterAll(() => network.stop())

/** The newest round in which another member counted an observation of the one that fell. */
async function lastRound(): Promise<number | null> {
  const overview = await nodes[0]?.client.overview()
  return overview?.peers[FALLEN]?.lastRound ?? null
}

test('a copy without data takes the place of a machine that died, and nobody is accused', async () => {
  for (const node of nodes) node.process.start()
  const before = await until('the member to be heard', lastRound)
  const first = nodes[FALLEN] as LocalNode
  const standby = network.nodeOf(await network.copyOf(first.files, 'standby', 'without data'))
  expect(existsSync(join(standby.files.directory, 'data'))).toBe(false)
  await first.process.kill()
  standby.process.start()
  const status = await until('the standby to run', () => standby.client.status())
  // What the first one promised last is not on this disk: it is silent up to its barrier.
  expect(status.barrier).toBeGreaterThan(before)
  const after = await until('the member to be heard from there', async () => {
    const round = await lastRound()
    return round !== null && round > status.barrier ? round : null
  })
  expect(after).toBeGreaterThan(status.barrier)
  standby.process.assertRunning()
  for (const { client } of [...nodes.slice(0, FALLEN), standby]) {
    expect((await client.overview())?.peers.filter(({ isConvicted }) => isConvicted)).toEqual([])
  }
  expect(logOf(standby.files)).not.toContain('KEY_RUNS_TWICE')
})
