import type { Candidate } from '../../aggregator/candidate/candidate.ts'
import type { Certificate, Verified } from '../../aggregator/messages/messages.ts'
import { sharesOf } from '../../aggregator/state/round-state.ts'
import type { Round } from '../../aggregator/values/ids.ts'
import { hasMember, listMembers } from '../../aggregator/values/ids.ts'
import type { Adversary, Copy, Powers, Strategy } from '../attacking/adversary.ts'
import { messageOf, momentUs, toEveryone } from '../attacking/attack.ts'

/**
 * Keeps its shares to itself, completes every attempt in secret, and shows the certificates to
 * every other member just before the next round opens, so that pairs differ when they are frozen.
 */
function create(powers: Powers): Adversary {
  const released = new Set<string>()

  const complete = (candidate: Candidate, round: Round): Verified<Certificate> | null => {
    const { report, slot, signingSet, expectedNext, session } = candidate
    const [member] = listMembers(powers.members)
    const known = powers.stateOf(member ?? -1)?.rounds.get(round)
    if (known === undefined) return null
    const shares: Uint8Array[] = []
    for (const index of listMembers(signingSet)) {
      const seen = sharesOf(known, index).find((each) => each.message.slot === slot)?.message.share
      const own = hasMember(powers.members, index)
        ? powers.share({ member: index, round, slot, session })
        : null
      const share = own ?? seen
      if (share === undefined) return null
      shares.push(share)
    }
    const { timestampMs, observers, words } = report
    const sets = { observers, signingSet, expectedNext }
    return powers.combine(
      { type: 'certificate', round, timestampMs, words, slot, ...sets },
      { session, shares },
    )
  }
  const release = (round: Round): void => {
    const [from] = listMembers(powers.members)
    if (from === undefined) return
    const candidates = powers.stateOf(from)?.rounds.get(round)?.candidates ?? []
    for (const candidate of candidates) {
      const key = `${round}/${candidate.slot}/${candidate.signingSet}`
      if (released.has(key)) continue
      const certificate = complete(candidate, round)
      if (certificate === null) continue
      released.add(key)
      const copies = toEveryone(powers, from, certificate)
      const arriveUs = powers.nowUs() + 1_000
      const half = copies.filter((_, at) => at % 2 === 0)
      for (const copy of half) powers.dispatch({ ...copy, arriveUs })
    }
    if (released.size > 1_024) released.clear()
  }
  return {
    name: 'release-late',
    roundOpened: (round) => {
      const atUs = momentUs(powers, { round: round + 1, offsetMs: -2 })
      powers.later(atUs - powers.nowUs(), () => release(round))
    },
    send: (planned: readonly Copy[]) => {
      const type = messageOf(planned)?.type
      return type === 'share' || type === 'certificate' ? [] : planned
    },
  }
}

export const releaseLate: Strategy = {
  name: 'release-late',
  summary:
    'completes certificates in secret and shows them to half of the members just before the next ' +
    'round opens',
  create,
}
