import { afterAll, expect, test } from 'vitest'
import { type LocalNode, LocalNodes, logOf, until } from '../support/local-nodes.ts'

/** Ten rounds of the local network. */
const OFF_MS = 5_000

let network: LocalNodes | undefined

afterAll(() => network?.stop())

/** The environment of a process whose wall clock is off. */
function wallOffBy(ms: number): NodeJS.ProcessEnv {
  const shift = `const now = Date.now.bind(Date); Date.now = () => now() + (${ms})`
  const flag = `--import=data:text/javascript,${encodeURIComponent(shift)}`
  return { ...process.env, NODE_OPTIONS: flag }
}

/** Newest round in which a member heard member 3. */
async function heardBy({ client }: LocalNode): Promise<number> {
  return (await client.overview())?.peers[3]?.lastRound ?? 0
}

/** Rounds that were certified at a member since its start. */
async function certifiedAt({ client }: LocalNode): Promise<number> {
  const { fast = 0, proposed = 0 } = (await client.status())?.rounds ?? {}
  return fast + proposed
}

test('a clock that is off harms nobody, is named as what is wrong, and can be set right', async () => {
  network = await LocalNodes.prepare(4)
  const [witness, ...others] = [0, 1, 2].map((index) => network?.node(index)) as LocalNode[]
  if (witness === undefined) throw new Error('no witness')
  for (const node of [witness, ...others]) node.process.start()
  await until('three to certify', async () => (await certifiedAt(witness)) || null)

  const measured = await until('members to be measured', async () => {
    const peers = (await witness.client.overview())?.peers ?? []
    return peers[1]?.measured.latenessMs ? peers.map((peer) => peer.measured) : null
  })
  expect(measured[3]).toMatchObject({ latenessMs: null, absent: { count: measured[3]?.absent.of } })
  const metrics = await (await fetch(`${witness.client.address}/metrics`)).text()
  expect(metrics).toMatch(/parallax_peer_lateness_seconds{member="1",quantile="0.99"} 0\.\d+/)
  expect(metrics).toContain('parallax_peer_absent_ratio{member="3"} 1')
  expect(metrics).toMatch(/parallax_source_age_seconds{venue="\w+",feed="BTC\/USD"} \d/)

  for (const [ms, obstacle] of [
    [OFF_MS, 'CLOCK_AHEAD'],
    [-OFF_MS, 'CLOCK_BEHIND'],
  ] as const) {
    const node = network.node(3, wallOffBy(ms))
    const before = await certifiedAt(witness)
    node.process.start()
    await until(`${obstacle} to be named`, async () => {
      return (await node.client.overview())?.obstacles.includes(obstacle) === true || null
    })
    const named = await certifiedAt(witness)
    expect(named).toBeGreaterThan(before)
    await until('rounds to certify beside it', async () => {
      return (await certifiedAt(witness)) >= named + 4 || null
    })
    expect(await heardBy(witness)).toBe(0)
    await node.process.stop()
    if (ms > 0) expect(logOf(node.files)).toContain('clock.ahead')
  }

  const right = network.node(3)
  right.process.start()
  await until('it to be heard again', async () => (await heardBy(witness)) || null)
  // It is heard through its first connection, before it has all that it needs.
  await until('nothing to be in its way', async () => {
    return (await right.client.overview())?.obstacles.length === 0 || null
  })
})
