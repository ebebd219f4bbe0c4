import { invariant } from '../../aggregator/assert.ts'
import type { Context } from '../../aggregator/context.ts'
import { RESERVED_ROUNDS } from '../../aggregator/promises/reservation.ts'
import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import type { Metrics } from '../api/metrics.ts'
import type { SignerView } from '../api/view.ts'
import type { NodeConfig } from '../config/schema.ts'
import type { NetworkIdentity } from '../gossip/identity.ts'
import type { Ecdsa } from '../keys/ecdsa.ts'
import { HandoverLocks } from '../keys/handover-locks.ts'
import { diskFiles } from '../keys/promise-file.ts'
import { Promises } from '../keys/promises.ts'
import { Signer } from '../keys/signer.ts'
import type { Doing } from '../later.ts'
import type { Startable } from '../lifecycle.ts'
import type { Log } from '../logging.ts'
import { type MemberKeys, memberOf } from '../open-keys.ts'
import type { HandoverSignerPort, SignerPort } from '../ports.ts'
import { SignerClient } from '../signer/client.ts'
import { type DirectoryLock, lockDirectory } from '../store/lock.ts'
import { handoverSignerPort, signerPort } from './signer-port.ts'

/** The signer of a node, in its own process or in another one. */
export interface NodeSigner {
  readonly self: MemberIndex
  readonly identity: NetworkIdentity
  readonly port: SignerPort
  readonly handovers: HandoverSignerPort
  /** Highest round of any promise on disk. */
  readonly watermark: () => Round
  readonly view: () => SignerView
  /** Also holds the data directory; stopping it gives both back. */
  readonly part: Startable
}

export interface NodeSignerDependencies {
  readonly context: Context
  readonly ecdsa: Ecdsa
  readonly log: Log
  readonly metrics: Metrics
  readonly onFatal: (error: unknown) => void
  readonly signal: AbortSignal
  /** Does what no certificate waits for, soon. */
  readonly later: Doing
}

/**
 * Takes the data directory for this process and reaches the signer.
 *
 * @throws {OracleError} `DATA_DIRECTORY_IN_USE`, and what promises or a signer's socket throw
 */
export async function openSigner(
  { config, member }: { readonly config: NodeConfig; readonly member: MemberKeys | null },
  dependencies: NodeSignerDependencies,
): Promise<NodeSigner> {
  const directory = config.dataDirectory
  if (member !== null) {
    const { later } = dependencies
    const promises = await Promises.open(
      { directory, reserveRounds: RESERVED_ROUNDS },
      { files: diskFiles, later },
    )
    try {
      const locks = await HandoverLocks.open(directory)
      return signerInside(member, { promises, locks }, dependencies)
    } catch (error) {
      await promises.close()
      throw error
    }
  }
  const lock = lockDirectory(directory)
  try {
    return await signerOutside(config, lock, dependencies)
  } catch (error) {
    lock.release()
    throw error
  }
}

function signerInside(
  { self, identity, signingShare }: MemberKeys,
  disk: { readonly promises: Promises; readonly locks: HandoverLocks },
  { context, ecdsa, log, metrics, later }: NodeSignerDependencies,
): NodeSigner {
  const signer = new Signer(
    { context, index: self },
    { identity, share: signingShare, ...disk, ecdsa, later },
  )
  const refused = new Map<string, number>()
  const onRefused = (code: string) => {
    refused.set(code, (refused.get(code) ?? 0) + 1)
    metrics.signerRefusals.inc({ code })
  }
  return {
    self,
    identity: identity.use((key) => Uint8Array.from(key)),
    port: signerPort({ signer, log, onRefused }),
    handovers: handoverSignerPort({ signer, log, onRefused }),
    watermark: () => signer.watermark,
    view: () => ({
      place: 'inside',
      isReachable: true,
      watermark: signer.watermark,
      refused: Object.fromEntries(refused),
    }),
    part: signer,
  }
}

async function signerOutside(
  { keys }: NodeConfig,
  lock: DirectoryLock,
  { context, log, metrics, onFatal, signal }: NodeSignerDependencies,
): Promise<NodeSigner> {
  invariant(keys.signer !== undefined, 'keys that are not here are with a signer')
  const { socket: path, access } = keys.signer
  const client = new SignerClient(
    { path, access, committeeDigest: context.committee.digest },
    { log, onRefused: (code) => metrics.signerRefusals.inc({ code }), onFault: onFatal },
  )
  await client.start(signal)
  const self = memberOf(context.committee.params, client.identityKey)
  return {
    self,
    identity: { publicKey: client.identityKey, sign: (data) => client.signHandshake(data) },
    port: client.port(),
    handovers: client.handovers(context),
    watermark: () => client.status.watermark,
    view: () => {
      const { watermark, refused, isReachable } = client.status
      return { place: 'process', isReachable, watermark, refused }
    },
    part: {
      name: client.name,
      start: () => client.start(signal),
      stop: async () => {
        await client.stop()
        lock.release()
      },
    },
  }
}
