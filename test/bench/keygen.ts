import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { localCommitteeToBe } from '../../node/devnet/committee.ts'
import { createRunDirectory, type NodeFiles, writeRunFiles } from '../../node/devnet/files.ts'
import { freePorts } from '../../node/devnet/wait.ts'
import type { Bench } from './bench.ts'
import type { Figure } from './figure.ts'

export const keygenBench: Bench = {
  name: 'keygen',
  about: 'key generation, with a `parallax dkg` process for each member, all on this machine',
  run: async ({ nodes, say }) => {
    const figures: Figure[] = []
    for (const size of nodes.length === 0 ? [4, 7] : nodes) {
      say(`n = ${size}: keys`)
      figures.push(...(await generateWith(size)))
    }
    return figures
  },
}

interface Member {
  readonly exitCode: number | null
  /** When its progress first left the meeting, and when its process ended; milliseconds. */
  readonly metMs: number
  readonly endedMs: number
}

async function generateWith(size: number): Promise<readonly Figure[]> {
  const directory = await createRunDirectory()
  try {
    const committee = localCommitteeToBe({ size, feeds: ['BTC/USD'], genesisMs: Date.now() })
    const ports = await freePorts(2 * size)
    const files = await writeRunFiles(directory, { committee, ports, chain: null, marketUrl: null })
    const startedMs = performance.now()
    const members = await Promise.all(
      files.nodes.map((node) => runMember(node, files.passphrase, startedMs)),
    )
    const failed = members.filter(({ exitCode }) => exitCode !== 0).length
    if (failed > 0) throw new Error(`${failed} of ${size} members ended without a key`)
    const lastMetMs = Math.max(...members.map(({ metMs }) => metMs))
    const lastEndedMs = Math.max(...members.map(({ endedMs }) => endedMs))
    const figure = (name: string, valueMs: number): Figure => {
      return { name: `keygen.n${size}.${name}`, value: Math.round(valueMs), unit: 'ms' }
    }
    return [
      // Until the last member saw enough others: process start and connections.
      figure('meeting', lastMetMs),
      // Packages, echoes, shares, results, files, and waiting until everybody has everything.
      figure('generation', lastEndedMs - lastMetMs),
      figure('whole', lastEndedMs),
    ]
  } finally {
    rmSync(directory, { recursive: true })
  }
}

async function runMember(node: NodeFiles, passphrase: string, startedMs: number): Promise<Member> {
  const timeouts = ['--meet-timeout', '300', '--phase-timeout', '300']
  const args = ['node/cli/main.ts', 'dkg', '--config', node.config, '--json', ...timeouts]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] })
  const secret = child.stdio[3]
  if (secret !== null && secret !== undefined && 'end' in secret) secret.end(passphrase)
  let metMs = Number.NaN
  createInterface({ input: child.stderr as Readable }).on('line', (line) => {
    const isLater = !line.includes('"phase":"meeting"')
    if (Number.isNaN(metMs) && isLater) metMs = performance.now() - startedMs
  })
  const [exitCode] = await once(child, 'close')
  return { exitCode, metMs, endedMs: performance.now() - startedMs }
}
