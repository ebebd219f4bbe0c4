import { randomBytes, randomInt } from 'node:crypto'
import type { Params } from '../../aggregator/committee/params.ts'
import type { KeygenContext, KeygenTiming } from '../../aggregator/keygen/context.ts'
import { keygenContextOf } from '../../aggregator/keygen/context.ts'
import { handoverBytesMax } from '../../aggregator/keygen/exchange.ts'
import type { KeygenOutcome, PromisedResult } from '../../aggregator/keygen/machine.ts'
import { resultOf, unsignedBy } from '../../aggregator/keygen/result.ts'
import type { Statement } from '../../aggregator/keygen/statements.ts'
import { equalBytes, toHex } from '../../aggregator/values/bytes.ts'
import type { MemberIndex } from '../../aggregator/values/ids.ts'
import type { CommitteeFile } from '../config/committee-file.ts'
import type { LoadedToBe } from '../config/load.ts'
import { OracleError } from '../errors.ts'
import { Network } from '../gossip/network.ts'
import type { Ecdsa } from '../keys/ecdsa.ts'
import { openKeystore, sealKeystore } from '../keys/keystore.ts'
import { cryptoOf, loadEcdsa } from '../keys/native.ts'
import { readPassphrase, type Terminal } from '../keys/passphrase.ts'
import type { Secret } from '../keys/secret.ts'
import { memberOf, sourceOf } from '../open-keys.ts'
import { lockDirectory } from '../store/lock.ts'
import { failureOf } from './failure.ts'
import { checkRoom, install } from './install.ts'
import type { KeygenProgress } from './progress.ts'
import { type KeptResult, KeygenPromises, recordDirectory } from './record.ts'
import { KeygenSession } from './session.ts'
import { KeygenSigner } from './signer.ts'
import { KeygenVault } from './vault.ts'

export interface GenerateOptions {
  readonly loaded: LoadedToBe
  readonly timing: KeygenTiming
  /** How long a complete member stays for those that are not, in milliseconds. */
  readonly lingerMs: number
}

export interface GenerateDependencies {
  readonly terminal: Terminal
  readonly signal: AbortSignal
  readonly onProgress: (progress: KeygenProgress) => void
}

/** A key that exists, as this member installed it. */
export interface Generated {
  readonly member: MemberIndex
  readonly committee: CommitteeFile
  readonly committeeDigest: Uint8Array
}

/**
 * Takes part in the key generation of a committee, and writes the committee file and this member's
 * signing share when all n members signed one result; otherwise it writes neither.
 *
 * @throws {OracleError} `KEYGEN_…` when there is no key, and what keys, files and network throw
 */
export async function generateKey(
  options: GenerateOptions,
  dependencies: GenerateDependencies,
): Promise<Generated> {
  const { config, committee } = options.loaded
  const ecdsa = loadEcdsa({ fallback: 'refuse' })
  const context = keygenContextOf(cryptoOf(ecdsa), committee.params)
  const lock = lockDirectory(config.dataDirectory)
  try {
    const keys = await openIdentity(options.loaded, { ecdsa, terminal: dependencies.terminal })
    try {
      const directory = recordDirectory(config.dataDirectory, context.digest)
      const promises = await KeygenPromises.open(directory)
      const member: Member = { context, ecdsa, promises, ...keys }
      const generated = await obtain(member, options, dependencies)
      await install({ config, member: keys.self, promises, committee: generated })
      return { member: keys.self, committee: generated, committeeDigest: context.digest }
    } finally {
      keys.passphrase.erase()
      keys.identity.erase()
    }
  } finally {
    lock.release()
  }
}

/** Who this member is, with what opens and seals its key files. */
async function openIdentity(
  { config, committee }: LoadedToBe,
  { ecdsa, terminal }: { readonly ecdsa: Ecdsa; readonly terminal: Terminal },
): Promise<Pick<Member, 'self' | 'identity' | 'passphrase'>> {
  const passphrase = await readPassphrase(sourceOf(config.keys.passphrase), terminal)
  const { strength, identity: path } = config.keys
  const identity = await openKeystore({ path, purpose: 'identity', passphrase, strength })
  return { self: memberOf(committee.params, identity.use(ecdsa.publicKeyOf)), identity, passphrase }
}

interface Member {
  readonly context: KeygenContext
  readonly ecdsa: Ecdsa
  readonly self: MemberIndex
  readonly identity: Secret
  readonly passphrase: Secret
  readonly promises: KeygenPromises
}

/** The committee: from the file, when another member's complete one stands there, or generated. */
async function obtain(
  member: Member,
  options: GenerateOptions,
  dependencies: GenerateDependencies,
): Promise<CommitteeFile> {
  const { context, promises } = member
  const { config, committee } = options.loaded
  const { kept } = promises
  await checkRoom({ config, member: member.self, kept })
  if (committee.complete !== null) return confirmed(context, committee.complete, kept)
  const before = recorded(member, committee.params)
  if (before !== null) return before
  if (promises.package !== null && kept === null) {
    throw new OracleError(
      'KEYGEN_ATTEMPT_USED',
      'this member took part and its secrets are gone; agree on a higher keygenAttempt',
      { context: { attempt: committee.params.keygenAttempt } },
    )
  }
  const outcome = await runSession(member, options, dependencies)
  if (outcome.type !== 'generated') throw await failureOf(outcome, member)
  const { groupKey, transcript, signatures } = outcome.key
  await promises.keepSignatures(signatures)
  return { params: committee.params, groupKey, keyGeneration: { transcript, signatures } }
}

