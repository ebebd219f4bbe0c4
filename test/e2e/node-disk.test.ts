import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, test } from 'vitest'
import { codeOf } from '../../node/errors.ts'
import { type LocalNode, LocalNodes, logOf, until } from '../support/local-nodes.ts'

/** Room for a promises file and the journal of a minute. */
const DISK_BYTES = 12 * 1_024 * 1_024
const DATA_EXIT_CODE = 9

let network: LocalNodes | undefined
let nodes: readonly LocalNode[] = []
let disk: string | null = null

afterAll(async () => {
  await Promise.all(nodes.map((each) => each.process.stop()))
  if (disk !== null) spawnSync('umount', [disk])
  await network?.stop()
})

function mount(options: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk ?? '']).status === 0
}

/** Writes until not one byte more has room. */
function fill(path: string): void {
  const file = openSync(path, 'w')
  for (const size of [1_048_576, 4_096, 1]) {
    try {
      for (;;) writeSync(file, new Uint8Array(size))
    } catch (error) {
      if (codeOf(error) !== 'ENOSPC') throw error
    }
  }
  closeSync(file)
}

async function ended({ process }: LocalNode, what: string): Promise<number | null> {
  await until(what, async () => (process.isRunning ? null : true))
  return await process.exited()
}

/** Newest round in which the witness heard the member on the bad disk. */
async function heard(witness: LocalNode): Promise<number | null> {
  const overview = await witness.client.overview()
  return overview?.peers[0]?.lastRound ?? null
}

test('a node on a full, then a read-only disk says so, and never contradicts itself', async (context) => {
  network = await LocalNodes.prepare(4)
  const [node, witness] = [network.node(0), network.node(1)]
  nodes = [node, witness]
  disk = join(node.files.directory, 'data')
  mkdirSync(disk)
  if (!mount(`size=${DISK_BYTES}`)) {
    disk = null
    context.skip('a small file system needs the right to mount; not tested here')
  }
  node.process.start()
  witness.process.start()
  await until('the witness to hear it', () => heard(witness))

  const filler = join(disk ?? '', 'filler')
  fill(filler)
  expect(await ended(node, 'the full disk to stop it')).toBe(DATA_EXIT_CODE)
  expect(logOf(node.files)).toMatch(/PROMISES_FAILED.*ENOSPC/)
  const last = (await heard(witness)) ?? 0

  rmSync(filler)
  expect(mount('remount,ro')).toBe(true)
  node.process.start()
  expect(await ended(node, 'the read-only disk to stop it')).toBe(DATA_EXIT_CODE)
  expect(logOf(node.files)).toMatch(/PROMISES_UNUSABLE.*EROFS/)

  expect(mount('remount,rw')).toBe(true)
  node.process.start()
  await until('the witness to hear it again', async () => {
    const round = await heard(witness)
    return round !== null && round > last ? round : null
  })
  await Promise.all([node.process.stop(), witness.process.stop()])
  const journal = new DatabaseSync(join(witness.files.directory, 'data', 'journal.sqlite'))
  const said = journal
    .prepare(
      `SELECT count(*) AS messages, count(DISTINCT digest) AS digests FROM message
       WHERE sender = 0 AND type <> 'share' GROUP BY round, type, slot`,
    )
    .all()
  const evidence = journal.prepare('SELECT accused FROM evidence').all()
  journal.close()
  expect(said.length).toBeGreaterThan(4)
  expect(said.filter(({ digests }) => digests !== 1)).toEqual([])
  expect(evidence).toEqual([])
})
