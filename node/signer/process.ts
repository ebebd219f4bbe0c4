import { createHash } from 'node:crypto'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { committeeOf, roundAt } from '../../aggregator/committee/committee.ts'
import { contextOf } from '../../aggregator/context.ts'
import { barrierAfter } from '../../aggregator/promises/barrier.ts'
import { RESERVED_ROUNDS } from '../../aggregator/promises/reservation.ts'
import { WallClock } from '../clock.ts'
import { assertKeyGenerated, type LoadedConfig } from '../config/load.ts'
import type { Reload } from '../config/reloader.ts'
import { readApproval } from '../handover/files.ts'
import { HandoverLocks } from '../keys/handover-locks.ts'
import { cryptoOf, loadEcdsa } from '../keys/native.ts'
import type { Terminal } from '../keys/passphrase.ts'
import { Promises } from '../keys/promises.ts'
import type { Secret } from '../keys/secret.ts'
import { Signer } from '../keys/signer.ts'
import { type Running, startAll } from '../lifecycle.ts'
import type { LevelledLog } from '../logging.ts'
import { openMemberKeys } from '../open-keys.ts'
import { sparingLog } from '../sparing-log.ts'
import { signerSettings } from './config.ts'
import { signerReloader } from './reload.ts'
import { SignerServer } from './server.ts'
import { SignerService } from './service.ts'
import type { SignerStatus } from './wire.ts'

export interface SignerProcessDependencies {
  readonly log: LevelledLog
  /** Where a passphrase is asked for when the configuration says so. */
  readonly terminal: Terminal
  readonly signal: AbortSignal
}

/** A signer that runs in this process. */
export interface RunningSigner extends Running {
  readonly socket: string
  readonly status: () => SignerStatus
  /** Rejects when nothing may be signed any more; never resolves. */
  readonly failed: Promise<never>
  /** Takes over what of its file changed since; see `Reloader`. */
  readonly reload: () => Promise<Reload>
}

/**
 * Opens the keys of a member and serves them to its node over a local socket, and to nobody else
 * (protocol §2.4). Keys, nonces and promises are in this process alone.
 *
 * @throws {OracleError} `SIGNER_NOT_CONFIGURED`, and what keys, promises and the socket throw
 */
export async function startSignerProcess(
  loaded: LoadedConfig,
  dependencies: SignerProcessDependencies,
): Promise<RunningSigner> {
  const { config } = loaded
  const settings = signerSettings(loaded)
  assertKeyGenerated(loaded)
  const { log } = dependencies
  const ecdsa = loadEcdsa({ fallback: 'refuse' })
  const crypto = cryptoOf(ecdsa)
  const committee = committeeOf(crypto.keccak256, loaded.committee)
  const context = contextOf(crypto, committee)
  const keys = await openMemberKeys({ config: config.keys, committee }, { ecdsa, ...dependencies })
  const { self, identity, signingShare: share } = keys
  const { directory } = settings
  const promises = await Promises.open({ directory, reserveRounds: RESERVED_ROUNDS })
  const locks = await HandoverLocks.open(directory)
  const { promise: failed, reject: onFault } = Promise.withResolvers<never>()
  failed.catch(() => undefined)
  const signer = new Signer({ context, index: self }, { identity, share, promises, locks, ecdsa })
  const clock = new WallClock()
  // Of what a node does, which may be in the hands of somebody else.
  const asked = sparingLog(log, () => clock.nowMs())
  const start = { nowMs: clock.nowMs(), watermark: signer.watermark }
  const service = new SignerService(
    {
      context,
      self,
      barrier: barrierAfter(committee, start),
    },
    {
      signer,
      openRounds: () => [clock.nowMs(), Date.now()].map((nowMs) => roundAt(committee, nowMs)),
      signHandshake: (data) => signHandshake(identity, data),
      approved: () => readApproval(directory),
      nowMs: () => clock.nowMs(),
      onRefused: (refusal) => asked.warn('signer.refused', refusal),
    },
  )
  const { socket: path, access } = settings
  const server = new SignerServer({ path, access }, { service, log: asked, onFault })
  const running = await startAll([signer, server], { signal: dependencies.signal })
  const reloader = signerReloader(loaded, { log, root: log, nowMs: () => clock.nowMs() })
  log.info('signer.started', { member: self, ...service.status() })
  return {
    ...running,
    socket: path,
    status: () => service.status(),
    failed,
    reload: () => reloader.reload(),
  }
}

/** As libp2p's own key signs: ECDSA over SHA-256, in DER. */
function signHandshake(identity: Secret, data: Uint8Array): Uint8Array {
  const digest = createHash('sha256').update(data).digest()
  return identity.use((key) => secp256k1.sign(digest, key, { prehash: false, format: 'der' }))
}
