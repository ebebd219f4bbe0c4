import { join } from 'node:path'
import type { CommitteeFile } from '../config/committee-file.ts'
import { loadCommittee } from '../config/load.ts'
import { OracleError } from '../errors.ts'
import { COMMITTEE_FILE, type NodeFiles, type RunFiles } from './files.ts'
import { LocalProcess } from './process.ts'

export interface LocalKeygen {
  readonly committee: CommitteeFile
  /** From the start of the processes until the last one has ended. */
  readonly durationMs: number
}

/**
 * Makes the key of a local committee as a real one does: a `parallax dkg` for each member, each in
 * its own process (protocol §11.1).
 *
 * Its processes join `processes`, so that whoever stops the network stops them.
 *
 * @throws {OracleError} `DEVNET_KEYGEN_FAILED`
 */
export async function generateLocalKey(options: {
  readonly files: RunFiles
  readonly processes: LocalProcess[]
  readonly signal: AbortSignal
}): Promise<LocalKeygen> {
  const { files, processes, signal } = options
  const startedMs = performance.now()
  const members = files.nodes.map((node) => memberProcess(node, files.passphrase))
  processes.push(...members)
  signal.throwIfAborted()
  for (const member of members) member.start()
  const stop = () => {
    for (const member of members) void member.stop()
  }
  signal.addEventListener('abort', stop, { once: true })
  const exitCodes = await Promise.all(members.map((member) => member.exited()))
  signal.removeEventListener('abort', stop)
  const failed = exitCodes.flatMap((exitCode, index) => (exitCode === 0 ? [] : [index]))
  if (failed.length > 0) {
    throw new OracleError(
      'DEVNET_KEYGEN_FAILED',
      `members ${failed.join(', ')} ended without a key; see the logs in ${files.directory}`,
      { context: { members: failed.join(',') } },
    )
  }
  const committee = await loadCommittee(join(files.directory, COMMITTEE_FILE))
  return { committee, durationMs: Math.round(performance.now() - startedMs) }
}

function memberProcess(node: NodeFiles, passphrase: string): LocalProcess {
  const timeouts = ['--meet-timeout', '60', '--phase-timeout', '30']
  return new LocalProcess({
    name: `keygen-${node.index}`,
    args: ['node/cli/main.ts', 'dkg', '--config', node.config, ...timeouts],
    logPath: join(node.directory, 'keygen.log'),
    secret: passphrase,
  })
}
