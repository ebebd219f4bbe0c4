import { keccak_256 } from '@noble/hashes/sha3.js'
import type { Committee } from '../../aggregator/committee/committee.ts'
import type { Params } from '../../aggregator/committee/params.ts'
import { openExpiries } from '../../aggregator/delivery/settlement.ts'
import { handoverMessageOf, openSignedHandover } from '../../aggregator/handover/handover.ts'
import type { HandoverLock } from '../../aggregator/handover/machine.ts'
import { frostScheme } from '../../aggregator/signing/frost.ts'
import { toHex } from '../../aggregator/values/bytes.ts'
import type { UnixMs } from '../../aggregator/values/time.ts'
import type { ChainConfig, NodeConfig } from '../config/schema.ts'
import { readSigned, signedPath } from '../handover/files.ts'
import { HandoverLocks } from '../keys/handover-locks.ts'

/** What an operator sees change between two committees, before it approves. */
export interface Differences {
  /** Identity keys. */
  readonly membersAdded: readonly string[]
  readonly membersRemoved: readonly string[]
  /** Names of other parameters that change, such as `timing.roundMs`. */
  readonly parametersChanged: readonly string[]
}

/** The directory of the process that signs: it keeps the locks. */
export function lockedIn({ dataDirectory, keys }: NodeConfig): string {
  return keys.signer?.directory ?? dataDirectory
}

/**
 * The one hand-over of each epoch that stands here: what this member is locked to, and what the
 * committee has signed, also without this member.
 *
 * @throws {OracleError} what locks and files throw
 */
export async function standingHere(
  config: NodeConfig,
  committee: Committee,
): Promise<readonly HandoverLock[]> {
  const { all } = await HandoverLocks.open(lockedIn(config))
  const keccak256 = (bytes: Uint8Array) => keccak_256(bytes)
  const bytes = await readSigned(signedPath(config.dataDirectory))
  const signed =
    bytes === null
      ? null
      : openSignedHandover({ keccak256, threshold: frostScheme }, committee, bytes)
  if (signed === null) return all
  const { epoch } = signed.handover
  return [...all, { epoch, message: handoverMessageOf(keccak256, signed.handover) }]
}

export function differencesOf(current: Params, next: Params): Differences {
  const [before, after] = [keysOf(current), keysOf(next)]
  return {
    membersAdded: after.filter((key) => !before.includes(key)),
    membersRemoved: before.filter((key) => !after.includes(key)),
    parametersChanged: changedIn(flat(current), flat(next)),
  }
}

/**
 * Expiries that this node settles by a schedule and that lie in the ten minutes before a switch, as
 * texts: only what the committee in office certifies until the switch gives them a price.
 */
export function expiriesBefore(
  chains: readonly Pick<ChainConfig, 'name' | 'settlements'>[],
  activeFromMs: UnixMs,
): readonly string[] {
  return chains.flatMap(({ name, settlements }) =>
    settlements.flatMap((each) => {
      if ('market' in each) return []
      const open = openExpiries(each.expiries, activeFromMs)
      const before = open.filter((expiry) => expiry * 1_000 < activeFromMs)
      return before.map((at) => `${each.feed} on ${name} at ${new Date(at * 1_000).toISOString()}`)
    }),
  )
}

function keysOf({ members }: Params): readonly string[] {
  return members.map(({ identityKey }) => toHex(identityKey))
}

/** Everything but the members, one level deep, feeds as a whole. */
function flat({ members: _members, ...params }: Params): ReadonlyMap<string, string> {
  const text = (value: unknown) =>
    JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each))
  const entries = Object.entries(params).flatMap(([name, value]) =>
    typeof value === 'object' && !Array.isArray(value)
      ? Object.entries(value).map(([part, each]) => [`${name}.${part}`, text(each)] as const)
      : [[name, text(value)] as const],
  )
  return new Map(entries)
}

function changedIn(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly string[] {
  return [...after].flatMap(([name, value]) => (before.get(name) === value ? [] : [name]))
}