/** The committee of an earlier run that got all signatures and could not write its files. */
function recorded({ context, promises }: Member, params: Params): CommitteeFile | null {
  const { kept, signatures } = promises
  if (kept === null || signatures === null) return null
  const { groupKey, transcript } = kept
  if (unsignedBy(context, { groupKey, transcript, signatures }).length > 0) return null
  return { params, groupKey, keyGeneration: { transcript, signatures } }
}

function confirmed(
  context: KeygenContext,
  complete: CommitteeFile,
  kept: KeptResult | null,
): CommitteeFile {
  const { groupKey, keyGeneration } = complete
  const isOurs =
    keyGeneration !== undefined &&
    kept !== null &&
    equalBytes(kept.result, resultOf(context, { groupKey, ...keyGeneration }))
  if (isOurs) return complete
  throw new OracleError(
    'KEYGEN_KEY_EXISTS',
    'the committee file holds a group key that this member has no share of; begin with one without',
    { context: { publicKey: toHex(groupKey.publicKey) } },
  )
}

async function runSession(
  member: Member,
  options: GenerateOptions,
  dependencies: GenerateDependencies,
): Promise<KeygenOutcome> {
  const { context, self, identity, ecdsa, promises } = member
  const { promise: failed, reject: onFault } = Promise.withResolvers<never>()
  failed.catch(() => undefined)
  const signer = new KeygenSigner(context, { identity, ecdsa, promises })
  const vault = new KeygenVault(
    { context, self },
    {
      identity,
      sign: (statement: Statement) => signer.sign(statement),
      random: (length) => Uint8Array.from(randomBytes(length)),
    },
  )
  const session: KeygenSession = new KeygenSession(
    { context, self, timing: options.timing, promised: promises.kept, lingerMs: options.lingerMs },
    {
      network: {
        publish: async (bytes) => void (await network.publish('protocol', bytes)),
        request: (to, request) => network.request(to, request),
        answer: (to, answer) => void network.answer(to, answer),
        admit: (from) => network.admit(from),
        judged: (from, judgement) => network.judged(from, judgement),
        connected: () => network.peers().flatMap((p) => (p.isConnected ? [p.member] : [])),
      },
      disk: {
        promisePackage: (digest) => promises.promisePackage(digest),
        keepShare: (promised, result) => keepShare(member, { vault, promised, result, options }),
      },
      vault,
      signer,
      onProgress: dependencies.onProgress,
      nowMs: () => performance.now(),
    },
  )
  const network = await makeNetwork(member, { options, session, onFault })
  try {
    await network.start(dependencies.signal)
    return await Promise.race([session.run(dependencies.signal), failed])
  } finally {
    await network.stop()
    vault.erase()
  }
}

async function makeNetwork(
  { context, self, identity }: Member,
  parts: {
    readonly options: GenerateOptions
    readonly session: KeygenSession
    readonly onFault: (error: unknown) => void
  },
): Promise<Network> {
  const { options, session, onFault } = parts
  const { config, committee } = options.loaded
  const addresses = new Map(config.network.members.map(({ index, address }) => [index, address]))
  return await Network.create(
    {
      identity: identity.use((key) => Uint8Array.from(key)),
      own: self,
      members: context.identityKeys.map((identityKey, index) => {
        const address = addresses.get(index)
        return { identityKey, addresses: address === undefined ? [] : [address] }
      }),
      committeeDigest: context.digest,
      roundMs: committee.params.timing.roundMs,
      listen: config.network.listen,
      answerBytesMax: handoverBytesMax(context),
    },
    {
      onMessage: ({ topic, bytes }) =>
        topic === 'protocol'
          ? session.onMessage(bytes)
          : { verdict: 'reject', code: 'WRONG_TOPIC' },
      onSyncRequest: (from, request) => session.onRequest(from, request),
      onFault,
      nowMs: () => performance.now(),
      chance: () => randomInt(2 ** 32) / 2 ** 32,
    },
  )
}

/** The share is on disk, encrypted and unconfirmed, before anybody sees the result. */
async function keepShare(
  { self, passphrase, promises }: Member,
  made: {
    readonly vault: KeygenVault
    readonly promised: PromisedResult
    readonly result: Uint8Array
    readonly options: GenerateOptions
  },
): Promise<void> {
  const { vault, promised, result, options } = made
  const key = vault.makeSigningShare(promised.groupKey)
  const { strength } = options.loaded.config.keys
  const purpose = 'unconfirmed-share'
  const keystore = await sealKeystore({ purpose, member: self, strength }, { key, passphrase })
  key.erase()
  await promises.keepResult({ ...promised, result, keystore })
}
