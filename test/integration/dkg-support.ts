import type { Params } from '../../aggregator/committee/params.ts'
import { type KeygenContext, keygenContextOf } from '../../aggregator/keygen/context.ts'
import { handoverBytesMax } from '../../aggregator/keygen/exchange.ts'
import type { KeygenOutcome } from '../../aggregator/keygen/machine.ts'
import type { Statement } from '../../aggregator/keygen/statements.ts'
import { seededBytes } from '../../contracts/testing/committee-box.ts'
import { Network } from '../../node/gossip/network.ts'
import type { KeygenNetwork } from '../../node/keygen/ports.ts'
import { KeygenSession } from '../../node/keygen/session.ts'
import { KeygenSigner } from '../../node/keygen/signer.ts'
import { KeygenVault } from '../../node/keygen/vault.ts'
import { loadEcdsa } from '../../node/keys/native.ts'
import { Secret } from '../../node/keys/secret.ts'
import { committeeToBe, keygenCrypto } from '../support/keygen.ts'

const ecdsa = loadEcdsa({ fallback: 'allow' })

/** What one member does otherwise than an honest one. */
export interface Malice {
  /** Stands between its session and its network. */
  readonly network?: (honest: KeygenNetwork, member: StreamMember) => KeygenNetwork
}

/** A member whose streams are real; its disk is an object. */
export interface StreamMember {
  readonly index: number
  readonly context: KeygenContext
  readonly identityKey: Uint8Array
  readonly vault: KeygenVault
  readonly session: KeygenSession
  readonly network: Network
  readonly disk: { package: Uint8Array | null; result: Uint8Array | null; share: Secret | null }
}

export interface StreamCommittee {
  readonly params: Params
  readonly members: readonly StreamMember[]
  /** Runs all sessions to their ends, in the order of the members. */
  readonly run: () => Promise<readonly KeygenOutcome[]>
  readonly stop: () => Promise<void>
}

/** Starts the networks of a committee on loopback; `malice` by member index. */
export async function streamCommittee(options: {
  readonly size: number
  readonly phaseMs: number
  readonly malice?: Readonly<Record<number, Malice>>
}): Promise<StreamCommittee> {
  const { size, malice = {} } = options
  const { params, identityKeys } = committeeToBe({ size, seed: `streams ${size}` })
  const context = keygenContextOf(keygenCrypto, params)
  const addresses = new Map<number, string>()
  const members: StreamMember[] = []
  // The largest index first: it dials last, so every address is known to whoever dials it.
  for (let index = size - 1; index >= 0; index--) {
    const identityKey = identityKeys[index] ?? new Uint8Array(0)
    const member = await makeMember({
      index,
      context,
      identityKey,
      params,
      addresses,
      phaseMs: options.phaseMs,
      malice: malice[index] ?? {},
    })
    await member.network.start()
    addresses.set(index, member.network.listenAddresses()[0] ?? '')
    members.unshift(member)
  }
  const never = new AbortController().signal
  return {
    params,
    members,
    run: () => Promise.all(members.map(({ session }) => session.run(never))),
    stop: async () => {
      await Promise.all(members.map(({ network }) => network.stop()))
    },
  }
}

async function makeMember(making: {
  readonly index: number
  readonly context: KeygenContext
  readonly identityKey: Uint8Array
  readonly params: Params
  readonly addresses: ReadonlyMap<number, string>
  readonly phaseMs: number
  readonly malice: Malice
}): Promise<StreamMember> {
  const { index, context, identityKey, params, addresses, phaseMs, malice } = making
  const disk: StreamMember['disk'] = { package: null, result: null, share: null }
  const identity = Secret.of(identityKey)
  const promises = {
    assertPromised: (kind: 'package' | 'result') => {
      if (disk[kind] === null) throw new Error(`${kind} was signed before it was on disk`)
    },
  }
  const signer = new KeygenSigner(context, { identity, ecdsa, promises })
  const sign = (statement: Statement) => signer.sign(statement)
  const random = seededBytes(`stream member ${index}`)
  const vault = new KeygenVault({ context, self: index }, { identity, sign, random })
  const honest: KeygenNetwork = {
    publish: async (bytes) => void (await network.publish('protocol', bytes)),
    request: (to, request) => network.request(to, request),
    answer: (to, answer) => void network.answer(to, answer),
    admit: (from) => network.admit(from),
    judged: (from, judgement) => network.judged(from, judgement),
    connected: () => network.peers().flatMap((peer) => (peer.isConnected ? [peer.member] : [])),
  }
  const session: KeygenSession = new KeygenSession(
    {
      context,
      self: index,
      timing: { meetMs: 120_000, phaseMs },
      promised: null,
      lingerMs: 5_000,
    },
    {
      network: {
        publish: (bytes) => port().publish(bytes),
        request: (to, request) => port().request(to, request),
        answer: (to, answer) => port().answer(to, answer),
        admit: (from) => port().admit(from),
        judged: (from, judgement) => port().judged(from, judgement),
        connected: () => port().connected(),
      },
      disk: {
        promisePackage: async (digest) => {
          disk.package = digest
        },
        keepShare: async ({ groupKey }, result) => {
          disk.share = vault.makeSigningShare(groupKey)
          disk.result = result
        },
      },
      vault,
      signer,
      onProgress: () => undefined,
      nowMs: () => performance.now(),
    },
  )
  const network: Network = await Network.create(
    {
      identity: identityKey,
      own: index,
      members: context.identityKeys.map((key, each) => {
        const address = addresses.get(each)
        return { identityKey: key, addresses: address === undefined ? [] : [address] }
      }),
      committeeDigest: context.digest,
      roundMs: params.timing.roundMs,
      listen: ['/ip4/127.0.0.1/tcp/0'],
      answerBytesMax: handoverBytesMax(context),
    },
    {
      onMessage: ({ bytes }) => session.onMessage(bytes),
      onSyncRequest: (from, request) => session.onRequest(from, request),
      onFault: (error) => {
        throw error
      },
      nowMs: () => performance.now(),
      chance: () => 0,
    },
  )
  const member = { index, context, identityKey, vault, session, network, disk }
  const spoiled = malice.network?.(honest, member) ?? honest
  const port = () => spoiled
  return member
}
