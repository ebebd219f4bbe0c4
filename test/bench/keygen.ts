import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { localCommitteeToBe } from '../../node/devnet/committee.ts'
import { createRunDirectory, type NodeFiles, writeRunFiles } from '../../node/devnet/files.ts'
import { freePorts } from '../../node/devnet/wait.ts'

interface Member {
  readonly exitCode: number | null
  /** When its progress first left the meeting, and when its process ended; milliseconds. */
  readonly metMs: number
  readonly endedMs: number
}

/**
 * Generates keys with a `parallax dkg` process for each member, all on this machine, and prints one
 * line of JSON for each size of committee.
 */
async function main(sizes: readonly number[]): Promise<void> {
  for (const size of sizes) {
    const directory = await createRunDirectory()
    const committee = localCommitteeToBe({ size, feeds: ['BTC/USD'], genesisMs: Date.now() })
    const ports = await freePorts(2 * size)
    const files = await writeRunFiles(directory, { committee, ports, chain: null, marketUrl: null })
    const startedMs = performance.now()
    const members = await Promise.all(
      files.nodes.map((node) => runMember(node, files.passphrase, startedMs)),
    )
    const lastMetMs = Math.max(...members.map(({ metMs }) => metMs))
    const lastEndedMs = Math.max(...members.map(({ endedMs }) => endedMs))
    const figures = {
      members: size,
      failed: members.filter(({ exitCode }) => exitCode !== 0).length,
      // Until the last member saw enough others: process start and connections.
      meetingMs: Math.round(lastMetMs),
      // Packages, echoes, shares, results, files, and waiting until everybody has everything.
      generationMs: Math.round(lastEndedMs - lastMetMs),
      wholeMs: Math.round(lastEndedMs),
    }
    process.stdout.write(`${JSON.stringify(figures)}\n`)
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

await main(process.argv.slice(2).map(Number))
