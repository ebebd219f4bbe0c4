import { encodeCertificate, unsignedOf } from '../../aggregator/messages/codec.ts'
import { sealCertificate, sealOwn } from '../../aggregator/messages/validate.ts'
import type { MemberIndex, Members } from '../../aggregator/values/ids.ts'
import { hasMember, NO_MEMBERS } from '../../aggregator/values/ids.ts'
import type { Adversary, Copy, Powers, Strategy } from '../attacking/adversary.ts'
import { prngOf } from '../determinism/prng.ts'
import type { Control } from '../world/control.ts'
import { emptyDisk } from '../world/disk.ts'
import type { Keys } from '../world/keys.ts'
import type { World } from '../world/world.ts'

export interface AdversaryOptions {
  readonly strategy: string
  readonly members: Members
}

interface Seat {
  readonly members: Members
  readonly adversary: Adversary
}

/**
 * Hands members to adversaries. `world` is asked for late: the world is made with this control, and
 * adversaries act in it only once it runs.
 */
export function createControl(
  options: {
    readonly seed: number
    readonly keys: Keys
    readonly adversaries: readonly AdversaryOptions[]
    readonly strategyOf: (name: string) => Strategy
  },
  world: () => World,
): { readonly control: Control; readonly roundOpened: (round: number) => void } {
  const seats = options.adversaries.map(({ strategy, members }, position): Seat => {
    const powers = powersOf({ ...options, members, position }, world)
    return { members, adversary: options.strategyOf(strategy).create(powers) }
  })
  const seatsOf = (member: MemberIndex) => seats.filter((seat) => hasMember(seat.members, member))

  const control: Control = {
    see: (message) => {
      for (const { adversary } of seats) adversary.see?.(message)
    },
    send: (from, message) => {
      let copies: readonly Copy[] = othersOf(options.keys.committee.size, from).map((to) => ({
        message,
        from,
        to,
        heldUs: 0,
      }))
      for (const { adversary } of seatsOf(from)) {
        // What an earlier one kept back is not there for the next.
        if (copies.length > 0) copies = adversary.send?.(copies) ?? copies
      }
      for (const copy of copies) world().dispatch(copy)
      // One observation for all: the machine goes on from it, so that its shares fit what others
      // hold. Of anything else it is better ignorant: what it knows shows in what it says next.
      const [first] = copies
      if (first?.message.message.type !== 'observation') return message
      return copies.every((copy) => copy.message === first.message) ? first.message : message
    },
    sendDirect: (from, message) =>
      seatsOf(from).every(({ adversary }) => adversary.sendDirect?.(from, message) ?? true),
    observe: (member, round, sampled) => {
      let { values } = sampled
      for (const { adversary } of seatsOf(member)) {
        values = adversary.observe?.({ member, round, values }) ?? values
      }
      return { ...sampled, values }
    },
  }
  const roundOpened = (round: number): void => {
    for (const { adversary } of seats) adversary.roundOpened?.(round)
  }
  return { control, roundOpened }
}

/** All members that any adversary controls. */
export function controlledBy(adversaries: readonly AdversaryOptions[]): Members {
  return adversaries.reduce((all, { members }) => (all | members) >>> 0, NO_MEMBERS)
}

function othersOf(size: number, member: MemberIndex): readonly MemberIndex[] {
  return Array.from({ length: size }, (_, index) => index).filter((index) => index !== member)
}

function powersOf(
  options: {
    readonly seed: number
    readonly keys: Keys
    readonly members: Members
    readonly position: number
  },
  world: () => World,
): Powers {
  const { keys, members, seed, position } = options
  const requireOwn = (member: MemberIndex): void => {
    if (!hasMember(members, member)) throw new RangeError('this member is not under control')
  }
  return {
    get context() {
      return world().context
    },
    members,
    prng: prngOf(seed, `adversary ${position}`),
    nowUs: () => world().nowUs,
    nowMs: () => world().nowMs,
    stateOf: (member) => {
      requireOwn(member)
      return world().hosts[member]?.state ?? null
    },
    sign: (message) => {
      requireOwn(message.sender)
      const unsigned = unsignedOf(world().context, message)
      return sealOwn(unsigned, keys.signMessage(message.sender, unsigned.digest))
    },
    dispatch: (copy) => world().dispatch(copy),
    replay: (from, to, bytes) => world().replay(from, to, bytes),
    share: ({ member, round, slot, session }) => {
      requireOwn(member)
      const reportDigest = session.message
      const signer = world().hosts[member]?.signer ?? null
      return signer?.sign({ round, slot, reportDigest, session }) ?? null
    },
    combine: (certificate, { session, shares }) => {
      const { threshold } = keys.crypto
      const outcome = threshold.combine(keys.committee.groupKey, session, shares)
      if (outcome.type === 'refused') return null
      const message = { ...certificate, signature: outcome.signature }
      const bytes = encodeCertificate(keys.committee, message)
      const sealed = sealCertificate(world().context, { message, bytes })
      world().tellCertificate(message)
      return sealed
    },
    suspend: (member, forUs, disk) => {
      const host = world().hosts[member]
      if (host === undefined) return
      host.crash()
      if (disk === 'lost') host.disk = emptyDisk()
      world().at(world().nowUs + forUs, () => host.start())
    },
    later: (afterUs, run) => world().at(world().nowUs + afterUs, run),
  }
}
