import { execFileSync } from 'node:child_process'
import { closeSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { NodeFiles } from '../../node/devnet/files.ts'
import type { LocalNode } from '../../node/devnet/network.ts'
import { buildPreload } from '../support/preload.ts'
import type { MemberFault } from './scenarios.ts'

/** Room for journal and promises of a short run, and few enough bytes to fill at once. */
const DISK_MIB = 16
export const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1'

function clockFileOf(node: NodeFiles): string {
  return join(node.directory, 'clock')
}

/** A wall clock that can be moved while the process runs; its monotonic clock stays as it is. */
export function withClock(node: NodeFiles): readonly string[] {
  writeFileSync(clockFileOf(node), '+0\n')
  return [
    'env',
    `LD_PRELOAD=${FAKETIME}`,
    `FAKETIME_TIMESTAMP_FILE=${clockFileOf(node)}`,
    'FAKETIME_NO_CACHE=1',
    'FAKETIME_DONT_FAKE_MONOTONIC=1',
  ]
}

const readOnlyFlagOf = (node: NodeFiles) => join(node.directory, 'read-only')

/** A disk that can be made read-only while the process has files open on it (readonly.c). */
export function withReadOnlyDisk(node: NodeFiles): readonly string[] {
  const source = fileURLToPath(new URL('./readonly.c', import.meta.url))
  const built = buildPreload('readonly', [source])
  if (built === null) throw new Error('needs Linux and a C compiler named cc')
  return [
    'env',
    `LD_PRELOAD=${built.library}`,
    `READONLY_DIRECTORY=${join(node.directory, 'data')}/`,
    `READONLY_FLAG=${readOnlyFlagOf(node)}`,
  ]
}

/** A small disk of its own for a node. */
export function mountSmallDisk(node: NodeFiles): void {
  const data = join(node.directory, 'data')
  execFileSync('mkdir', ['-p', '-m', '700', data])
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m,mode=700`, 'tmpfs', data])
}

/** Takes it away again, when the node has ended: a folder that is mounted cannot be removed. */
export function unmountSmallDisk(node: NodeFiles): void {
  execFileSync('umount', [join(node.directory, 'data')])
}

export async function inflict(
  { node, ports }: { readonly node: LocalNode; readonly ports: readonly number[] },
  fault: MemberFault,
): Promise<void> {
  switch (fault.type) {
    case 'stopped':
      process.kill(node.process.pid ?? Number.NaN, 'SIGSTOP')
      return
    case 'killed':
      return await node.process.kill()
    case 'clock':
      writeFileSync(clockFileOf(node.files), `${fault.byMs < 0 ? '' : '+'}${fault.byMs / 1_000}\n`)
      return
    case 'diskFull':
      fillDisk(join(node.files.directory, 'data', 'filler'))
      return
    case 'diskReadOnly':
      writeFileSync(readOnlyFlagOf(node.files), '')
      return
    case 'loss':
      dropPackets(node.index, ports, fault.percent)
  }
}

export async function heal(node: LocalNode, fault: MemberFault): Promise<void> {
  switch (fault.type) {
    case 'stopped':
      process.kill(node.process.pid ?? Number.NaN, 'SIGCONT')
      return
    case 'killed':
      node.process.start()
      return
    case 'clock':
      writeFileSync(clockFileOf(node.files), '+0\n')
      return
    case 'diskFull':
      rmSync(join(node.files.directory, 'data', 'filler'), { force: true })
      // It stops itself when it cannot promise durably; an operator starts it again.
      if (!node.process.isRunning) node.process.start()
      return
    case 'diskReadOnly':
      rmSync(readOnlyFlagOf(node.files))
      if (!node.process.isRunning) node.process.start()
      return
    case 'loss':
      execFileSync('nft', ['delete', 'table', 'inet', `loss${node.index}`])
  }
}

function fillDisk(path: string): void {
  const file = openSync(path, 'w')
  const block = Buffer.alloc(65_536)
  try {
    for (;;) writeSync(file, block)
  } catch {
    // Full: that was the aim.
  } finally {
    closeSync(file)
  }
}

/** Loses packets on the loopback interface of our own network namespace, by the node's ports. */
function dropPackets(member: number, ports: readonly number[], percent: number): void {
  const table = `loss${member}`
  const list = ports.join(', ')
  const drop = `numgen random mod 100 < ${percent} drop`
  const rules = `table inet ${table} {
    chain input {
      type filter hook input priority 0; policy accept;
      tcp dport { ${list} } ${drop}
      tcp sport { ${list} } ${drop}
    }
  }`
  execFileSync('nft', ['-f', '-'], { input: rules })
}
