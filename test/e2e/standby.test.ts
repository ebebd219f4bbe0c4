import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LocalNode, LocalNodes, logOf, until } from '../support/local-nodes.ts'

const FALLEN = 3
const PAUSED = 2
/** Exit code of a node that hears its own key from elsewhere. */
const KEY_RUNS_TWICE = 10

let network: LocalNodes
let nodes: LocalNode[]

beforeAll(async () => {
  network = await LocalNodes.prepare(4)
  nodes = [0, 1, 2, 3].map((index) => network.node(index))
})

afterAll(() => network.stop())

/** The newest round in which another member counted an observation of this one. */
async function lastRound(member: number): Promise<number | null> {
  const overview = await nodes[0]?.client.overview()
  return overview?.peers[member]?.lastRound ?? null
}

/** Waits until a member is heard from the process that took its place. */
async function heardFrom(standby: LocalNode, member: number): Promise<number> {
  const { barrier } = await until('the standby to run', () => standby.client.status())
  const heard = await until('the member to be heard from there', async () => {
    const round = await lastRound(member)
    return round !== null && round > barrier ? round : null
  })
  expect(heard).toBeGreaterThan(barrier)
  return barrier
}

/** What a machine goes through that is suspended, and woken. */
function signal(name: 'SIGSTOP' | 'SIGCONT', node: LocalNode): void {
  if (node.process.pid === null) throw new Error('it was started')
  process.kill(node.process.pid, name)
}

async function expectNobodyConvicted(running: readonly LocalNode[]): Promise<void> {
  for (const { client } of running) {
    expect((await client.overview())?.peers.filter(({ isConvicted }) => isConvicted)).toEqual([])
  }
}

test('a copy without data takes the place of a machine that died, and nobody is accused', async () => {
  for (const node of nodes) node.process.start()
  const before = await until('the member to be heard', () => lastRound(FALLEN))
  const first = nodes[FALLEN] as LocalNode
  const standby = network.nodeOf(await network.copyOf(first.files, 'standby', 'without data'))
  expect(existsSync(join(standby.files.directory, 'data'))).toBe(false)
  await first.process.kill()
  standby.process.start()
  // What the first one promised last is not on this disk: it is silent up to its barrier.
  expect(await heardFrom(standby, FALLEN)).toBeGreaterThan(before)
  standby.process.assertRunning()
  nodes[FALLEN] = standby
  await expectNobodyConvicted(nodes)
  expect(logOf(standby.files)).not.toContain('KEY_RUNS_TWICE')
})

test('a machine that was only suspended hears who took its place, or is shown, and nobody is accused', async () => {
  const first = nodes[PAUSED] as LocalNode
  const standby = network.nodeOf(await network.copyOf(first.files, 'second', 'without data'))
  signal('SIGSTOP', first)
  standby.process.start()
  await heardFrom(standby, PAUSED)
  signal('SIGCONT', first)
  nodes[PAUSED] = standby
  // While the others hold on to their connections with the new one, it hears nobody.
  await until('it to stop, or to be shown by others', async () => {
    const overview = await nodes[0]?.client.overview()
    return !first.process.isRunning || overview?.peers[PAUSED]?.isContested === true || null
  })
  if (!first.process.isRunning) expect(await first.process.exited()).toBe(KEY_RUNS_TWICE)
  standby.process.assertRunning()
  await expectNobodyConvicted(nodes)
})
