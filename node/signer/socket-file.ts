import { chmod, lstat, unlink } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { dirname } from 'node:path'
import { codeOf, OracleError } from '../errors.ts'
import { makeFolder } from '../store/folder.ts'

/** Who besides its owner may speak to a signer: nobody, or the group of the socket's file. */
export type SocketAccess = 'owner' | 'group'

/** Rights that would let somebody else speak to the signer, or put another one in its place. */
const FORBIDDEN = { owner: 0o077, group: 0o027 } as const
const MODES = {
  owner: { directory: 0o700, socket: 0o600 },
  group: { directory: 0o750, socket: 0o660 },
} as const

/**
 * Makes room for the socket of a signer: its folder is there and private, and no file stands where
 * the socket will be, except one that a former process left.
 *
 * @throws {OracleError} `SIGNER_SOCKET_EXPOSED`, `SIGNER_SOCKET_BUSY`, `SIGNER_SOCKET_UNUSABLE`
 */
export async function prepareSocket(path: string, access: SocketAccess): Promise<void> {
  const directory = dirname(path)
  await usable(path, async () => makeFolder(directory, MODES[access].directory))
  await assertPrivate(directory, access)
  const before = await lstat(path).catch(() => null)
  if (before === null) return
  if (!before.isSocket()) throw unusable(path, 'another file has its name')
  if (await isAnswering(path)) {
    throw new OracleError(
      'SIGNER_SOCKET_BUSY',
      `another signer listens on ${path}; stop it, or give this one a socket of its own`,
      { context: { path } },
    )
  }
  await usable(path, () => unlink(path))
}

/** Gives the bound socket its rights: whoever may write to it may speak to the signer. */
export async function protectSocket(path: string, access: SocketAccess): Promise<void> {
  await usable(path, () => chmod(path, MODES[access].socket))
}

/**
 * Checks, before a node speaks to it, that nobody but the owner can have put a socket there.
 *
 * @throws {OracleError} `SIGNER_SOCKET_EXPOSED`, `SIGNER_UNREACHABLE`
 */
export async function assertTrusted(path: string, access: SocketAccess): Promise<void> {
  const facts = await lstat(path).catch(() => null)
  if (facts === null || !facts.isSocket()) throw unreachable(path, 'ENOENT')
  await assertPrivate(dirname(path), access)
}

/** The signer does not answer. */
export function unreachable(path: string, cause: string): OracleError {
  return new OracleError(
    'SIGNER_UNREACHABLE',
    `no signer answers on ${path} (${cause}); start it: parallax signer --config FILE`,
    { context: { path, cause } },
  )
}

async function assertPrivate(directory: string, access: SocketAccess): Promise<void> {
  const { mode, uid } = await usable(directory, () => lstat(directory))
  const isOurs = access === 'group' || uid === 0 || uid === process.getuid?.()
  if (isOurs && (mode & FORBIDDEN[access]) === 0) return
  const wanted = MODES[access].directory.toString(8)
  throw new OracleError(
    'SIGNER_SOCKET_EXPOSED',
    `others can reach the signer's socket in ${directory}; run: chmod ${wanted} ${directory}`,
    { context: { directory, mode: (mode & 0o777).toString(8), uid } },
  )
}

async function isAnswering(path: string): Promise<boolean> {
  const socket = createConnection(path)
  const { promise, resolve } = Promise.withResolvers<boolean>()
  socket.once('connect', () => resolve(true))
  socket.once('error', () => resolve(false))
  return await promise.finally(() => socket.destroy())
}

async function usable<T>(path: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use()
  } catch (cause) {
    throw unusable(path, codeOf(cause), cause)
  }
}

function unusable(path: string, reason: string, cause?: unknown): OracleError {
  return new OracleError(
    'SIGNER_SOCKET_UNUSABLE',
    `cannot listen on ${path} (${reason}); check the folder, its owner and its rights`,
    { context: { path, reason }, cause },
  )
}
